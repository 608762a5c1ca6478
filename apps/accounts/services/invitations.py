"""Invitations: an address is asked to join an account, and is a member from its acceptance on.

Nobody enrols anybody and nobody sets another person's password. Whoever invites learns nothing of the address: the
answer is the same for an unknown one, a user of other accounts and an operator.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts import checks, mails, selectors
from apps.accounts.email_addresses import required
from apps.accounts.link_tokens import digest, new_token
from apps.accounts.models import Invitation, Member, User
from apps.accounts.roles import Role
from apps.accounts.services.attempts import count_mail
from apps.accounts.services.audit import audit
from apps.accounts.services.members import agent_of, enrol, hold, make_user, may_touch
from apps.core import clock
from apps.core.errors import NotThere, Refused
from apps.core.retry import transactional
from apps.mail.selectors import sends_mail
from apps.mail.services import SECRET, write_mail

PATH = "/invitations/{token}/"
"""Where backoffice shows the invitation: opening it by GET uses nothing up."""
LASTS = timedelta(days=7)
KEPT = timedelta(days=90)


@transactional
def invite(*, account_id: int, user_id: int, email: str, role: str, agent: str | None = None) -> Invitation:
    """Ask an address to join the account, by mail. `agent`: external id, for the role *agent*."""
    hold(account_id)
    may_touch(account_id, user_id, role)
    invitation, token = _make(account_id, user_id, required(email), role, agent)
    count_mail(account_id=account_id, email=invitation.email)
    _send(invitation, token)
    return invitation


@transactional
def make_invitation_link(
    *, account_id: int, base_url: str, email: str, role: str, agent: str | None = None
) -> str:
    """The address at which somebody joins the account: for the command line, which hands it over itself.

    An invitation of this address that is still pending is withdrawn: its link may be lost.
    """
    hold(account_id)
    _pending(account_id).filter(email=required(email)).update(withdrawn_at=clock.now())
    _invitation, token = _make(account_id, None, required(email), role, agent)
    return _link(base_url, token)


@transactional
def send_again(*, account_id: int, user_id: int, invitation_id: int) -> Invitation:
    """Send a new link, for seven days from now; the one sent before is of no use any more."""
    invitation = _held(account_id, user_id, invitation_id)
    count_mail(account_id=account_id, email=invitation.email)
    invitation.sent_at = clock.now()
    invitation.expires_at = invitation.sent_at + LASTS
    token = _renew(invitation, "sent_at", "expires_at")
    _note(invitation, user_id, "invitation.sent_again")
    _send(invitation, token)
    return invitation


@transactional
def withdraw(*, account_id: int, user_id: int, invitation_id: int) -> Invitation:
    """End an invitation: its link is of no use any more."""
    invitation = _held(account_id, user_id, invitation_id)
    invitation.withdrawn_at = clock.now()
    invitation.save(update_fields=["withdrawn_at"])
    _note(invitation, user_id, "invitation.withdrawn")
    return invitation


@transactional
def copy_link(*, account_id: int, user_id: int, invitation_id: int, base_url: str) -> str:
    """The invitation's address, for an owner to hand over where no mail can be sent; once. It signs nobody in.

    Only its digest is stored, so this is a new link; the one before is of no use any more.
    """
    invitation = _held(account_id, user_id, invitation_id)
    if selectors.role_in(user=User.objects.get(pk=user_id), account_id=account_id) != Role.OWNER:
        raise Refused.one("", "owners_only", _("Only an owner can copy the link."))
    if sends_mail():
        raise Refused.one("", "sent_by_mail", _("The link is sent by mail, to the invited address alone."))
    if invitation.copied_at is not None:
        raise Refused.one(
            "", "copied", _("The link was copied already. Withdraw this invitation and make another.")
        )
    if invitation.has_ended:
        raise Refused.one("", "ended", _("This invitation has ended; send it again first."))
    invitation.copied_at = clock.now()
    token = _renew(invitation, "copied_at")
    _note(invitation, user_id, "invitation.link_copied")
    return _link(base_url, token)


@transactional
def accept(*, token: str, user_id: int) -> Member:
    """Join the account as this user, whose address must be the invited one. The link is used up."""
    user = User.objects.get(pk=user_id, is_active=True)
    return _claim(token, user.email, user)


@transactional
def accept_as_new_user(*, token: str, name: str, password: str) -> Member:
    """Become the user of the invited address, with a password of one's own, and join the account."""
    invitation = _open(token)
    if User.objects.filter(email=invitation.email).exists():
        raise Refused.one("", "known", _("There is a user with this address: sign in to accept."))
    return _claim(token, invitation.email, None, name=name, password=password)


