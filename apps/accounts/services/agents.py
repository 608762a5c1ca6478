"""Agents and groups: their rows and the history that judging reads. Marks are left by `intake.registry`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from apps.accounts import checks
from apps.accounts.models import Agent, AgentValues, Group
from apps.core.errors import NotThere, Refused
from apps.core.retry import transactional

Named = TypeVar("Named", Agent, Group)


@transactional
def record_agent(
    *,
    account_id: int,
    external_id: str,
    at: datetime,
    name: str | None = None,
    email: str | None = None,
    kind: str | None = None,
    group_ids: list[int] | None = None,
) -> tuple[Agent, bool]:
    """Make or change an agent as of `at`; None leaves a value as it is.

    The second part says whether the agent was known before: not new and not a placeholder.
    """
    given: dict[str, Any] = {
        key: value for key, value in (("name", name), ("email", email), ("kind", kind)) if value is not None
    }
    checks.clean(Agent(account_id=account_id, external_id=external_id, **given), ["external_id", *given])
    _check_groups(account_id, group_ids)
    agent = lock_agent(account_id=account_id, external_id=external_id)
    known_before = not agent.placeholder
    changes: dict[str, Any] = {**given, "placeholder": False}
    if agent.deleted_at:
        changes["deleted_at"] = None
    for key, value in changes.items():
        setattr(agent, key, value)
    agent.save(update_fields=list(changes))
    if group_ids is not None:
        given["groups"] = sorted(set(group_ids))
        agent.groups.set(given["groups"])
    _remember(agent, at, given)
    return agent, known_before


def _check_groups(account_id: int, group_ids: list[int] | None) -> None:
    if not group_ids:
        return
    wanted = set(group_ids)
    if Group.objects.filter(account_id=account_id, pk__in=wanted).count() != len(wanted):
        raise Refused.one("groups", "unknown_group", _("One of these groups does not exist."))


def lock_agent(*, account_id: int, external_id: str) -> Agent:
    """The agent of this name, made as a placeholder if need be, locked to the transaction's end."""
    return _lock(Agent, account_id, external_id)


def lock_group(*, account_id: int, external_id: str) -> Group:
    """The same for a group."""
    return _lock(Group, account_id, external_id)


def _lock(model: type[Named], account_id: int, external_id: str) -> Named:
    checks.clean(model(account_id=account_id, external_id=external_id), ["external_id"])
    found = _ensure(model, account_id, [external_id])
    return model._default_manager.select_for_update(no_key=True).get(pk=found[external_id])


def _remember(agent: Agent, at: datetime, given: dict[str, Any]) -> None:
    """A history row where something changed; what was never recorded stays null (a blank is no value)."""
    last = AgentValues.objects.filter(agent=agent, at__lte=at).order_by("-at").first()
    before = {key: getattr(last, key) if last else None for key in ("name", "email", "kind", "groups")}
    after = before | given
    if after != before:
        AgentValues.objects.update_or_create(agent=agent, at=at, defaults=after)


@transactional
def record_group(*, account_id: int, external_id: str, name: str) -> Group:
    """Make a group or name one anew; a placeholder becomes known, an archived one stays archived."""
    checks.clean(Group(account_id=account_id, external_id=external_id, name=name), ["external_id", "name"])
    group = lock_group(account_id=account_id, external_id=external_id)
    if group.placeholder or group.name != name:
        group.name, group.placeholder = name, False
        group.save(update_fields=["name", "placeholder"])
    return group


def ensure_agents(*, account_id: int, external_ids: Iterable[str]) -> dict[str, int]:
    """`{external id: id}` of all of these; unknown ones become placeholders. Safe beside others who do the same."""
    return _ensure(Agent, account_id, external_ids)


def ensure_groups(*, account_id: int, external_ids: Iterable[str]) -> dict[str, int]:
    """`{external id: id}` of all of these; unknown ones become placeholders. Safe beside others who do the same."""
    return _ensure(Group, account_id, external_ids)


def _ensure(model: type[Named], account_id: int, external_ids: Iterable[str]) -> dict[str, int]:
    wanted = set(external_ids)
    if not wanted:
        return {}
    found = _ids(model, account_id, wanted)
    # In one order everywhere: two callers that insert the same names then wait for each other, never in a ring.
    missing = sorted(wanted - found.keys())
    if not missing:
        return found
    model._default_manager.bulk_create(
        [model(account_id=account_id, external_id=name, placeholder=True) for name in missing],
        ignore_conflicts=True,
    )
    return found | _ids(model, account_id, missing)


def _ids(model: type[Named], account_id: int, external_ids: Iterable[str]) -> dict[str, int]:
    rows = model._default_manager.filter(account_id=account_id, external_id__in=list(external_ids))
    return dict(rows.values_list("external_id", "pk"))


@transactional
def retire_agent(*, account_id: int, agent_id: int, at: datetime) -> Agent:
    """Mark an agent as deleted. Past credit and its history stay."""
    try:
        agent = Agent.objects.select_for_update(no_key=True).get(
            account_id=account_id, pk=agent_id, deleted_at=None
        )
    except Agent.DoesNotExist:
        raise NotThere from None
    agent.deleted_at = at
    agent.save(update_fields=["deleted_at"])
    return agent


@transactional
def retire_group(*, account_id: int, group_id: int, at: datetime) -> Group:
    """Mark a group as archived: no new goal names it, old ones go on."""
    try:
        group = Group.objects.select_for_update(no_key=True).get(account_id=account_id, pk=group_id)
    except Group.DoesNotExist:
        raise NotThere from None
    if group.archived_at is None:
        group.archived_at = at
        group.save(update_fields=["archived_at"])
    return group
