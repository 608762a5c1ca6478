"""The attribution rules (attribution.md, sections 1 to 5), written to be read beside them.

Nothing is remembered between two questions: every answer is worked out again from the raw facts
of the world. It is slow on purpose. "spec" in the comments is attribution.md unless another file
is named; "decided" marks what the specification leaves open and the project settled.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

import ada_url

from . import visits
from .world import UNCHANGED, Event, Hit, Name, Version, World

SECOND = 1_000_000
DAY = 24 * 60 * 60 * SECOND
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Person = tuple[str, str]  # ("user", user ID) or ("group", identities that are one without a user ID)
ConversationKey = tuple[str, str]  # (channel, ticket)


@dataclass(frozen=True)
class Row:
    """One reach and what became of it."""

    goal: str
    version: int
    counter: int
    hit: str
    time: int
    outcome: str  # "credited" | "uncredited" | "dropped_second" | "dropped_visit"
    channel: str | None
    ticket: str | None
    agent: str | None
    agent_name: str | None
    agent_email: str | None
    group: str | None
    model: str | None
    active: bool | None
    contact_us: int | None
    value: Decimal | None


@dataclass(frozen=True)
class Yield:
    """A conversation that yields an eligible agent at an instant (section 4)."""

    conversation: ConversationKey
    agent: str
    group: str
    active: bool
    assigned_at: int


# --- Facts: values in force -----------------------------------------------------------------------


def value_in_force(recorded, at, field, default):
    """spec Facts: the value in force at *t* counts; before the first recorded value, the first.

    The blanks of a placeholder (a record without the field) are no value. Without any recorded
    value, the default. Two values recorded at one instant: the later one in the list.
    """
    values = [(since, record[field]) for since, record in recorded if field in record]
    values.sort(key=lambda pair: pair[0])  # stable
    if not values:
        return default
    answer = values[0][1]
    for since, value in values:
        if since <= at:
            answer = value
    return answer


def time_zone(world: World, at: int) -> str:
    return value_in_force(world.account.settings, at, "timezone", "UTC")


def inactivity_us(world: World, at: int) -> int:
    return value_in_force(world.account.settings, at, "inactivity_s", 600) * SECOND


def agent_kind(world: World, agent: str, at: int) -> str:
    return value_in_force(world.agents.get(agent, []), at, "kind", "human")


def agent_name(world: World, agent: str, at: int) -> str:
    return value_in_force(world.agents.get(agent, []), at, "name", "")


def agent_email(world: World, agent: str, at: int) -> str:
    return value_in_force(world.agents.get(agent, []), at, "email", "")


def agent_groups(world: World, agent: str, at: int) -> tuple[str, ...]:
    return value_in_force(world.agents.get(agent, []), at, "groups", ())


def channel_kind(world: World, channel: str, at: int) -> str:
    return value_in_force(world.channels.get(channel, []), at, "kind", "")


# --- Facts: persons (visitors.md, "Identities") ---------------------------------------------------


# Decided: what one event names belongs together; the first of these that it names stands for the others.
KINDS = [
    "user_id", "client_id", "telegram", "whatsapp", "viber", "facebook", "instagram", "messenger", "email", "phone"
]  # fmt: skip
# Decided: of ties at one instant those whose kinds come first here, then whose values are less as bytes.
KIND_ORDER = ["client_id", "user_id", *KINDS[2:]]


def is_undone(world: World, one: Name, other: Name, at: int) -> bool:
    """Links can be undone; decided: what was said of the two until then, and nothing later."""
    return any({one, other} == {u.one, u.other} and at <= u.until for u in world.undone)


def names_of_event(event: Event) -> list[Name]:
    names = [("user_id", event.user_id)] if event.user_id is not None else []
    names += [("client_id", event.client_id)] if event.client_id is not None else []
    names += event.contacts
    return sorted(names, key=lambda name: KINDS.index(name[0]))


def all_links(world: World) -> list[tuple[str, str, int]]:
    """Explicit links; and every hit and conversation event that names both ids, at its time.

    A robot's hit links like any other (decided here: only reaches are refused to robots).
    """
    links = [(link.client_id, link.user_id, link.at) for link in world.links]
    for hit in world.hits:
        if hit.client_id is not None and hit.user_id is not None:
            links.append((hit.client_id, hit.user_id, hit.time))
    for event in world.events:
        if event.client_id is not None and event.user_id is not None:
            links.append((event.client_id, event.user_id, event.time))
    return [
        (client, user, at)
        for client, user, at in links
        if not is_undone(world, ("client_id", client), ("user_id", user), at)
    ]


def all_ties(world: World) -> list[tuple[int, Name, Name]]:
    """Explicit ones; and what conversation events name together, but for client ID with user ID.

    accounts.md: e-mails and phones link only when the account allows it.
    """
    ties = [(tie.at, tie.one, tie.other) for tie in world.ties]
    for event in world.events:
        names = names_of_event(event)
        for name in names[1:]:
            if {name[0], names[0][0]} != {"client_id", "user_id"}:
                ties.append((event.time, name, names[0]))
    answer = []
    for at, one, other in ties:
        asks = one[0] in ("email", "phone") or other[0] in ("email", "phone")
        if asks and not value_in_force(world.account.settings, at, "link_contacts", False):
            continue
        if not is_undone(world, one, other, at):
            answer.append((at, one, other))
    return answer


def owner_of_client(world: World, client_id: str, at: int) -> Person:
    """visitors.md: A client ID belongs at *t* to the user ID of its latest link at or before *t*;
    before its first link, to that link's user ID; never linked, it is a person of its own (or, without a
    user ID, that of the messenger account it is linked with).

    Decided: of two links at one instant the greater user ID, as bytes, counts.
    """
    links = [link for link in all_links(world) if link[0] == client_id]
    if not links:
        return person_of_group(world, ("client_id", client_id))
    links.sort(key=lambda link: (link[2], link[1].encode()))
    until_now = [link for link in links if link[2] <= at]
    if until_now:
        return ("user", until_now[-1][1])
    first_instant = links[0][2]
    at_first_instant = [link for link in links if link[2] == first_instant]
    return ("user", at_first_instant[-1][1])


def person_of_group(world: World, name: Name) -> Person:
    """visitors.md: A messenger account, e-mail or phone belongs to the person it was first linked to;
    without a user ID, client ID and messenger account linked with each other are one person. Linked
    through a client ID, it belongs to whom that client ID belongs at the instant of the link.

    So: ties are gone through in time. Whoever has a user ID keeps it, the others join.
    """
    linked_clients = {client for client, _, _ in all_links(world)}
    groups: list[tuple[set[Name], list[Person]]] = []  # names, and at most one person with a user ID

    def group_of(name: Name, at: int) -> tuple[set[Name], list[Person]]:
        if name[0] == "user_id":
            return set(), [("user", name[1])]
        if name[0] == "client_id" and name[1] in linked_clients:
            return set(), [owner_of_client(world, name[1], at)]
        for group in groups:
            if name in group[0]:
                return group
        groups.append(({name}, []))
        return groups[-1]

    def order(tie):
        at, one, other = tie
        return at, sorted((KIND_ORDER.index(kind), value.encode()) for kind, value in (one, other))

    for at, one, other in sorted(all_ties(world), key=order):
        mine, yours = group_of(one, at), group_of(other, at)
        if mine is yours or (mine[1] and yours[1]):
            continue
        groups = [group for group in groups if group is not mine and group is not yours]
        groups.append((mine[0] | yours[0], mine[1] + yours[1]))
    names, persons = group_of(name, 0)
    return persons[0] if persons else ("group", "|".join(sorted("=".join(one) for one in names)))


def person_of(world: World, names: list[Name], at: int) -> Person | None:
    if not names:
        return None
    kind, value = min(names, key=lambda name: KINDS.index(name[0]))
    if kind == "user_id":
        return ("user", value)
    if kind == "client_id":
        return owner_of_client(world, value, at)
    return person_of_group(world, (kind, value))


def person_of_hit(world: World, hit: Hit) -> Person | None:
    names = [("client_id", hit.client_id)] if hit.client_id is not None else []
    names += [("user_id", hit.user_id)] if hit.user_id is not None else []
    return person_of(world, names, hit.time)


# --- Facts: conversations -------------------------------------------------------------------------


def event_order(event: Event):
    """spec Facts: events, in the order of (time, `seq` or 0, id as bytes)."""
    return (event.time, event.seq or 0, event.id.encode())


def events_of(world: World, conversation: ConversationKey) -> list[Event]:
    events = [e for e in world.events if (e.channel, e.ticket) == conversation]
    return sorted(events, key=event_order)


def events_until(world: World, conversation: ConversationKey, at: int) -> list[Event]:
    """spec Facts: At instant *t* only events with time <= *t* exist."""
    return [e for e in events_of(world, conversation) if e.time <= at]


def all_conversations(world: World) -> list[ConversationKey]:
    return sorted({(e.channel, e.ticket) for e in world.events})


def person_of_conversation(world: World, conversation: ConversationKey) -> Person | None:
    """visitors.md: A conversation belongs to the identity that it named first, by (time, seq, id).

    Decided: timeless (not cut off at *t*); a client ID counts as whose it is at that event's time.
    """
    for event in events_of(world, conversation):
        if names_of_event(event):
            return person_of(world, names_of_event(event), event.time)
    return None


def assignments_until(
    world: World, conversation: ConversationKey, at: int
) -> list[tuple[int, str | None, str | None]]:
    """(instant, agent or None, group or None) of every assignment event, in order.

    Decided: a part left UNCHANGED says what the previous assignment event said; before any, none.
    """
    answer = []
    agent: str | None = None
    group: str | None = None
    for event in events_until(world, conversation, at):
        if event.type == "assignment":
            if event.agent is not UNCHANGED:
                agent = event.agent
            if event.group is not UNCHANGED:
                group = event.group
            answer.append((event.time, agent, group))
    return answer


def status_at(world: World, conversation: ConversationKey, at: int) -> str | None:
    """spec Facts: Without a status event a conversation is `new`; messages never change it."""
    status: str | None = "new"
    for event in events_until(world, conversation, at):
        if event.type == "status":
            status = event.status
    return status


def public_messages_until(world: World, conversation: ConversationKey, at: int) -> list[Event]:
    """spec Facts: Private notes are never messages to the person."""
    return [e for e in events_until(world, conversation, at) if e.type == "message" and e.public]


def is_bots_message(world: World, message: Event, at: int) -> bool:
    """Decided: its author kind is "bot", or its author agent's kind at *t* is bot."""
    if message.author_kind == "bot":
        return True
    if message.author_agent is not None:
        return agent_kind(world, message.author_agent, at) == "bot"
    return False


