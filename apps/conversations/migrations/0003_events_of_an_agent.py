"""An agent that becomes known concerns the conversations where it wrote, not only those it was assigned."""

from django.db import migrations

FORWARD = """
DROP INDEX event_agent;
CREATE INDEX event_agent ON conversations_event (account_id, agent_id, conversation_id)
    WHERE agent_id IS NOT NULL;
"""
BACKWARD = """
DROP INDEX event_agent;
CREATE INDEX event_agent ON conversations_event (account_id, agent_id) WHERE kind BETWEEN 10 AND 13;
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0002_event_table")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
