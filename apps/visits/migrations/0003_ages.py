"""Indexes that find hits by their age: a small one for every day, an exact one for the rest, where retention deletes."""

from django.db import migrations

FORWARD = """
-- goals that were just saved read what came since; hits arrive nearly in the order of their time
CREATE INDEX visits_hit_time ON visits_hit USING brin (time) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX visits_hit_rest_age ON visits_hit_rest (account_id, time);
"""
BACKWARD = "DROP INDEX visits_hit_time; DROP INDEX visits_hit_rest_age;"


class Migration(migrations.Migration):
    dependencies = [("visits", "0002_hit_table")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
