"""Addresses in small letters; a migration by itself, since tables with pending changes cannot be altered."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_token_parent")]

    operations = [
        migrations.RunSQL("UPDATE accounts_user SET email = lower(email) WHERE email <> lower(email)", "")
    ]
