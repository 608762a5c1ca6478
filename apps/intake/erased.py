"""Facts that name what was erased: they came late, or once more, and are not stored again."""

from collections.abc import Collection, Sequence

from apps.intake.models import Moved
from apps.intake.records import Arrival
from apps.people import erasing
from apps.people.models import Identity

CLIENT, USER = Identity.Kind.CLIENT_ID, Identity.Kind.USER_ID


def without_erased(account_id: int, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """The hits that may be stored. The caller holds `Lock.GOALS` at least shared."""
    if not arrivals:
        return arrivals
    earliest = min(min(one.hit.time, one.arrived_at) for one in arrivals)
    stones = erasing.stones(account_id=account_id, earliest=earliest)
    if not stones:
        return arrivals
    return [one for one in arrivals if not stones.covers(_names(one), one.hit.time, one.arrived_at)]


def _names(arrival: Arrival) -> list[tuple[int, str]]:
    pairs = ((CLIENT, arrival.hit.client_id), (USER, arrival.hit.user_id))
    return [(kind, value) for kind, value in pairs if value]


def forget_keys(*, account_id: int, ids: Collection[str]) -> int:
    """Delete what is remembered of hits of these ids, whose senders' clocks were wrong; how many rows."""
    return Moved.objects.filter(account_id=account_id, id__in=ids).delete()[0]
