"""An agent's own score reads the last 30 days of their credit; most reaches are credited to nobody and not in it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("conversions", "0005_chats")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX conversion_agent ON conversions_conversion (account_id, agent_id, time)"
            " INCLUDE (version_id, goal_id) WHERE outcome = 1",
            "DROP INDEX conversion_agent",
        )
    ]