# --- 1. Which hits are reaches --------------------------------------------------------------------


def upper_case_escapes(text: str) -> str:
    return re.sub(r"%[0-9A-Fa-f]{2}", lambda match: match.group().upper(), text)


def normalised_url(url: str) -> str:
    """spec 1: the `href` of the WHATWG URL parser, then the digits of percent-escapes in upper
    case, nothing else; a URL that cannot be parsed is compared as it is."""
    try:
        href = ada_url.URL(url).href
    except ValueError:
        return url
    return upper_case_escapes(href)


def encoded_value(value: str) -> str:
    """spec 1: with its non-ASCII characters and spaces percent-encoded and escape digits in upper
    case."""
    encoded = ""
    for character in value:
        if character == " " or ord(character) > 127:
            for byte in character.encode("utf-8"):
                encoded += f"%{byte:02X}"
        else:
            encoded += character
    return upper_case_escapes(encoded)


def condition_holds(condition: tuple[str, str], hit: Hit) -> bool:
    if hit.type != "pageview":
        return False  # spec 1: URL conditions look at page views.
    operator, value = condition
    if operator == "is":
        return normalised_url(hit.url) == normalised_url(value)
    if operator == "contains":
        url = normalised_url(hit.url)
        return value in url or encoded_value(value) in url
    raise ValueError(operator)


