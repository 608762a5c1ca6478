"""What was taken in, counted."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from apps.intake.models import Tally

__all__ = ["WithoutConsent", "without_consent"]


@dataclass(frozen=True, slots=True)
class WithoutConsent:
    """Hits of those who have not agreed to be known again."""

    counted: int  # page views, without a name
    left_out: int  # not stored


def without_consent(*, account_id: int, since: datetime) -> WithoutConsent:
    """How many there were since then."""
    tallies = Tally.objects.filter(account_id=account_id, at__gte=since)
    found = tallies.aggregate(counted=Sum("cookieless", default=0), left_out=Sum("refused", default=0))
    return WithoutConsent(**found)
