"""The events' table in SQL: its key carries what judging reads, so that judging reads nothing else."""

from django.db import migrations

FORWARD = """
CREATE TABLE conversations_event (
    account_id bigint NOT NULL,
    conversation_id bigint NOT NULL,
    time timestamptz NOT NULL,
    seq bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    channel_id bigint NOT NULL,
    kind smallint NOT NULL,
    agent_id bigint,
    group_id bigint,
    detail jsonb,
    arrived_at timestamptz NOT NULL,
    CONSTRAINT conversations_event_pkey
        PRIMARY KEY (account_id, conversation_id, time, seq, id) INCLUDE (kind, agent_id, group_id),
    CONSTRAINT event_id_once UNIQUE (account_id, channel_id, id)
);
-- a group or a conversation seen by an agent is found through the assignments to them
CREATE INDEX event_agent ON conversations_event (account_id, agent_id) WHERE kind BETWEEN 10 AND 13;
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, "DROP TABLE conversations_event")]
