"""Merges of one pair that were made at once become one: the first keeps the links and ties of all of them."""

from django.db import migrations

_AGAIN = """
CREATE TEMPORARY TABLE surplus ON COMMIT DROP AS
SELECT id, first FROM (
    SELECT id, min(id) OVER (PARTITION BY account_id, least(kept_id, gone_id), greatest(kept_id, gone_id)) AS first
    FROM people_merge WHERE undone_at IS NULL
) m WHERE id <> first;
UPDATE people_link l SET source = 'merge:' || s.first FROM surplus s WHERE l.source = 'merge:' || s.id;
UPDATE people_tie t SET source = 'merge:' || s.first FROM surplus s WHERE t.source = 'merge:' || s.id;
UPDATE people_merge m SET identities = (
    SELECT array_agg(DISTINCT one) FROM people_merge o
    LEFT JOIN surplus s ON s.id = o.id CROSS JOIN unnest(o.identities) AS one
    WHERE o.id = m.id OR s.first = m.id
) WHERE id IN (SELECT first FROM surplus);
DELETE FROM people_merge WHERE id IN (SELECT id FROM surplus);
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0004_erased")]
    operations = [migrations.RunSQL(_AGAIN, migrations.RunSQL.noop)]
