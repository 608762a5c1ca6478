import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_linking_contacts"),
        ("people", "0005_merges_of_one_pair"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="merge",
            constraint=models.UniqueConstraint(
                models.F("account"),
                django.db.models.functions.comparison.Least("kept_id", "gone_id"),
                django.db.models.functions.comparison.Greatest("kept_id", "gone_id"),
                condition=models.Q(("undone_at__isnull", True)),
                name="merge_open_pair",
            ),
        ),
    ]
