"""Mails that are asked for by an address that may have no user. A worker looks it up, so that the request takes the
same time, and is answered with the same words, for everybody.
"""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from apps.accounts import mails
from apps.accounts.email_addresses import canonical
from apps.accounts.models import MailRequest, User
from apps.core import clock, queues
from apps.core.hints import send_hint
from apps.core.retry import transactional
from apps.mail.services import SECRET, write_mail

RESET_PATH = "/password-reset/{token}/"
"""Where backoffice shows the form: opening it by GET uses nothing up."""
AT_ONCE = 200


@transactional
def request_mail(*, email: str, kind: str) -> None:
    """Have a mail written to this address if an active user has it."""
    email = canonical(email) or ""
    MailRequest.objects.create(email=email, kind=kind, created_at=clock.now())
    send_hint("apps.accounts.tasks.answer_mail_requests", queues.MAIL)


@transactional
def answer_mail_requests() -> int:
    """Write the mails that were asked for; how many requests were answered. Several workers share them."""
    waiting = MailRequest.objects.select_for_update(skip_locked=True).order_by("pk")[:AT_ONCE]
    requests = list(waiting)
    users = {
        user.email: user
        for user in User.objects.filter(email__in=[r.email for r in requests], is_active=True)
    }
    for request in requests:
        if user := users.get(request.email):
            _write(request, user)
    MailRequest.objects.filter(pk__in=[request.pk for request in requests]).delete()
    return len(requests)


def _write(request: MailRequest, user: User) -> None:
    secret = ""
    if request.kind == MailRequest.Kind.RESET:
        secret = f"{urlsafe_base64_encode(force_bytes(user.pk))}.{default_token_generator.make_token(user)}"
        text = mails.reset(settings.BASE_URL + RESET_PATH.format(token=SECRET))
    else:
        text = mails.lock_out(request.created_at, f"{settings.BASE_URL}/password-reset/")
    write_mail(
        key=f"{request.kind}-{request.pk}", to=user.email, subject=text.subject, body=text.body, secret=secret
    )
