"""Goals for tests."""

from typing import Any

from apps.accounts.models import Account, Group
from apps.goals.drafts import ConditionDraft, GoalDraft


def a_draft(account: Account, **values: Any) -> GoalDraft:
    """An inactive goal on /thanks for the account's first group."""
    group = Group.objects.filter(account=account).order_by("pk").first()
    assert group
    return GoalDraft(
        **{
            "name": "Purchase",
            "group_ids": (group.pk,),
            "attribution": "last_touch",
            "window_days": 7,
            "conditions": (ConditionDraft("contains", "/thanks"),),
            **values,
        }
    )
