"""Asking for a person's erasure."""

from apps.accounts.services import audit
from apps.core import clock, queues
from apps.core.errors import NotThere
from apps.core.hints import send_hint
from apps.core.retry import transactional
from apps.erasure.models import Erasure
from apps.people.models import Person


@transactional
def request_erasure(*, account_id: int, user_id: int | None, person_id: int) -> Erasure:
    """Have all that is kept of a person deleted. Asked again while it is at work, the same erasure is returned."""
    person = Person.objects.select_for_update(no_key=True).filter(account_id=account_id, pk=person_id).first()
    if person is None:
        raise NotThere
    same = Erasure.objects.filter(account_id=account_id, person_id=person_id)
    if known := same.exclude(state=Erasure.State.DONE).first():
        return known
    erasure = Erasure.objects.create(
        account_id=account_id, user_id=user_id, person_id=person_id, created_at=clock.now()
    )
    audit(
        account_id=account_id,
        user=user_id,
        action="person.erasure_requested",
        target=f"person {person_id}",
        after={"erasure": erasure.pk},
    )
    send_hint("apps.erasure.tasks.run", queues.EXPORT, [erasure.pk])
    return erasure
