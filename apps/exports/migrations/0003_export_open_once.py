from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_linking_contacts"),
        ("exports", "0002_one_of_a_kind"),
        ("goals", "0003_chat_goals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="export",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=("account", "user", "goal", "first_day", "last_day"),
                name="export_open_once",
            ),
        ),
    ]