def version_in_force(world: World, goal: str, at: int) -> int | None:
    """spec Facts: A goal version holds from the instant it was saved until the next one."""
    answer = None
    for index, version in enumerate(world.goals[goal]):
        if version.valid_from <= at:
            answer = index
    return answer


def local_date(world: World, at: int) -> dt.date:
    instant = EPOCH + dt.timedelta(microseconds=at)
    return instant.astimezone(ZoneInfo(time_zone(world, at))).date()


def why_no_reach(world: World, goal: str, hit: Hit) -> str | None:
    """None when the hit is a reach of the goal (spec 1), else the rule that refuses it."""
    if hit.robot:
        return "robot"
    index = version_in_force(world, goal, hit.time)
    if index is None:
        return "no version yet"
    version = world.goals[goal][index]
    if not version.active:
        return "version not active"
    date = local_date(world, hit.time)
    if version.start_date is not None and date < version.start_date:
        return "before the start date"
    if version.end_date is not None and date > version.end_date:
        return "after the end date"
    if not any(condition_holds(condition, hit) for condition in version.conditions):
        return "no condition holds"
    return None


# --- 2. Which reaches are conversions -------------------------------------------------------------


def is_second_in_its_second(world: World, goal: str, hit: Hit) -> bool:
    """spec 2, rule 1: The same goal for the same person on the same counter counts once per
    calendar second (UTC); the first hit of that second counts. Order: hit time, hit id as bytes.

    Decided: a reach without a person is never dropped by it (a missing person equals no other).
    """
    person = person_of_hit(world, hit)
    if person is None:
        return False
    for other in world.hits:
        if (
            other.counter == hit.counter
            and other.time // SECOND == hit.time // SECOND
            and (other.time, other.id.encode()) < (hit.time, hit.id.encode())
            and person_of_hit(world, other) == person
            and why_no_reach(world, goal, other) is None
        ):
            return True
    return False


