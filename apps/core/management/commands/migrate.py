"""manage.py migrate: Django's own, by one process at a time, whichever host it runs on."""

from typing import Any

from django.core.management.commands import migrate

from apps.core import locks


class Command(migrate.Command):
    """Waits for another migration of this database, then does what is left to do."""

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check_unapplied"] or options["plan"]:
            super().handle(*args, **options)
            return
        waits = "Another process is migrating this database; waiting for it."
        with locks.alone(locks.Lock.MIGRATE, options["database"], waits=lambda: self.stdout.write(waits)):
            super().handle(*args, **options)
