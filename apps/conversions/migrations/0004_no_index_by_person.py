"""Judging finds a person's results through the reaches; nothing else asks for results by person."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("conversions", "0003_conversions_by_time")]
    operations = [
        migrations.RunSQL(
            "DROP INDEX conversion_person",
            "CREATE INDEX conversion_person ON conversions_conversion (account_id, person_id, time)",
        )
    ]