def forget_invitations() -> None:
    """Delete invitations that ended, were accepted or were withdrawn long ago; the audit log still tells of them."""
    Invitation.objects.filter(expires_at__lt=clock.now() - KEPT).delete()


def _claim(token: str, email: str, user: User | None, *, name: str = "", password: str = "") -> Member:
    invitation = _open(token)
    hold(invitation.account_id)
    if invitation.email != email:
        raise Refused.one("", "another_address", _("This invitation is for another address."))
    # Claimed by a conditional update: of two who come at once, one wins.
    now = clock.now()
    open_ones = Invitation.objects.filter(Invitation.PENDING, digest=digest(token), expires_at__gt=now)
    if not open_ones.update(accepted_at=now):
        raise _gone()
    user = user or make_user(email=email, name=name, password=password)
    by = invitation.invited_by.email if invitation.invited_by else None
    return enrol(
        account_id=invitation.account_id,
        user=user,
        role=invitation.role,
        agent=invitation.agent.external_id if invitation.agent else None,
        invited_by=by,
    )


def _open(token: str) -> Invitation:
    invitation = selectors.open_invitation(token=token)
    if invitation is None:
        raise _gone()
    return invitation


def _gone() -> Refused:
    return Refused.one(
        "", "link_ended", _("This invitation has been used or withdrawn, or it has ended; ask for a new one.")
    )


def _make(
    account_id: int, user_id: int | None, email: str, role: str, agent: str | None
) -> tuple[Invitation, str]:
    """A pending invitation with the token of its link. The caller holds the account."""
    if Member.objects.filter(account_id=account_id, user__email=email).exists():
        raise Refused.one("email", "taken", _("This user is a member of the account already."))
    now, token = clock.now(), new_token()
    ended = _pending(account_id).filter(expires_at__lte=now)
    ended.filter(email=email).update(withdrawn_at=now)
    if _pending(account_id).filter(email=email).exists():
        raise Refused.one(
            "email", "invited", _("This address is invited already; send the invitation again.")
        )
    invitation = Invitation(
        account_id=account_id,
        email=email,
        role=role,
        invited_by_id=user_id,
        digest=digest(token),
        created_at=now,
        sent_at=now,
        expires_at=now + LASTS,
    )
    checks.clean(invitation, ["email", "role"])
    invitation.agent = agent_of(account_id, role, agent)
    ended.filter(agent=invitation.agent, agent__isnull=False).update(withdrawn_at=now)
    if invitation.agent and _pending(account_id).filter(agent=invitation.agent).exists():
        raise Refused.one("agent", "taken", _("Another invitation is for this agent."))
    invitation.save(force_insert=True)
    _note(invitation, user_id, "member.invited")
    return invitation, token


def _pending(account_id: int) -> QuerySet[Invitation]:
    return selectors.invitations(account_id=account_id)


def _held(account_id: int, user_id: int, invitation_id: int) -> Invitation:
    """A pending invitation that this user may change; the account is held."""
    hold(account_id)
    invitation = _pending(account_id).filter(pk=invitation_id).first()
    if invitation is None:
        raise NotThere
    may_touch(account_id, user_id, invitation.role)
    return invitation


def _renew(invitation: Invitation, *fields: str) -> str:
    """Give the invitation another link, and save these fields with it."""
    token = new_token()
    invitation.digest = digest(token)
    invitation.save(update_fields=["digest", *fields])
    return token


def _link(base_url: str, token: str) -> str:
    return base_url.rstrip("/") + PATH.format(token=token)


def _send(invitation: Invitation, token: str) -> None:
    text = mails.invitation(invitation, _link(settings.BASE_URL, SECRET))
    write_mail(
        key=f"invitation-{invitation.pk}-{invitation.digest[:16]}",
        to=invitation.email,
        subject=text.subject,
        body=text.body,
        account_id=invitation.account_id,
        secret=token,
    )


def _note(invitation: Invitation, user_id: int | None, action: str) -> None:
    agent = invitation.agent.external_id if invitation.agent else None
    audit(
        account_id=invitation.account_id,
        user=user_id,
        action=action,
        target=invitation.email,
        after={"role": str(invitation.role), "agent": agent},
    )