def hits_of_person(world: World, person: Person, counter: int) -> list[visits.Hit]:
    """What visits are made of: all hits, page views and events, but those of robots."""
    return [
        visits.Hit(hit.id, hit.time)
        for hit in world.hits
        if hit.counter == counter and not hit.robot and person_of_hit(world, hit) == person
    ]


def visit_of(world: World, person: Person, hit: Hit) -> str:
    """The hit that the visit begins with."""
    hits = hits_of_person(world, person, hit.counter)
    timeouts = [(at, seconds * SECOND) for at, seconds in world.timeouts.get(hit.counter, [])]
    return visits.first_hit_of_visit(hits, timeouts, visits.Hit(hit.id, hit.time)).id


def goals_in_order(world: World) -> list[str]:
    """Decided: of one hit's goals the one made first comes first."""
    return sorted(world.goals, key=lambda goal: (world.goals[goal][0].valid_from, goal))


def is_beyond_the_visits_limit(world: World, goal: str, hit: Hit) -> bool:
    """spec 2, rule 2: In one visit at most 400 conversions from online hits, over all goals of the
    counter. Taken in order of hit time, then hit id as bytes; rule 1 comes first.

    Decided: a reach without a person is in no visit.
    """
    person = person_of_hit(world, hit)
    if person is None or len(world.hits) * len(world.goals) <= world.visit_limit:
        return False
    goals = goals_in_order(world)
    before = 0
    for other in world.hits:
        if other.counter != hit.counter or person_of_hit(world, other) != person or other.robot:
            continue
        if visit_of(world, person, other) != visit_of(world, person, hit):
            continue
        for other_goal in goals:
            order = (other.time, other.id.encode(), goals.index(other_goal))
            if (
                order < (hit.time, hit.id.encode(), goals.index(goal))
                and why_no_reach(world, other_goal, other) is None
                and not is_second_in_its_second(world, other_goal, other)
            ):
                before += 1
    return before >= world.visit_limit


