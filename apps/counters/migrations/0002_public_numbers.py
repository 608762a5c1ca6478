"""Public counter numbers have eight digits, as people know them from other counters."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("counters", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE counters_counter ALTER id RESTART WITH 10000001", migrations.RunSQL.noop
        )
    ]
