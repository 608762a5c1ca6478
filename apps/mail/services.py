"""What is written here: mails and what became of them."""

import hashlib
import logging
from datetime import timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from apps.core import clock, queues
from apps.core.hints import send_hint
from apps.core.retry import transactional
from apps.mail.models import Mail
from apps.mail.sending import Answer, send

__all__ = ["deliver", "forget_mails", "send_test_mail", "sweep_mails", "write_mail"]

log = logging.getLogger(__name__)

SECRET = "{secret}"  # noqa: S105 - the place of one, not one
"""Stands in a body for `Mail.secret`, which is blanked as soon as the mail is sent or given up."""
LEASE = timedelta(minutes=4)  # above the task's hard time limit: two workers never hold one mail
PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=4))
MAX_ATTEMPTS = len(PAUSES) + 1
SWEPT_AT_ONCE = 500
KEPT = timedelta(days=90)


@transactional
def write_mail(
    *, key: str, to: str, subject: str, body: str, account_id: int | None = None, secret: str = ""
) -> Mail:
    """Write a mail into the caller's transaction; a mail with this key that was written before is returned."""
    now = clock.now()
    values = {
        "account_id": account_id,
        "to": to,
        "subject": " ".join(subject.split())[:250],
        "body": body,
        "secret": secret,
        "created_at": now,
        "next_try_at": now,
    }
    mail, new = Mail.objects.get_or_create(key=key, defaults=values)
    if new:
        send_hint("apps.mail.tasks.deliver", queues.MAIL, [mail.pk])
    return mail


def deliver(*, mail_id: int) -> str:
    """Try once to send the mail if it is due and nobody holds it; its state afterwards ("" if there is none)."""
    mail = _claim(mail_id)
    if mail is None:
        return Mail.objects.filter(pk=mail_id).values_list("state", flat=True).first() or ""
    body = mail.body.replace(SECRET, mail.secret)
    answer = send(to=mail.to, subject=mail.subject, body=body, message_id=_message_id(mail))
    return _settle(mail, answer)


def send_test_mail(*, to: str) -> str:
    """Send a mail now, past the queue; what the server answered, in words."""
    at = clock.now()
    words = _("If you can read this, Goalline can send mail.")
    answer = send(
        to=to, subject=_("A test mail from Goalline"), body=words, message_id=f"test-{clock.to_us(at)}"
    )
    return answer.words


def sweep_mails() -> int:
    """Hint again at mails that are due; give up those whose last attempt ended with its worker."""
    now = clock.now()
    due = Mail.objects.filter(state=Mail.State.QUEUED, next_try_at__lte=now)
    lost = due.filter(attempts__gte=MAX_ATTEMPTS)
    lost.update(state=Mail.State.FAILED, secret="", answer=_("The worker ended while it was sending."))
    waiting = due.order_by("next_try_at").values_list("pk", flat=True)[:SWEPT_AT_ONCE]
    for pk in waiting:
        send_hint("apps.mail.tasks.deliver", queues.MAIL, [pk])
    return len(waiting)


def forget_mails() -> int:
    """Delete mails that were settled long ago; how many."""
    old = Mail.objects.filter(created_at__lt=clock.now() - KEPT).exclude(state=Mail.State.QUEUED)
    count, _rows = old.delete()
    return count


def _claim(mail_id: int) -> Mail | None:
    """Hold the mail for `LEASE`; a worker that dies leaves it to the sweeper."""
    now = clock.now()
    free = Mail.objects.filter(
        pk=mail_id, state=Mail.State.QUEUED, next_try_at__lte=now, attempts__lt=MAX_ATTEMPTS
    )
    if not free.update(attempts=F("attempts") + 1, next_try_at=now + LEASE):
        return None
    return Mail.objects.get(pk=mail_id)


def _settle(mail: Mail, answer: Answer) -> str:
    now = clock.now()
    if answer.accepted:
        change = {"state": Mail.State.SENT, "sent_at": now, "secret": ""}
    elif answer.permanent or mail.attempts >= MAX_ATTEMPTS:
        change = {"state": Mail.State.FAILED, "secret": ""}
    else:
        change = {"state": Mail.State.QUEUED, "next_try_at": now + PAUSES[mail.attempts - 1]}
    mine = Mail.objects.filter(pk=mail.pk, state=Mail.State.QUEUED, attempts=mail.attempts)
    mine.update(**change, answer=answer.words)
    if not answer.accepted:
        log.warning("Mail %s was not accepted: %s", mail.key, answer.words)
    return str(change["state"])


def _message_id(mail: Mail) -> str:
    return f"{mail.pk}.{hashlib.sha256(mail.key.encode()).hexdigest()[:16]}"
