"""Texts are found by their age: retention deletes them."""

from django.db import migrations

FORWARD = """
CREATE INDEX event_text ON conversations_event (account_id, time) WHERE detail ?| ARRAY['text', 'comment'];
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0004_summaries")]
    operations = [migrations.RunSQL(FORWARD, "DROP INDEX event_text")]
