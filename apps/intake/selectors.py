"""What was taken in, counted."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from apps.intake.models import Tally

__all__ = ["WithoutConsent", "mended", "without_consent"]


@dataclass(frozen=True, slots=True)
class WithoutConsent:
    """Hits of those who have not agreed to be known again."""

    counted: int  # page views, without a name
    left_out: int  # not stored


def mended(*, account_id: int, since: datetime) -> dict[str, int]:
    """Hits whose optional details were cut or dropped since then, by the detail, most first."""
    counts: Counter[str] = Counter()
    for row in (
        Tally.objects.filter(account_id=account_id, at__gte=since, mended__isnull=False)
        .values_list("mended", flat=True)
        .iterator()
    ):
        counts.update(row)
    return dict(counts.most_common())


def without_consent(*, account_id: int, since: datetime) -> WithoutConsent:
    """How many there were since then."""
    tallies = Tally.objects.filter(account_id=account_id, at__gte=since)
    found = tallies.aggregate(counted=Sum("cookieless", default=0), left_out=Sum("refused", default=0))
    return WithoutConsent(**found)
