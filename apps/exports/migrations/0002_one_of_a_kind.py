"""Of open exports of the same things, which were asked for at once, the first stays."""

from django.db import migrations

_CANCEL = """
UPDATE exports_export e SET state = 'cancelled', finished_at = now() FROM (
    SELECT id, min(id) OVER (PARTITION BY account_id, user_id, goal_id, first_day, last_day) AS first
    FROM exports_export WHERE state IN ('queued', 'running')
) o WHERE o.id = e.id AND o.first <> e.id
"""


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_initial")]
    operations = [migrations.RunSQL(_CANCEL, migrations.RunSQL.noop)]
