"""The list of all conversions and the overview read an account's results by time."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("conversions", "0002_conversion_table")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX conversion_time ON conversions_conversion (account_id, time)",
            "DROP INDEX conversion_time",
        )
    ]
