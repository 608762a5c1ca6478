"""A small world with one of everything, for the matrix: tests that only ask who gets what."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from apps.accounts.models import Account, Group, Invitation
from apps.accounts.services import invite
from apps.conversations.models import Channel, Conversation
from apps.conversions.models import Conversion
from apps.conversions.selectors import encode_id
from apps.core import clock
from apps.counters.models import Counter
from apps.erasure.models import Erasure
from apps.exports.models import Export
from apps.exports.services import request_export
from apps.goals import services as goals
from apps.goals.drafts import ConditionDraft, GoalDraft
from apps.goals.models import ChatGoal, MessagingGoal
from apps.hourly.models import Run
from apps.hourly.services import request_run
from apps.intake.registry import save_channel
from apps.intake.services import take_events
from apps.people.models import Identity, Merge, Person
from tests.cast import Cast
from tests.goals.chats import a_chat_goal


@dataclass
class Things:
    """What an account has one of."""

    goal: MessagingGoal
    channel: Channel
    run: Run
    export: Export
    conversion: str
    chat_goal: ChatGoal
    conversation: Conversation
    person: Person
    identity: Identity
    friend: Person
    merge: Merge
    erasure: Erasure
    invitation: Invitation


def a_goal(account: Account, user_id: int, *groups: Group) -> MessagingGoal:
    """An active goal, saved an hour ago."""
    with clock.set_back(timedelta(hours=1)):
        draft = GoalDraft(
            name="Thanks", group_ids=tuple(group.pk for group in groups), attribution="last_touch", window_days=7,
            conditions=(ConditionDraft("contains", "/thanks"),), active=True, start_date=clock.now().date(),
            transaction_value=Decimal(10),
        )  # fmt: skip
        return goals.save_goal(account_id=account.pk, user_id=user_id, draft=draft)


def things(account: Account, user_id: int, group: Group, counter: Counter) -> Things:
    goal = a_goal(account, user_id, group)
    assert goal.current
    today = clock.now().date()
    channel, _new = save_channel(
        account_id=account.pk, external_id=f"web-{account.pk}", name="Site", kind="web"
    )
    return Things(
        goal=goal,
        channel=channel,
        chat_goal=a_chat_goal(channel),
        run=request_run(account_id=account.pk, user_id=user_id),
        export=request_export(
            account_id=account.pk, user_id=user_id, goal_id=goal.pk, first_day=today, last_day=today
        ),
        conversion=_conversion(goal, counter),
        conversation=_conversation(account, group),
        **_people(account),
        invitation=invite(
            account_id=account.pk, user_id=user_id, email="invited@shop.example", role="analyst"
        ),
    )


def _conversation(account: Account, group: Group) -> Conversation:
    """Of the group, and thereby of its agents."""
    event = {
        "id": "w1", "conversation": f"W-{account.pk}", "channel": f"web-{account.pk}", "type": "assignment",
        "time": clock.now().isoformat(), "group": group.external_id,
    }  # fmt: skip
    assert take_events(account_id=account.pk, raw=[event]).accepted == 1
    return Conversation.objects.select_related("channel").get(account=account, ticket=f"W-{account.pk}")


def _people(account: Account) -> dict[str, Any]:
    """Somebody, a friend of theirs, a merge that there was, and an erasure that is over.

    Their numbers are no other thing's.
    """
    first = 50_000_000 + 10 * account.pk
    person, friend = (Person.objects.create(pk=first + n, account=account) for n in range(2))
    mine = [
        Identity.objects.create(account=account, kind=Identity.Kind.CLIENT_ID, value=f"{one.pk}", person=one)
        for one in (person, friend)
    ]
    merge = Merge.objects.create(
        account=account, kept_id=person.pk, gone_id=friend.pk, identities=[one.pk for one in mine]
    )
    erasure = Erasure.objects.create(
        pk=first, account=account, person_id=0, state=Erasure.State.DONE, created_at=clock.now()
    )
    return {"person": person, "identity": mine[0], "friend": friend, "merge": merge, "erasure": erasure}


def _conversion(goal: MessagingGoal, counter: Counter) -> str:
    row = Conversion.objects.create(
        account_id=goal.account_id, goal_id=goal.pk, time=clock.now(), counter_id=counter.pk, hit_id="h1",
        version_id=goal.current_id or 0, person_id=0, outcome=Conversion.Outcome.UNCREDITED,
    )  # fmt: skip
    return encode_id(goal_id=goal.pk, counter_id=counter.pk, time=row.time, hit_id="h1")


def of(cast: Cast) -> tuple[Things, Things]:
    """The things of the cast's account and of the stranger's."""
    mine = things(cast.account, cast.owner.user_id, cast.sales, cast.counter)
    theirs = things(cast.other, cast.stranger.user_id, cast.other_group, cast.other_counter)
    return mine, theirs
