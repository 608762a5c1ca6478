"""Users and their membership in accounts."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts import checks, selectors
from apps.accounts.email_addresses import required
from apps.accounts.models import Account, Agent, Member, User
from apps.accounts.roles import Role
from apps.accounts.services.audit import audit
from apps.core.errors import NotThere, Problem, Refused
from apps.core.retry import transactional


@transactional
def make_user(*, email: str, name: str = "", password: str | None = None, operator: bool = False) -> User:
    """A new user; without a password they sign in by a link until they choose one."""
    user = User(email=required(email), name=name.strip(), is_superuser=operator)
    checks.clean(user, ["email", "name"])
    if password is None:
        user.set_unusable_password()
    else:
        set_password(user, password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        if not User.objects.filter(email=user.email).exists():
            raise
        raise Refused.one("email", "taken", _("There is a user with this e-mail already.")) from error
    return user


def set_password(user: User, password: str) -> None:
    """Give a user that is yet to be saved a password that the validators let through."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(*(Problem("password", p.code, p.detail) for p in checks.problems_of(error))) from error
    user.set_password(password)


@transactional
def make_member(
    *, account_id: int, email: str, role: str, name: str = "", agent: str | None = None
) -> Member:
    """Enrol somebody without asking them: for the demo and for tests. Everybody else is invited.

    The user is found by e-mail or made, without a password.
    """
    hold(account_id)
    user = User.objects.filter(email=required(email)).first() or make_user(email=email, name=name)
    return enrol(account_id=account_id, user=user, role=role, agent=agent)


def enrol(*, account_id: int, user: User, role: str, agent: str | None, **noted: Any) -> Member:
    """The user's membership. The caller holds the account, and the user wants it."""
    if Member.objects.filter(account_id=account_id, user=user).exists():
        raise Refused.one("email", "taken", _("This user is a member of the account already."))
    member = Member(account_id=account_id, user=user, role=role, agent=agent_of(account_id, role, agent))
    checks.clean(member, ["role"])
    member.save(force_insert=True)
    _note(member, user.pk if noted else None, "member.added", {}, {**_values(member), **noted})
    return member


@transactional
def change_member(
    *, account_id: int, member_id: int, user_id: int | None, role: str, agent: str | None = None
) -> Member:
    """Give a member another role."""
    hold(account_id)
    member = _member(account_id, member_id)
    before = _values(member)
    may_touch(account_id, user_id, member.role, role)
    if role != Role.OWNER:
        _keep_an_owner(member)
    member.role = role
    checks.clean(member, ["role"])
    member.agent = agent_of(account_id, role, agent, member)
    member.save(update_fields=["role", "agent"])
    _note(member, user_id, "member.changed", before, _values(member))
    return member


@transactional
def remove_member(*, account_id: int, member_id: int, user_id: int | None) -> None:
    """End a membership. The user stays, with whatever other accounts they are in."""
    hold(account_id)
    member = _member(account_id, member_id)
    may_touch(account_id, user_id, member.role)
    _keep_an_owner(member)
    _note(member, user_id, "member.removed", _values(member), {})
    member.delete()


def hold(account_id: int) -> None:
    """Changes of members wait for each other: two owners cannot remove one another at once."""
    if not Account.objects.select_for_update(no_key=True).filter(pk=account_id).exists():
        raise NotThere


def _member(account_id: int, member_id: int) -> Member:
    found = selectors.members(account_id=account_id).filter(pk=member_id).first()
    if not found:
        raise NotThere
    return found


def may_touch(account_id: int, user_id: int | None, *roles: str) -> None:
    """Only an owner (or an operator, or the command line) makes, changes or removes owners."""
    if user_id is None or Role.OWNER not in roles:
        return
    if selectors.role_in(user=User.objects.get(pk=user_id), account_id=account_id) != Role.OWNER:
        raise Refused.one("role", "owners_only", _("Only an owner can make, change or remove owners."))


def _keep_an_owner(member: Member) -> None:
    if member.role != Role.OWNER:
        return
    others = Member.objects.filter(account_id=member.account_id, role=Role.OWNER, user__is_active=True)
    if not others.exclude(pk=member.pk).exists():
        raise Refused.one(
            "role", "last_owner", _("The account needs an owner; make somebody else one first.")
        )


def agent_of(
    account_id: int, role: str, external_id: str | None, member: Member | None = None
) -> Agent | None:
    if role != Role.AGENT:
        return None
    if external_id is None:
        if member and member.agent:
            return member.agent
        raise Refused.one(
            "agent", "required", _("A member with the role agent is tied to an agent; name it.")
        )
    agent = selectors.agents(account_id=account_id).filter(external_id=external_id).first()
    if not agent:
        raise Refused.one("agent", "unknown_agent", _("There is no agent with this external id."))
    if Member.objects.filter(agent=agent).exclude(pk=member.pk if member else 0).exists():
        raise Refused.one("agent", "taken", _("Another member is tied to this agent."))
    return agent


def _values(member: Member) -> dict[str, Any]:
    return {"role": str(member.role), "agent": member.agent.external_id if member.agent else None}


def _note(
    member: Member, user_id: int | None, action: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    audit(
        account_id=member.account_id,
        user=user_id,
        action=action,
        target=member.user.email,
        before=before,
        after=after,
    )
