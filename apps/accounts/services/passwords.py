"""Choosing a new password by a link, for whoever forgot theirs or never had one."""

from django.contrib.auth.tokens import default_token_generator
from django.utils.translation import gettext as _

from apps.accounts import origin, selectors
from apps.accounts.limits import Counted, network
from apps.accounts.models import LoginLink, MailRequest, Member, User
from apps.accounts.services.attempts import count, count_mail, forget_failures, name_of
from apps.accounts.services.audit import audit
from apps.accounts.services.mail_requests import request_mail
from apps.accounts.services.members import may_touch, set_password
from apps.accounts.services.sessions import end_sessions
from apps.core.errors import NotThere, Refused
from apps.core.retry import transactional


def ask_reset(*, email: str) -> None:
    """Have a link to choose a new password sent to this address, if an active user has it.

    The answer is the same whether one has; TooManyAttempts beyond the limits.
    """
    name, near = name_of(email), network(origin.address())
    counted = {Counted.RESET_NAME: name}
    if near:
        counted[Counted.RESET_ADDRESS] = near
    count(name=name, counted=counted)
    request_mail(email=name, kind=MailRequest.Kind.RESET)


@transactional
def send_new_link(*, account_id: int, user_id: int, member_id: int) -> Member:
    """Have such a link sent to a member. It goes to their mailbox alone: whoever reads it can sign in as them."""
    member = selectors.members(account_id=account_id).filter(pk=member_id).first()
    if member is None:
        raise NotThere
    may_touch(account_id, user_id, member.role)
    count_mail(account_id=account_id, email=member.user.email)
    request_mail(email=member.user.email, kind=MailRequest.Kind.RESET)
    audit(account_id=account_id, user=user_id, action="member.link_sent", target=member.user.email)
    return member


@transactional
def reset_password(*, token: str, password: str) -> User:
    """Give the link's user this password and end all their sessions and links; Refused when the link has ended."""
    user = selectors.reset_user(token=token)
    # Locked before the token is checked again: it is good for the password before, so of two at once one wins.
    locked = (
        User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).first()
        if user
        else None
    )
    if locked is None or not default_token_generator.check_token(locked, token.partition(".")[2]):
        raise Refused.one("", "link_ended", _("This link has been used or has ended; ask for a new one."))
    set_password(locked, password)
    locked.save(update_fields=["password"])
    LoginLink.objects.filter(user=locked).delete()
    end_sessions(user_id=locked.pk)
    forget_failures(email=locked.email)
    audit(account_id=None, user=locked, action="password.reset", target=locked.email)
    return locked
