"""The reaches' table in SQL."""

from django.db import migrations

FORWARD = """
CREATE TABLE goals_reach (
    account_id bigint NOT NULL,
    goal_id bigint NOT NULL,
    time timestamptz NOT NULL,
    counter_id bigint NOT NULL,
    hit_id text COLLATE "C" NOT NULL,
    version_id bigint NOT NULL,
    identity_id bigint,
    person_id bigint NOT NULL,
    CONSTRAINT goals_reach_pkey PRIMARY KEY (account_id, goal_id, time, counter_id, hit_id)
);
-- judging: a person's reaches from an instant on
CREATE INDEX goals_reach_person ON goals_reach (account_id, person_id, time);
-- a new link gives a client ID's reaches to somebody else
CREATE INDEX goals_reach_identity ON goals_reach (account_id, identity_id);
"""


class Migration(migrations.Migration):
    dependencies = [("goals", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, "DROP TABLE goals_reach")]