# --- 3. Active or inactive ------------------------------------------------------------------------


def is_active(world: World, conversation: ConversationKey, at: int) -> bool:
    """spec 3: status at *t* is `new` or `open` and the person's last public message is not older
    than the account's inactivity period; exactly that old is still active."""
    if status_at(world, conversation, at) not in ("new", "open"):
        return False
    of_person = [
        message
        for message in public_messages_until(world, conversation, at)
        if message.author_kind == "person"
    ]
    if not of_person:
        return False
    return at - of_person[-1].time <= inactivity_us(world, at)


# --- 4. Who could be credited ---------------------------------------------------------------------


def is_excluded(world: World, version: Version, channel: str, at: int) -> bool:
    """spec 4: channels that are not excluded; goals.md 1: not at third-party bot channels nor
    Unity; a goal may include them."""
    if version.include_all_channels:
        return False
    return channel_kind(world, channel, at) in ("third_party_bot", "unity")


def candidates(world: World, version: Version, person: Person | None, at: int) -> list[ConversationKey]:
    """spec 4: the conversations of the hit's person that had begun at *t* (an event of any kind),
    on channels that are not excluded. spec Facts: A missing person equals no other."""
    if person is None:
        return []
    return [
        conversation
        for conversation in all_conversations(world)
        if person_of_conversation(world, conversation) == person
        and events_until(world, conversation, at)
        and not is_excluded(world, version, conversation[0], at)
    ]


def passed_over(world: World, version: Version, agent: str, at: int) -> bool:
    return agent_kind(world, agent, at) == "bot" and not version.bots_eligible


def wrote_in_window(
    world: World, version: Version, conversation: ConversationKey, agent: str, at: int
) -> bool:
    """spec 4: a public message in it at or after *t* minus the window and not after *t*; the window
    is whole days of 24 hours. Decided: author kind agent or bot, author agent is that agent."""
    return any(
        message.author_agent == agent
        and message.author_kind in ("agent", "bot")
        and at - version.window_days * DAY <= message.time <= at
        for message in public_messages_until(world, conversation, at)
    )


def judge_candidate(world: World, version: Version, conversation: ConversationKey, at: int) -> Yield | str:
    """What the conversation yields; or, in words, the rule that dropped it."""
    assignments = assignments_until(world, conversation, at)

    # Whom the model looks at.
    if version.model == "first_touch":
        # spec 4: the first agent ever assigned (assignments to bots are passed over unless the
        # goal says bots are eligible). Decided: the agent's kind at *t*.
        considered = [
            assignment
            for assignment in assignments
            if assignment[1] is not None and not passed_over(world, version, assignment[1], at)
        ]
        if not considered:
            return "first touch: nobody but bots passed over was ever assigned"
        looked_at = considered[0]
    elif version.model == "last_touch":
        # spec 4: the agent assigned at *t* (nobody, or a bot that is not eligible: no credit).
        # spec 5: contact runs from the latest assignment event at or before *t*.
        if not assignments:
            return "last touch: never assigned"
        looked_at = assignments[-1]
        if looked_at[1] is None:
            return "last touch: assigned to nobody"
        if passed_over(world, version, looked_at[1], at):
            return "last touch: assigned to a bot"
    else:
        raise ValueError(version.model)
    assigned_at, agent, group = looked_at
    assert agent is not None

    # spec 4: That agent must be eligible: the assignment's group is one of V's groups; an
    # assignment without a group is eligible when the agent belongs, at *t*, to one of them.
    # Under first touch nobody inherits.
    if group is not None:
        if group not in version.groups:
            return "the assignment's group is not the goal's"
        recorded_group = group
    else:
        shared = [g for g in agent_groups(world, agent, at) if g in version.groups]
        if not shared:
            return "no group, and the agent belongs to none of the goal's"
        # Decided: the smallest, as bytes.
        recorded_group = min(shared, key=lambda g: g.encode())

    active = is_active(world, conversation, at)
    # spec 4: Active conversation: that is all. (A goal may ask that the window apply here too.)
    # Inactive: the agent must also have written in the window.
    must_have_written = version.window_on_active if active else True
    if must_have_written and not wrote_in_window(world, version, conversation, agent, at):
        if active:
            return "active, the window applies: no message in the window"
        return "inactive: no message in the window"

    return Yield(conversation, agent, recorded_group, active, assigned_at)


