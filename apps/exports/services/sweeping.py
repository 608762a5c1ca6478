"""Every half minute: exports that nobody works on get a worker, and files whose time is over go."""

from datetime import datetime, timedelta
from pathlib import Path

from django.core.files.storage import FileSystemStorage, storages
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core import clock, queues
from apps.core.hints import send_hint
from apps.exports.models import Export
from apps.exports.services.files import MAKING, discard
from apps.exports.services.making import MAX_ATTEMPTS, fail, unheld

HINTED_FOR = timedelta(seconds=20)  # its first hint is given this long
STRAY_AFTER = timedelta(hours=2)  # above any task's time limit
SWEPT_AT_ONCE = 100


def sweep_exports() -> int:
    """Hint again at exports that nobody works on; how many."""
    now = clock.now()
    idle = Export.objects.filter(unheld(now), created_at__lt=now - HINTED_FOR).order_by("pk")
    for export in idle.filter(attempts__gte=MAX_ATTEMPTS).select_related("account", "user"):
        fail(export, export.error or _("The worker ended five times in the same place."))
    waiting = idle.filter(attempts__lt=MAX_ATTEMPTS).values_list("pk", flat=True)[:SWEPT_AT_ONCE]
    for pk in waiting:
        send_hint("apps.exports.tasks.make", queues.EXPORT, [pk])
    return len(waiting)


def delete_ended() -> int:
    """Delete the files of links that have ended and of goals that were deleted, and what killed workers left."""
    now = clock.now()
    over = Q(expires_at__lte=now) | Q(goal__deleted_at__isnull=False)
    ended = Export.objects.filter(over).exclude(file="").values_list("pk", "file")[:SWEPT_AT_ONCE]
    for pk, file in ended:
        discard(file)
        Export.objects.filter(pk=pk).update(file="")
    _delete_strays(now)
    return len(ended)


def _delete_strays(now: datetime) -> None:
    storage = storages["exports"]
    if not isinstance(storage, FileSystemStorage):
        return
    place = Path(storage.location)
    known = set(Export.objects.exclude(file="").values_list("file", flat=True))
    for path in [*place.glob("*.zip"), *place.glob(f"{MAKING}/*")]:
        if path.name not in known and path.stat().st_mtime < (now - STRAY_AFTER).timestamp():
            path.unlink(missing_ok=True)
