"""The conversions' table in SQL: a row for every judged reach, under the reach's key."""

from django.db import migrations

FORWARD = """
CREATE TABLE conversions_conversion (
    account_id bigint NOT NULL,
    goal_id bigint NOT NULL,
    time timestamptz NOT NULL,
    counter_id bigint NOT NULL,
    hit_id text COLLATE "C" NOT NULL,
    version_id bigint NOT NULL,
    person_id bigint NOT NULL,
    outcome smallint NOT NULL,
    conversation_id bigint,
    agent_id bigint,
    group_id bigint,
    active boolean,
    contact_us bigint,
    agent_name text,
    agent_email text,
    CONSTRAINT conversions_conversion_pkey PRIMARY KEY (account_id, goal_id, time, counter_id, hit_id),
    CONSTRAINT conversion_credit_whole CHECK (
        (outcome = 1) = (agent_id IS NOT NULL) AND (outcome = 1) = (conversation_id IS NOT NULL)
        AND (outcome = 1) = (active IS NOT NULL) AND (outcome = 1) = (contact_us IS NOT NULL)
    )
);
-- judging: what was recorded of a person
CREATE INDEX conversion_person ON conversions_conversion (account_id, person_id, time);
-- the workspace: the goals reached in a conversation
CREATE INDEX conversion_conversation ON conversions_conversion (account_id, conversation_id)
    WHERE conversation_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("conversions", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, "DROP TABLE conversions_conversion")]