def winning_order(world: World, version: Version, conversation: ConversationKey, at: int):
    """spec 4: the one with the latest public message of the person or an agent (a bot's only where
    bots are eligible) at or before *t* wins; one without any comes last; on a tie the one begun
    later, then the greater (channel, ticket) as bytes."""
    instants = []
    for message in public_messages_until(world, conversation, at):
        if message.author_kind not in ("person", "agent", "bot"):
            continue  # the system
        if is_bots_message(world, message, at) and not version.bots_eligible:
            continue
        instants.append(message.time)
    has_any = bool(instants)
    latest = max(instants) if instants else 0
    begun = events_of(world, conversation)[0].time
    channel, ticket = conversation
    return (has_any, latest, begun, (channel.encode(), ticket.encode()))


# --- 5. What is recorded --------------------------------------------------------------------------


def judge_hit(world: World, goal: str, hit: Hit) -> tuple[Row | None, str, list[str]]:
    """The row of one goal and hit (None: no reach); why, in words; what each candidate gave."""
    refusal = why_no_reach(world, goal, hit)
    if refusal is not None:
        return None, refusal, []

    index = version_in_force(world, goal, hit.time)
    assert index is not None
    version = world.goals[goal][index]
    at = hit.time

    def row(outcome: str, won: Yield | None = None) -> Row:
        return Row(
            goal=goal,
            version=index,
            counter=hit.counter,
            hit=hit.id,
            time=at,
            outcome=outcome,
            channel=won.conversation[0] if won else None,
            ticket=won.conversation[1] if won else None,
            agent=won.agent if won else None,
            # spec 5: agent (with the name and e-mail as they were at *t*)
            agent_name=agent_name(world, won.agent, at) if won else None,
            agent_email=agent_email(world, won.agent, at) if won else None,
            group=won.group if won else None,
            model=version.model if won else None,
            active=won.active if won else None,
            # spec 5: contact duration = *t* minus the instant of the assignment by which the agent
            # holds it
            contact_us=at - won.assigned_at if won else None,
            value=version.value,
        )

    if is_second_in_its_second(world, goal, hit):
        return row("dropped_second"), "dropped: not the first of its second", []

    if is_beyond_the_visits_limit(world, goal, hit):
        return row("dropped_visit"), "dropped: beyond the limit of its visit", []

    person = person_of_hit(world, hit)
    if person is None:
        return row("uncredited"), "uncredited: no person", []
    found = candidates(world, version, person, at)
    if not found:
        return row("uncredited"), "uncredited: no candidate", []

    judged = [judge_candidate(world, version, conversation, at) for conversation in found]
    words = [verdict if isinstance(verdict, str) else "yields an agent" for verdict in judged]
    yielding = [verdict for verdict in judged if isinstance(verdict, Yield)]
    if not yielding:
        return row("uncredited"), "uncredited: nobody eligible", words
    # spec 4: Among the conversations that yield an agent ...
    won = max(yielding, key=lambda y: winning_order(world, version, y.conversation, at))
    why = "credited, " + ("active" if won.active else "inactive")
    if len(yielding) > 1:
        why += ", among several"
    return row("credited", won), why, words


def judge(world: World) -> list[Row]:
    rows = []
    for goal in world.goals:
        for hit in world.hits:
            row, _, _ = judge_hit(world, goal, hit)
            if row is not None:
                rows.append(row)
    rows.sort(key=lambda r: (r.goal, r.time, r.counter, r.hit.encode()))
    return rows
