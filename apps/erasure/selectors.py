"""Reading erasures."""

from django.db.models import QuerySet

from apps.erasure.models import Erasure

__all__ = ["erasures"]


def erasures(*, account_id: int) -> QuerySet[Erasure]:
    """The account's erasures, newest first."""
    return Erasure.objects.filter(account_id=account_id).select_related("user").order_by("-created_at", "-pk")
