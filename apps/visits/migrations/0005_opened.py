"""Openings of mails are counted by the mail: few among the hits, so an index of their own costs the others nothing."""

from django.db import migrations

FORWARD = """
CREATE INDEX visits_hit_opened ON visits_hit (account_id, counter_id, (detail->'params'->>'id'), time)
    WHERE kind = 2 AND name = 'open';
"""


class Migration(migrations.Migration):
    dependencies = [("visits", "0004_visits")]
    operations = [migrations.RunSQL(FORWARD, "DROP INDEX visits_hit_opened")]
