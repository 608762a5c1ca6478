"""What lies in spools since before an erasure."""

from datetime import datetime

from django.conf import settings

from apps.collect import segments
from apps.collect.models import Position
from apps.core import clock


def holds_from_before(at: datetime) -> bool:
    """Whether some segment that was begun by then is still there: on this host, or known of another.

    A segment's name begins with the instant at which it was begun.
    """
    names = {*segments.names(settings.COLLECT_SPOOL), *Position.objects.values_list("segment", flat=True)}
    return any(_begun(name) <= clock.to_us(at) for name in names)


def _begun(name: str) -> int:
    try:
        return int(name.split("-", maxsplit=1)[0], 16)
    except ValueError:
        return 0
