"""The hits' table in SQL: partitioned by day; hits of days without a partition lie in the default one."""

from django.db import migrations

FORWARD = """
CREATE TABLE visits_hit (
    account_id bigint NOT NULL,
    counter_id bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    time timestamptz NOT NULL,
    identity_id bigint,
    kind smallint NOT NULL,
    robot boolean NOT NULL,
    url text,
    name text,
    detail jsonb,
    CONSTRAINT visits_hit_pkey PRIMARY KEY (account_id, counter_id, id, time)
) PARTITION BY RANGE (time);
CREATE TABLE visits_hit_rest PARTITION OF visits_hit DEFAULT;
-- a person's hits
CREATE INDEX visits_hit_identity ON visits_hit (account_id, identity_id, time);
"""


class Migration(migrations.Migration):
    dependencies = [("visits", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, "DROP TABLE visits_hit")]
