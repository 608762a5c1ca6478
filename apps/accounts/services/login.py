"""Links that sign somebody in once. Only a digest is stored: whoever reads the database cannot sign in."""

from datetime import timedelta

from django.utils.translation import gettext as _

from apps.accounts.link_tokens import digest, new_token
from apps.accounts.models import LoginLink, User, UserSession
from apps.accounts.services.audit import audit
from apps.accounts.services.members import make_user
from apps.core import clock, locks
from apps.core.errors import Refused
from apps.core.locks import Lock
from apps.core.retry import transactional

PATH = "/login-link/{token}/"
"""Where backoffice shows the button: opening a link by GET (a mail scanner does) uses nothing up."""
LASTS = timedelta(minutes=15)
FIRST_LASTS = timedelta(hours=24)
OPERATOR = "operator@localhost.localdomain"


@transactional
def make_login_link(*, base_url: str, user_id: int | None = None) -> str:
    """The address that signs this user in once, within 15 minutes.

    Without a user: the first operator, made if there is none; that link lasts 24 hours.
    """
    user = User.objects.get(pk=user_id) if user_id else _operator()
    token = new_token()
    now = clock.now()
    LoginLink.objects.filter(user=user, expires_at__lt=now).delete()
    lasts = LASTS if user_id else FIRST_LASTS
    LoginLink.objects.create(user=user, digest=digest(token), expires_at=now + lasts)
    return base_url.rstrip("/") + PATH.format(token=token)


@transactional
def make_operator(*, email: str, name: str = "") -> User:
    """A new operator, who may enter every account. They sign in by a link until they choose a password."""
    operator = make_user(email=email, name=name, operator=True)
    audit(account_id=None, user=None, action="operator.added", target=operator.email)
    return operator


def _operator() -> User:
    locks.take(Lock.OPERATOR, 0)  # two first starts at once make one
    found = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    return found or make_user(email=OPERATOR, name="Operator", operator=True)


@transactional
def use_login_link(*, token: str) -> User:
    """Use the link up and return its user; Refused when it was used, has ended or never was."""
    now = clock.now()
    link = LoginLink.objects.select_related("user").filter(digest=digest(token), expires_at__gt=now).first()
    # Claimed by a conditional update: of two who come at once, one wins.
    if not (
        link
        and link.user.is_active
        and LoginLink.objects.filter(pk=link.pk, used_at=None).update(used_at=now)
    ):
        raise Refused.one("", "link_ended", _("This link has been used or has ended; ask for a new one."))
    audit(account_id=None, user=link.user, action="login_link.used", target=link.user.email)
    return link.user


def forget_sign_ins() -> None:
    """Delete links and sessions that have ended."""
    now = clock.now()
    LoginLink.objects.filter(expires_at__lt=now).delete()
    UserSession.objects.filter(expire_date__lt=now).delete()
