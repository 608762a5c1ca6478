"""A user's address changes when the new mailbox has answered, and only for the user who asked."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts import checks, mails
from apps.accounts.email_addresses import required
from apps.accounts.limits import Counted, TooManyAttempts
from apps.accounts.link_tokens import digest, new_token
from apps.accounts.models import EmailChange, LoginLink, User
from apps.accounts.services.attempts import count
from apps.accounts.services.audit import audit
from apps.core import clock
from apps.core.errors import Refused
from apps.core.retry import transactional
from apps.mail.services import SECRET, write_mail

PATH = "/email-change/{token}/"
LASTS = timedelta(hours=24)


@transactional
def ask_email_change(*, user_id: int, email: str) -> EmailChange:
    """Send a link to the new address. Nothing changes yet, and nothing is said of whose the address is."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    email = required(email)
    if email == user.email:
        raise Refused.one("email", "same", _("This is your address already."))
    try:
        count(name=email, counted={Counted.MAIL: f"change {user_id}"})
    except TooManyAttempts as error:
        raise Refused.one(
            "email", "too_many_mails", _("You asked for this five times today; try again tomorrow.")
        ) from error
    token, expires_at = new_token(), clock.now() + LASTS
    change = EmailChange(user=user, email=email, digest=digest(token), expires_at=expires_at)
    checks.clean(change, ["email"])
    EmailChange.objects.filter(user=user).delete()
    change.save(force_insert=True)
    text = mails.email_change(user.email, settings.BASE_URL + PATH.format(token=SECRET), expires_at)
    write_mail(key=f"email-change-{change.pk}", to=email, subject=text.subject, body=text.body, secret=token)
    return change


@transactional
def confirm_email_change(*, user_id: int, token: str) -> User:
    """Give the user who asked the address whose mailbox got the link; both addresses are told."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    change = EmailChange.objects.filter(user=user, digest=digest(token), expires_at__gt=clock.now()).first()
    if change is None:
        raise Refused.one(
            "", "link_ended", _("This link has been used or has ended, or another user asked for it.")
        )
    before, user.email = user.email, change.email
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError as error:
        raise Refused.one("", "taken", _("Another user has this address.")) from error
    change.delete()
    LoginLink.objects.filter(user=user).delete()
    audit(
        account_id=None, user=user, action="user.email_changed", target=user.email, before={"email": before}
    )
    text = mails.email_changed(user.email)
    write_mail(key=f"email-changed-{change.digest}", to=before, subject=text.subject, body=text.body)
    return user


def forget_email_changes() -> None:
    """Delete those whose link has ended."""
    EmailChange.objects.filter(expires_at__lt=clock.now()).delete()
