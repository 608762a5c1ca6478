"""The explanation of a decision: the same walk as judging, kept whole instead of only its winner."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from apps.accounts.models import Account, Agent, Group
from apps.conversations.models import Conversation
from apps.conversions import facts, words
from apps.conversions.attribution import Terms, Verdict, decide
from apps.conversions.ids import ConversionKey, decode_id
from apps.conversions.models import Conversion, Correction
from apps.conversions.registry import Registry
from apps.core import clock
from apps.core.errors import NotThere
from apps.goals.models import GoalVersion
from apps.people.models import Mark
from apps.visits.models import Hit


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conversation that was looked at."""

    ticket: str
    channel: str
    agent: str
    group: str
    active: bool
    rule: str
    words: str
    conversation_id: int


@dataclass(frozen=True, slots=True)
class Corrected:
    """A change of the recorded result."""

    at: datetime
    why: str
    before: dict[str, Any]
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Why:
    """The core of an explanation: what the workspace shows beside a conversation."""

    version: GoalVersion
    model: str
    summary: str
    candidates: list[Candidate]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a reach was credited, not credited, or dropped."""

    id: str
    goal_id: int
    goal: str
    version: int
    model: str
    counter: int
    hit: str
    time: datetime
    url: str
    outcome: str
    summary: str
    limits: list[str] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    corrections: list[Corrected] = field(default_factory=list)
    waiting: bool = False  # facts arrived since the last run
    closed: bool = False


def explain(*, account_id: int, conversion_id: str) -> Explanation:
    """The decision behind a conversion, in words; `NotThere` where the account has no such result."""
    key = decode_id(conversion_id)
    found = find(account_id=account_id, key=key)
    version = GoalVersion.objects.get(pk=found.version_id)
    terms = facts.terms(versions=[version.pk])[version.pk]
    hit = Hit.objects.filter(account_id=account_id, counter_id=key.counter, id=key.hit, time=key.time).first()
    candidates = _candidates(account_id, [(found, terms)])[0]
    return Explanation(
        id=conversion_id,
        goal_id=found.goal_id,
        goal=version.name,
        version=version.number,
        model=words.model(terms),
        counter=key.counter,
        hit=key.hit,
        time=key.time,
        url=(hit.url or "") if hit else "",
        outcome=Conversion.Outcome(found.outcome).name.lower(),
        summary=_summary(found, candidates),
        limits=_limits(account_id, found) + ([] if hit else [_("The hit itself is no longer kept.")]),
        candidates=candidates,
        corrections=_corrections(account_id, key),
        waiting=Mark.objects.filter(account_id=account_id, person_id=found.person_id).exists(),
        closed=_is_closed(account_id, key.time),
    )


def find(*, account_id: int, key: ConversionKey) -> Conversion:
    """The recorded result of a goal that is not deleted."""
    found = Conversion.objects.filter(
        account_id=account_id, goal_id=key.goal, time=key.time, counter_id=key.counter, hit_id=key.hit
    ).first()
    if (
        found is None
        or not GoalVersion.objects.filter(
            pk=found.version_id, account_id=account_id, goal__deleted_at__isnull=True
        ).exists()
    ):
        raise NotThere
    return found


def _is_closed(account_id: int, time: datetime) -> bool:
    days = Account.objects.values_list("closing_days", flat=True).get(pk=account_id)
    return time < clock.now() - timedelta(days=days)


def whys(*, account_id: int, found: Sequence[Conversion]) -> list[Why]:
    """The decisions behind some results, in words; one walk for all of them, whatever their number."""
    versions = GoalVersion.objects.filter(account_id=account_id).in_bulk({one.version_id for one in found})
    terms = facts.terms(versions=list(versions))
    told = _candidates(account_id, [(one, terms[one.version_id]) for one in found])
    return [
        Why(
            version=versions[one.version_id],
            model=words.model(terms[one.version_id]),
            summary=_summary(one, candidates),
            candidates=candidates,
        )
        for one, candidates in zip(found, told, strict=True)
    ]


def _candidates(account_id: int, found: Sequence[tuple[Conversion, Terms]]) -> list[list[Candidate]]:
    """What became of the conversations that each result looked at."""
    judged = [
        place
        for place, (one, _) in enumerate(found)
        if one.person_id and one.outcome not in Conversion.DROPPED
    ]
    if not judged:
        return [[] for _ in found]
    registry = facts.registry(account_id=account_id)
    people = sorted({found[place][0].person_id for place in judged})
    threads = facts.threads(account_id=account_id, people=people)
    decided: dict[int, list[Verdict]] = {}
    for place in sorted(judged, key=lambda place: found[place][0].time):  # a thread only goes forwards
        one, terms = found[place]
        decided[place] = decide(threads.get(one.person_id, []), clock.to_us(one.time), terms, registry)
    names = _names(account_id, [verdict for verdicts in decided.values() for verdict in verdicts])
    return [
        _in_words(decided.get(place, []), clock.to_us(one.time), terms, registry, names)
        for place, (one, terms) in enumerate(found)
    ]


class _Names(NamedTuple):
    """What verdicts name, by number."""

    conversations: dict[int, Conversation]
    agents: dict[int, Agent]
    groups: dict[int, Group]


def _names(account_id: int, verdicts: Sequence[Verdict]) -> _Names:
    return _Names(
        Conversation.objects.select_related("channel").in_bulk({one.thread.conversation for one in verdicts}),
        Agent.objects.filter(account_id=account_id).in_bulk({one.agent for one in verdicts if one.agent}),
        Group.objects.filter(account_id=account_id).in_bulk({one.group for one in verdicts if one.group}),
    )


def _in_words(
    verdicts: list[Verdict], t: int, terms: Terms, registry: Registry, names: _Names
) -> list[Candidate]:
    result = []
    for one in verdicts:
        conversation = names.conversations[one.thread.conversation]
        agent = registry.agent(one.agent, t).name or str(names.agents.get(one.agent, ""))
        group = str(names.groups.get(one.group, ""))
        result.append(
            Candidate(
                ticket=conversation.ticket,
                channel=str(conversation.channel),
                agent=agent,
                group=group,
                active=one.active,
                rule=str(one.rule),
                words=words.verdict(one, t, terms, agent=agent, group=group),
                conversation_id=conversation.pk,
            )
        )
    return sorted(result, key=lambda one: one.rule != "credited")


def _summary(found: Conversion, candidates: list[Candidate]) -> str:
    if found.outcome == Conversion.Outcome.SAME_SECOND:
        return _("Not counted: the same person reached the goal earlier in the same second on this counter.")
    if found.outcome == Conversion.Outcome.VISIT_LIMIT:
        return _("Not counted: the person had reached goals 400 times before in the same visit.")
    if found.credited:
        agent = found.agent_name or str(Agent.objects.filter(pk=found.agent_id or 0).first() or "")
        return _("Credited to %(agent)s; contact %(contact)s.") % {
            "agent": agent,
            "contact": words.duration(found.contact_us or 0),
        }
    if not found.person_id:
        return _("Uncredited: the hit names no client ID and no user ID, so it has no person.")
    if not candidates:
        return _("Uncredited: the person had no conversation that had begun before the hit.")
    return _("Uncredited: none of the person's conversations yields an eligible agent.")


def _limits(account_id: int, found: Conversion) -> list[str]:
    """The counting rules that bore on the hit."""
    if found.outcome == Conversion.Outcome.VISIT_LIMIT:
        return [_("In one visit at most 400 conversions count, over all goals of the counter.")]
    if found.outcome != Conversion.Outcome.SAME_SECOND:
        return [_("Counted: the first hit of its second for this goal, person and counter.")]
    second = found.time.replace(microsecond=0)
    first = (
        Conversion.objects.filter(
            account_id=account_id,
            goal_id=found.goal_id,
            counter_id=found.counter_id,
            person_id=found.person_id,
            time__gte=second,
            time__lt=second + timedelta(seconds=1),
        )
        .exclude(outcome=Conversion.Outcome.SAME_SECOND)
        .first()
    )
    counted = first.hit_id if first else "?"
    return [_("Once a second: hit %s of the same second counts.") % counted]


def _corrections(account_id: int, key: ConversionKey) -> list[Corrected]:
    rows = Correction.objects.filter(
        account_id=account_id, goal_id=key.goal, time=key.time, counter_id=key.counter, hit_id=key.hit
    )
    return [Corrected(row.at, row.why, row.before, row.after) for row in rows.order_by("at", "id")]
