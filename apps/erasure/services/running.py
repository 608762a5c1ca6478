"""Erasing, step by step. Any number of workers may try, and be killed anywhere: the next goes on at that step."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from apps.accounts.services import audit
from apps.conversations import erasing as conversations
from apps.conversions.erasing import delete_results
from apps.core import clock, queues
from apps.core.hints import send_hint
from apps.core.locks import Lock, take
from apps.core.retry import retrying
from apps.erasure.models import Erasure
from apps.erasure.needles import Needles
from apps.erasure.scope import Scope, scope_of
from apps.erasure.services import copies, spool
from apps.intake.erased import forget_keys
from apps.people import erasing as people
from apps.people.holding import ALWAYS, Held, held_by, named_beside
from apps.people.selectors import owner_of
from apps.visits.of_person import delete_hits, delete_visits, person_hits

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
HINTED_FOR = timedelta(seconds=20)
State = Erasure.State


class NotYet(Exception):
    """Something has to happen elsewhere first; the sweeper asks again."""


def run(*, erasure_id: int) -> None:
    """Go on with an erasure, unless somebody is at it or it is done. Unforeseen errors are raised, without values."""
    erasure = _claim(erasure_id)
    if erasure is None:
        return
    try:
        while erasure.step < len(STEPS):
            _do(erasure, STEPS[erasure.step])
        _finish(erasure)
    except NotYet:
        _held(erasure).update(state=State.WAITING, beat_at=clock.now(), error="")
    except Exception as error:
        # The error's words may hold the person's: only its kind is kept, here and in the log.
        _held(erasure).update(state=State.QUEUED, beat_at=clock.now(), error=type(error).__name__)
        log.warning("Erasure %s stumbled at step %s: %s", erasure.pk, erasure.step, type(error).__name__)
        raise


def sweep_erasures() -> int:
    """Hint again at erasures that nobody works on; how many."""
    now = clock.now()
    idle = Erasure.objects.filter(_unheld(), created_at__lt=now - HINTED_FOR).values_list("pk", flat=True)[
        :20
    ]
    for pk in idle:
        send_hint("apps.erasure.tasks.run", queues.EXPORT, [pk])
    return len(idle)


def _unheld() -> Q:
    silent = Q(beat_at=None) | Q(beat_at__lt=clock.now() - LEASE)
    return Q(state=State.QUEUED) & silent | Q(state=State.RUNNING) & silent | Q(state=State.WAITING)


def _claim(erasure_id: int) -> Erasure | None:
    mine = Erasure.objects.filter(_unheld(), pk=erasure_id)
    if not mine.update(state=State.RUNNING, attempts=F("attempts") + 1, beat_at=clock.now()):
        return None
    return Erasure.objects.get(pk=erasure_id)


def _held(erasure: Erasure) -> QuerySet[Erasure]:
    return Erasure.objects.filter(pk=erasure.pk, state=State.RUNNING, attempts=erasure.attempts)


def _do(erasure: Erasure, step: Callable[[Erasure], int]) -> None:
    """A step and the note that it is done, in one transaction."""

    def done() -> int:
        with transaction.atomic():
            count = step(erasure)
            mine = _held(erasure).update(
                step=erasure.step + 1,
                person_id=erasure.person_id,
                deleted=erasure.deleted + count,
                beat_at=clock.now(),
                scope=erasure.scope,
                erased_at=erasure.erased_at,
            )
            if not mine:
                raise NotYet  # another worker has taken it over
        return count

    erasure.deleted += retrying(done)
    erasure.step += 1


def _scope(erasure: Erasure) -> Scope:
    return Scope(**(erasure.scope or {}))


def _begin(erasure: Erasure) -> int:
    """From here on the person's names are somebody else's, and nothing of before is stored again."""
    account = erasure.account_id
    take(Lock.GOALS, account)
    person = erasure.person_id = _who_it_is_now(erasure)
    erasure.erased_at = clock.now()
    held = _all_held(account, person)
    erasure.scope = scope_of(account_id=account, person_id=person, held=held)._asdict()
    people.detach(account_id=account, person_id=person, held=held, at=erasure.erased_at)
    people.put_stones(
        account_id=account,
        of=[
            people.Stone(people.TICKET, f"{channel}\0{ticket}", clock.BEGINNING, erasure.erased_at, True)
            for channel, ticket in conversations.tickets(account_id=account, person_id=person).values()
        ],
    )
    conversations.detach(account_id=account, person_id=person)
    return 0


def _who_it_is_now(erasure: Erasure) -> int:
    """Whoever was merged since the erasure was asked for is erased as who they are now, once."""
    now = owner_of(account_id=erasure.account_id, person_id=erasure.person_id)
    if now is None:
        return erasure.person_id
    others = Erasure.objects.filter(account_id=erasure.account_id, person_id=now).exclude(state=State.DONE)
    return erasure.person_id if others.exists() else now


def _all_held(account: int, person: int) -> list[Held]:
    """The person's identities, and the e-mails and phones that they named and that name no conversation of their own."""
    held = held_by(account_id=account, person_id=person)
    beside = named_beside(account_id=account, identities=[one.identity.pk for one in held])
    others = conversations.naming(account_id=account, identities=[one.pk for one in beside])
    return held + [Held(one, *ALWAYS) for one in beside if one.pk not in others]


def _results(erasure: Erasure) -> int:
    scope = _scope(erasure)
    take(Lock.CHATS, erasure.account_id)  # states of chats that were read before are written before
    count = delete_results(
        account_id=erasure.account_id, person_id=erasure.person_id, conversations=scope.conversations
    )
    take(Lock.VISITS, erasure.account_id)  # and so are visits that somebody is making of hits read before
    return count + delete_visits(
        account_id=erasure.account_id, person_id=erasure.person_id, identities=scope.identities
    )


def _conversations(erasure: Erasure) -> int:
    return conversations.delete_conversations(account_id=erasure.account_id, person_id=erasure.person_id)


def _hits(erasure: Erasure) -> int:
    stretches = _scope(erasure).of_hits()
    count = 0
    for hits in person_hits(account_id=erasure.account_id, stretches=stretches):
        count += forget_keys(account_id=erasure.account_id, ids=[hit.id for hit in hits])
    return count + delete_hits(account_id=erasure.account_id, stretches=stretches)


def _people(erasure: Erasure) -> int:
    take(Lock.GOALS, erasure.account_id)  # nobody holds some of these identities and waits for the others
    return people.delete_people(
        account_id=erasure.account_id,
        person_id=erasure.person_id,
        identities=_scope(erasure).identities,
    )


def _spool(erasure: Erasure) -> int:
    """Hits that were acknowledged before are thrown away by the drain; their bytes go with their segments."""
    assert erasure.erased_at
    if spool.holds_from_before(erasure.erased_at):
        raise NotYet
    return 0


def _copies(erasure: Erasure) -> int:
    scope = _scope(erasure)
    return copies.erase(erasure.account_id, Needles(scope.needles), set(scope.tickets))


STEPS: tuple[Callable[[Erasure], int], ...] = (
    _begin,
    _results,
    _conversations,
    _hits,
    _people,
    _spool,
    _copies,
    _results,  # what a judge wrote, or a maker of visits, that had begun before
)


def _finish(erasure: Erasure) -> None:
    with transaction.atomic():
        if _held(erasure).update(state=State.DONE, scope=None, finished_at=clock.now(), error=""):
            audit(
                account_id=erasure.account_id,
                user=erasure.user_id,
                action="person.erased",
                target=f"person {erasure.person_id}",
                after={"erasure": erasure.pk, "rows": erasure.deleted},
            )
