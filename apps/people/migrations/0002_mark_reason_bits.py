"""The reasons of marks become bits; what waits stays marked as if by a hit and a goal."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [
        migrations.RemoveField("mark", "reason"),
        migrations.AddField(
            "mark",
            "reason",
            models.SmallIntegerField(
                choices=[
                    (1, "Hit"),
                    (2, "Conversation"),
                    (4, "Link"),
                    (8, "Agent"),
                    (16, "Channel"),
                    (32, "Settings"),
                    (64, "Goal"),
                ],
                default=65,
            ),
            preserve_default=False,
        ),
    ]
