"""The plain oracle against the worked examples and each sentence of attribution.md 1 to 5."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest

from . import plain
from .examples import (
    CLIENT,
    COUNTER,
    EXAMPLES,
    FIRST,
    GOAL,
    T,
    agent_writes,
    assigned,
    person_writes,
    status,
    version,
    world,
)
from .world import (
    DAY,
    EPOCH,
    HOUR,
    MINUTE,
    SECOND,
    UNCHANGED,
    Account,
    Event,
    Hit,
    Link,
    Recorded,
    from_json,
    random_world,
    to_json,
)


def only(w):
    rows = plain.judge(w)
    assert len(rows) == 1
    return rows[0]


def who(w):
    return only(w).agent


def human(**more):
    return [(T - 60 * DAY, {"kind": "human", "groups": ("sales",), **more})]


def bot(**more):
    return human(**{**more, "kind": "bot"})


def hit(id="h1", at=T, url="https://shop.example/thanks", counter=COUNTER, **more):
    more = {"client_id": CLIENT, **more}
    return Hit(id, counter, at, url=url, **more)


@pytest.mark.parametrize(
    ("number", "example", "expected"), EXAMPLES, ids=[f"{e[0]}-{i}" for i, e in enumerate(EXAMPLES)]
)
def test_worked_examples(number, example, expected):
    row = only(example)
    assert {name: getattr(row, name) for name in expected} == expected


def test_every_worked_example_is_there():
    assert {number for number, _, _ in EXAMPLES} == set(range(1, 16))


# --- Facts ---


def test_order_of_events_is_time_seq_id_bytes():
    def held_by(first, second):
        return who(world(person_writes(MINUTE), first, second))

    # seq before id; no seq is 0; ids as bytes ("10" < "9", "Z" < "a" < "é").
    assert held_by(assigned(HOUR, "Ana", id="z"), assigned(HOUR, "Ben", id="a", seq=1)) == "Ben"
    assert held_by(assigned(HOUR, "Ana", id="z", seq=0), assigned(HOUR, "Ben", id="a")) == "Ana"
    assert held_by(assigned(HOUR, "Ana", seq=9, id="a"), assigned(HOUR, "Ben", seq=10, id="a2")) == ("Ben")
    assert held_by(assigned(HOUR, "Ana", id="9"), assigned(HOUR, "Ben", id="10")) == "Ana"
    assert held_by(assigned(HOUR, "Ana", id="a"), assigned(HOUR, "Ben", id="Z")) == "Ana"
    assert held_by(assigned(HOUR, "Ana", id="é"), assigned(HOUR, "Ben", id="z")) == "Ana"


def test_without_a_status_event_new_and_messages_change_no_status():
    events = [assigned(HOUR, "Ana"), person_writes(MINUTE)]
    assert only(world(*events)).active is True
    events = [assigned(HOUR, "Ana"), status(2 * MINUTE, "solved"), person_writes(MINUTE)]
    assert who(world(*events)) is None


def test_before_the_first_recorded_value_the_first():
    late = {"Ana": [(T + DAY, {"name": "Anna", "groups": ("sales",)})], "Ben": human()}
    row = only(world(assigned(HOUR, "Ana", None), person_writes(MINUTE), agents=late))
    assert (row.agent, row.agent_name, row.group) == ("Ana", "Anna", "sales")


def test_the_value_in_force_at_t_counts_from_its_very_instant():
    for at, expected in [(T, "new"), (T + 1, "old")]:
        agents = {"Ana": [*human(name="old"), (at, {"name": "new"})]}
        events = [assigned(HOUR, "Ana"), person_writes(MINUTE)]
        assert only(world(*events, agents=agents)).agent_name == expected


def test_the_blanks_of_a_placeholder_are_no_value():
    agents = {"Ana": [(T - DAY, {}), (T + DAY, {"groups": ("sales",), "email": "a@b.example"})]}
    row = only(world(assigned(HOUR, "Ana", None), person_writes(MINUTE), agents=agents))
    assert (row.agent, row.agent_name, row.agent_email) == ("Ana", "", "a@b.example")
    agents = {"Ana": []}
    assert who(world(assigned(HOUR, "Ana"), person_writes(MINUTE), agents=agents)) == "Ana"
    assert who(world(assigned(HOUR, "Ana", None), person_writes(MINUTE), agents=agents)) is None


def test_nothing_after_t_exists_and_everything_at_t_does():
    assert who(world(assigned(-1, "Ana"), person_writes(0))) is None
    assert who(world(assigned(0, "Ana"), person_writes(-1))) is None
    assert who(world(assigned(0, "Ana"), person_writes(0))) == "Ana"
    assert who(world(assigned(0, "Ana"), person_writes(0), status(-1, "solved"))) == "Ana"
    assert who(world(assigned(0, "Ana"), person_writes(0), status(0, "solved"))) is None


def test_a_missing_person_is_judged_and_stays_uncredited():
    nobody = Event("e", "web", "1", T - HOUR, type="assignment", agent="Ana", group="sales")
    w = world(hits=[hit(client_id=None)])
    w.events = [nobody, Event("f", "web", "1", T - 1, author_kind="person")]
    assert only(w).outcome == "uncredited"
    w.hits = [hit()]
    assert only(w).outcome == "uncredited"


# --- Identities (visitors.md) ---


def test_a_client_belongs_to_its_latest_link_at_or_before_t():
    events = [assigned(HOUR, "Ana", user_id="u1"), person_writes(MINUTE, user_id="u1")]

    def with_links(*links):
        return who(world(*events, links=[Link(CLIENT, u, T + at) for u, at in links]))

    assert with_links() is None
    assert with_links(("u1", -HOUR)) == "Ana"
    assert with_links(("u1", -HOUR), ("u2", -MINUTE)) is None
    assert with_links(("u1", -HOUR), ("u2", 1)) == "Ana"
    assert with_links(("u2", -HOUR), ("u1", 0)) == "Ana"
    # Before its first link, to that link's user ID.
    assert with_links(("u1", DAY), ("u2", 2 * DAY)) == "Ana"
    assert with_links(("u2", DAY), ("u1", 2 * DAY)) is None
    # At one instant the greater user ID, as bytes.
    assert with_links(("u0", -HOUR), ("u1", -HOUR)) == "Ana"
    assert with_links(("u1", -HOUR), ("u10", -HOUR)) is None
    assert with_links(("u1", DAY), ("U2", DAY)) == "Ana"
    assert with_links(("u1", DAY), ("é", DAY)) is None


def test_hits_and_events_that_name_both_link():
    events = [assigned(HOUR, "Ana", user_id="u1"), person_writes(MINUTE, user_id="u1")]
    both = hit("h2", T - DAY, "https://shop.example/", user_id="u1")
    assert who(world(*events, hits=[hit(), both])) == "Ana"
    both.robot = True
    assert who(world(*events, hits=[hit(), both])) == "Ana"
    other = agent_writes(DAY, "Ben", ticket="7", client_id=CLIENT, user_id="u1")
    assert who(world(*events, other)) == "Ana"


def test_the_user_id_of_a_hit_outweighs_its_client_id():
    events = [assigned(HOUR, "Ana"), person_writes(MINUTE)]
    assert who(world(*events)) == "Ana"
    assert who(world(*events, hits=[hit(user_id="u1")])) == "Ana"  # joins what went before
    later = [Link(CLIENT, "u2", T - 2 * DAY)]
    assert who(world(*events, hits=[hit(user_id="u1")], links=later)) is None


def test_a_conversation_belongs_to_the_identity_it_named_first():
    events = [
        assigned(HOUR, "Ana", user_id="u9", seq=2),
        person_writes(HOUR, client_id=CLIENT, seq=1),
        person_writes(MINUTE, user_id="u9"),
    ]
    assert who(world(*events)) == "Ana"
    # As whose the client ID is at that event's time.
    handed_over = [Link(CLIENT, "u1", T - DAY), Link(CLIENT, "u2", T - MINUTE)]
    assert who(world(*events, links=handed_over)) is None
    assert who(world(*events, links=handed_over, hits=[hit(user_id="u1")])) == "Ana"
    # Timeless: named only after t.
    w = world(assigned(HOUR, "Ana"), person_writes(MINUTE), person_writes(-DAY))
    for event in w.events[:2]:
        event.client_id = None
    assert who(w) == "Ana"


# --- 1. Which hits are reaches ---


def reached(**changes):
    return bool(plain.judge(world(**changes)))


def matches(value, url, operator="contains"):
    return reached(hits=[hit(url=url)], conditions=[(operator, value)])


def test_the_version_in_force_at_t_judges():
    def versions(*changes):
        return world(goals={GOAL: [version(**c) for c in changes]})

    assert plain.judge(versions({"valid_from": T + 1})) == []
    assert only(versions({"valid_from": T})).version == 0
    edited = {"valid_from": T, "value": Decimal("2.00")}
    assert only(versions({"value": Decimal("1.00")}, edited)).value == Decimal("2.00")
    edited["valid_from"] = T + 1
    assert only(versions({"value": Decimal("1.00")}, edited)).value == Decimal("1.00")
    assert plain.judge(versions({}, {"valid_from": T, "active": False})) == []
    assert only(versions({"active": False}, {"valid_from": T})).version == 1


def test_local_dates_both_inclusive():
    midnight = dt.datetime(2026, 6, 10, 22, tzinfo=dt.UTC)  # of June 11, in Berlin
    at = (midnight - EPOCH) // dt.timedelta(microseconds=1)
    account = Account(settings=[(T - DAY, {"timezone": "Europe/Berlin"})])
    tenth, eleventh = dt.date(2026, 6, 10), dt.date(2026, 6, 11)
    assert reached(account=account, hits=[hit(at=at)], start_date=eleventh)
    assert not reached(account=account, hits=[hit(at=at - 1)], start_date=eleventh)
    assert reached(account=account, hits=[hit(at=at - 1)], start_date=tenth, end_date=tenth)
    assert not reached(account=account, hits=[hit(at=at)], end_date=tenth)
    # The time zone in force at the hit.
    account = Account(settings=[(T - DAY, {"timezone": "UTC"}), (at, {"timezone": "Asia/Tokyo"})])
    assert reached(account=account, hits=[hit(at=at)], start_date=eleventh)
    account.settings[1] = (at + 1, {"timezone": "Asia/Tokyo"})
    assert not reached(account=account, hits=[hit(at=at)], start_date=eleventh)


def test_any_condition_is_enough_and_robots_and_events_make_no_reach():
    assert reached(conditions=[("contains", "nowhere"), ("contains", "thanks")])
    assert not reached(conditions=[("contains", "nowhere"), ("contains", "Thanks")])
    assert not reached(hits=[hit(robot=True)])
    assert not reached(hits=[hit(type="event")])


def test_normalised_url():
    assert matches("https://shop.example/A%2fb", "HTTPS://SHOP.example:443/x/../A%2Fb", "is")
    assert not matches("https://shop.example/a", "https://shop.example/A", "is")
    assert not matches("https://shop.example/a", "https://shop.example/a#x", "is")
    assert not matches("https://shop.example/a", "https://shop.example/a/", "is")
    assert not matches("https://shop.example/a?b=c&d", "https://shop.example/a?d&b=c", "is")
    assert matches("#x", "https://shop.example/a#x")
    assert not matches("https://shop.example/%41", "https://shop.example/A", "is")
    assert matches("https://münchen.example/ö", "https://xn--mnchen-3ya.example/%c3%b6", "is")
    assert matches("odd url/ä%c3", "odd url/ä%c3", "is")
    assert not matches("odd url/%c3", "odd url/%C3", "is")


def test_contains_as_typed_or_encoded():
    assert matches("größe 1", "https://shop.example/größe 1")
    assert matches("gr%c3%b6ße", "https://shop.example/gr%C3%B6%c3%9fe")
    assert matches("a b", "not a url a b")
    assert matches("%2F", "https://shop.example/x%2fy")
    assert matches("%2f", "https://shop.example/x%2fy")
    assert not matches("x/y", "https://shop.example/x%2fy")
    assert matches("%2f", "not a url x%2Fy")  # encoded, its digits are in upper case
    assert not matches("%2F", "not a url x%2fy")
    assert matches("%2f", "not a url x%2fy")  # as typed


# --- 2. Which reaches are conversions ---


def outcomes(*hits, **changes):
    rows = plain.judge(world(hits=list(hits), **changes))
    return {row.hit: row.outcome for row in rows}


def test_once_a_calendar_second():
    kept, dropped = "uncredited", "dropped_second"
    assert outcomes(hit("a"), hit("b", T + SECOND - 1)) == {"a": kept, "b": dropped}
    assert outcomes(hit("a"), hit("b", T + SECOND)) == {"a": kept, "b": kept}
    assert outcomes(hit("a"), hit("b", T - 1)) == {"a": kept, "b": kept}
    # By time, then id as bytes.
    assert outcomes(hit("a", T + 1), hit("b")) == {"b": kept, "a": dropped}
    assert outcomes(hit("9"), hit("10")) == {"10": kept, "9": dropped}
    assert outcomes(hit("a"), hit("Z"), hit("é")) == {"Z": kept, "a": dropped, "é": dropped}
    # Another counter, another person, no person.
    assert outcomes(hit("a"), hit("b", counter=102)) == {"a": kept, "b": kept}
    assert outcomes(hit("a"), hit("b", client_id="2")) == {"a": kept, "b": kept}
    assert outcomes(hit("a", client_id=None), hit("b", client_id=None)) == {"a": kept, "b": kept}
    # One person by two client IDs.
    links = [Link(c, "u1", T + DAY) for c in (CLIENT, "2")]
    assert outcomes(hit("a"), hit("b", client_id="2"), links=links) == {"a": kept, "b": dropped}
    # What is no reach takes no second.
    assert outcomes(hit("a", robot=True), hit("b")) == {"b": kept}
    assert outcomes(hit("a", url="/"), hit("b")) == {"b": kept}


def test_the_second_is_of_the_goal_not_of_the_version():
    goals = {GOAL: [version(), version(valid_from=T + 1)], "other": [version()]}
    rows = plain.judge(world(hits=[hit("a"), hit("b", T + 1)], goals=goals))
    assert [(r.goal, r.version, r.hit, r.outcome) for r in rows] == [
        ("other", 0, "a", "uncredited"),
        ("other", 0, "b", "dropped_second"),
        (GOAL, 0, "a", "uncredited"),
        (GOAL, 1, "b", "dropped_second"),
    ]


# --- 3. Active or inactive ---


@pytest.mark.parametrize("value", ["new", "open", "pending", "hold", "solved", "closed"])
def test_active_when_new_or_open(value):
    w = world(assigned(HOUR, "Ana"), agent_writes(HOUR, "Ana"), person_writes(5), status(1, value))
    assert only(w).active is (value in ("new", "open"))


def test_a_reopened_conversation_is_active_again():
    events = [assigned(HOUR, "Ana"), person_writes(MINUTE), status(9, "solved"), status(8, "open")]
    assert only(world(*events)).active is True


def test_only_public_messages_of_the_person_keep_it_active():
    def active(*events):
        return only(world(assigned(HOUR, "Ana"), agent_writes(HOUR, "Ana"), *events)).active

    assert active() is False
    assert active(agent_writes(MINUTE, "Ana")) is False
    assert active(person_writes(MINUTE, public=False)) is False
    assert active(person_writes(HOUR)) is False
    assert active(person_writes(HOUR), person_writes(MINUTE)) is True


def test_the_inactivity_in_force_at_t():
    events = [assigned(HOUR, "Ana"), agent_writes(HOUR, "Ana"), person_writes(MINUTE)]
    for at, expected in [(T, False), (T + 1, True)]:
        settings = [(T - DAY, {"inactivity_s": 60}), (at, {"inactivity_s": 59})]
        assert only(world(*events, account=Account(settings=settings))).active is expected
    assert only(world(*events, account=Account())).active is True  # the default


# --- 4. Who could be credited ---


def test_excluded_channels():
    events = [assigned(HOUR, "Ana"), person_writes(MINUTE)]
    for kind in ("third_party_bot", "unity"):
        channels = {"web": [(T - DAY, {"kind": "web"}), (T, {"kind": kind})]}
        assert who(world(*events, channels=channels)) is None
        assert who(world(*events, channels=channels, include_all_channels=True)) == "Ana"
        channels = {"web": [(T - DAY, {"kind": kind}), (T, {"kind": "web"})]}
        assert who(world(*events, channels=channels)) == "Ana"
    histories: list[Recorded] = [[], [(T - DAY, {})], [(T - DAY, {"kind": "unheard_of"})]]
    for recorded in histories:
        assert who(world(*events, channels={"web": recorded})) == "Ana"


def test_bots_are_passed_over_unless_eligible():
    agents = {"Ana": human(), "Robby": bot()}
    after = [assigned(2 * HOUR, "Robby"), assigned(HOUR, "Ana"), person_writes(MINUTE)]
    assert who(world(*after, agents=agents, **FIRST)) == "Ana"
    assert who(world(*after, agents=agents, bots_eligible=True, **FIRST)) == "Robby"
    holds = [assigned(2 * HOUR, "Ana"), assigned(HOUR, "Robby"), person_writes(MINUTE)]
    assert who(world(*holds, agents=agents)) is None
    assert who(world(*holds, agents=agents, bots_eligible=True)) == "Robby"
    # The kind in force at t.
    agents["Robby"] = [*bot(), (T, {"kind": "human"})]
    assert who(world(*after, agents=agents, **FIRST)) == "Robby"
    assert who(world(*holds, agents=agents)) == "Robby"


def test_first_touch_passes_over_nobody_and_keeps_to_its_own_assignment():
    row = only(
        world(
            assigned(3 * HOUR, None, "support"),
            assigned(2 * HOUR, "Ana", "sales"),
            assigned(HOUR, "Ana", "support"),
            person_writes(MINUTE),
            **FIRST,
        )
    )
    assert (row.agent, row.group, row.contact_us) == ("Ana", "sales", 2 * HOUR)


def test_nobody_inherits_a_first_touch():
    events = [assigned(2 * HOUR, "Ana", "support"), assigned(HOUR, "Ben"), person_writes(MINUTE)]
    assert who(world(*events, **FIRST)) is None
    assert who(world(*events)) == "Ben"
    assert who(world(person_writes(MINUTE), **FIRST)) is None
    assert who(world(person_writes(MINUTE))) is None


def test_a_part_left_unchanged_says_what_went_before():
    events = [
        assigned(4 * HOUR, "Ana"),
        assigned(3 * HOUR, UNCHANGED, "support"),
        assigned(2 * HOUR, UNCHANGED, "sales"),
        person_writes(MINUTE),
    ]
    row = only(world(*events))
    assert (row.agent, row.contact_us) == ("Ana", 2 * HOUR)
    assert only(world(*events, **FIRST)).contact_us == 4 * HOUR
    assert who(world(*events[:2], events[3])) is None
    row = only(world(*events, assigned(HOUR, "Ben", UNCHANGED)))
    assert (row.agent, row.group, row.contact_us) == ("Ben", "sales", HOUR)
    # Before any assignment there is nobody, and no group.
    assert who(world(assigned(HOUR, UNCHANGED, "sales"), person_writes(MINUTE))) is None
    assert who(world(assigned(HOUR, "Ana", UNCHANGED), person_writes(MINUTE))) == "Ana"
    # By (time, seq, id), not by arrival.
    late = [assigned(HOUR, UNCHANGED, UNCHANGED, id="b"), assigned(HOUR, "Ana", id="a")]
    assert who(world(person_writes(MINUTE), *late)) == "Ana"


def test_a_group_of_the_assignment_decides_alone():
    agents = {"Ana": [(T - DAY, {"groups": ()})]}
    events = [assigned(HOUR, "Ana", "sales"), person_writes(MINUTE)]
    assert who(world(*events, agents=agents)) == "Ana"
    events = [assigned(HOUR, "Ana", "support"), person_writes(MINUTE)]
    assert who(world(*events)) is None  # though Ana belongs to sales


def test_membership_at_t_and_the_group_recorded():
    events = [assigned(HOUR, "Ana", None), person_writes(MINUTE)]
    for at, expected in [(T, None), (T + 1, "Ana")]:
        agents = {"Ana": [*human(), (at, {"groups": ("support",)})]}
        assert who(world(*events, agents=agents)) == expected
    agents = {"Ana": [(T, {"groups": ("b", "é", "a", "Z", "A")})]}
    groups = frozenset({"é", "b", "a", "Z"})
    assert only(world(*events, agents=agents, groups=groups)).group == "Z"


def test_active_needs_no_message_unless_the_goal_says_so():
    events = [assigned(HOUR, "Ana"), person_writes(MINUTE)]
    assert who(world(*events)) == "Ana"
    assert who(world(*events, window_on_active=True)) is None
    row = only(world(*events, agent_writes(DAY, "Ana"), window_on_active=True, window_days=1))
    assert (row.agent, row.active) == ("Ana", True)
    late = agent_writes(DAY + 1, "Ana")
    assert who(world(*events, late, window_on_active=True, window_days=1)) is None


def test_inactive_needs_a_public_message_of_that_agent_in_that_conversation():
    def credit(*messages, **changes):
        return who(world(assigned(3 * DAY, "Ana"), *messages, **changes))

    assert credit(agent_writes(1, "Ana")) == "Ana"
    assert credit(agent_writes(0, "Ana")) == "Ana"
    assert credit(agent_writes(-1, "Ana")) is None
    assert credit(agent_writes(1, "Ben")) is None
    assert credit(agent_writes(1, None)) is None
    assert credit(agent_writes(1, "Ana", ticket="2")) is None
    assert credit(agent_writes(1, "Ana", public=False)) is None
    assert credit(agent_writes(1, "Ana", author_kind="bot")) == "Ana"
    assert credit(agent_writes(1, "Ana", author_kind="system")) is None
    assert credit(agent_writes(4 * DAY, "Ana")) == "Ana"  # written before being assigned
    # Days of 24 hours, over a change of the clocks too.
    spring = (dt.datetime(2026, 3, 29, 12, tzinfo=dt.UTC) - EPOCH) // dt.timedelta(microseconds=1)
    for before, expected in [(DAY, "Ana"), (DAY + 1, None)]:
        w = world(
            assigned(T - spring + 2 * DAY, "Ana"),
            agent_writes(T - spring + before, "Ana"),
            hits=[hit(at=spring)],
            window_days=1,
            valid_from=0,
            account=Account(settings=[(0, {"timezone": "Europe/Berlin"})]),
        )
        assert who(w) == expected


def two(*events, **changes):
    """Two conversations, Ana's web/1 and Ben's web/2, both written in two days ago."""
    return who(
        world(
            assigned(3 * DAY, "Ana"),
            assigned(3 * DAY, "Ben", ticket="2"),
            agent_writes(2 * DAY, "Ana"),
            agent_writes(2 * DAY, "Ben", ticket="2"),
            *events,
            **changes,
        )
    )


def test_the_latest_public_message_of_the_person_or_an_agent_wins():
    assert two(agent_writes(DAY, "Ana")) == "Ana"
    assert two(person_writes(DAY)) == "Ana"
    assert two(agent_writes(DAY, "Ben")) == "Ana"  # any agent's
    assert two(agent_writes(DAY, None)) == "Ana"
    assert two(person_writes(DAY), agent_writes(DAY - 1, "Ben", ticket="2")) == "Ben"
    # None of these counts, so the greater (channel, ticket) wins.
    assert two(agent_writes(DAY, "Ana", public=False)) == "Ben"
    assert two(person_writes(DAY, public=False)) == "Ben"
    assert two(agent_writes(DAY, None, author_kind="system")) == "Ben"
    assert two(person_writes(-1)) == "Ben"
    assert two(status(DAY, "open")) == "Ben"


def test_a_bots_message_competes_only_where_bots_are_eligible():
    agents = {"Ana": human(), "Ben": human(), "Robby": bot()}
    for message in (
        {"agent": None, "author_kind": "bot"},
        {"agent": "Ana", "author_kind": "bot"},
        {"agent": "Robby", "author_kind": "agent"},
    ):
        for eligible, expected in [(False, "Ben"), (True, "Ana")]:
            said = agent_writes(DAY, **message)
            assert two(said, agents=agents, bots_eligible=eligible) == expected
    # The kind in force at t.
    agents["Robby"] = [*bot(), (T, {"kind": "human"})]
    assert two(agent_writes(DAY, "Robby"), agents=agents) == "Ana"


def test_one_without_any_message_comes_last():
    # Ben's conversation has only a message that does not compete, and yet is in the window.
    silent = [assigned(HOUR, "Ben", ticket="2"), agent_writes(1, "Ben", "2", author_kind="bot")]
    spoken = [assigned(3 * DAY, "Ana"), agent_writes(2 * DAY, "Ana")]
    assert who(world(*silent, *spoken)) == "Ana"
    assert who(world(*silent)) == "Ben"


def test_on_a_tie_the_one_begun_later_then_the_greater_channel_and_ticket():
    assert two() == "Ben"
    assert two(Event("", "web", "2", T - 4 * DAY, type="tag")) == "Ana"  # begun earlier

    def pair(first, second):
        events = []
        for (channel, ticket), agent in ((first, "Ana"), (second, "Ben")):
            for event in (assigned(DAY, agent), agent_writes(HOUR, agent)):
                event.channel, event.ticket = channel, ticket
                events.append(event)
        return who(world(*events))

    assert pair(("web", "9"), ("web", "10")) == "Ana"
    assert pair(("web", "a"), ("web", "Z")) == "Ana"
    assert pair(("web", "é"), ("web", "z")) == "Ana"
    assert pair(("we", "z"), ("web", "a")) == "Ben"
    assert pair(("web2", "1"), ("web", "9")) == "Ana"


# --- 5. What is recorded ---


def test_a_credit_says_everything():
    w = world(assigned(HOUR, "Ana"), person_writes(MINUTE), value=Decimal("9.90"))
    assert only(w) == plain.Row(
        goal=GOAL,
        version=0,
        counter=COUNTER,
        hit="h1",
        time=T,
        outcome="credited",
        channel="web",
        ticket="1",
        agent="Ana",
        agent_name="Ana",
        agent_email="ana@shop.example",
        group="sales",
        model="last_touch",
        active=True,
        contact_us=HOUR,
        value=Decimal("9.90"),
    )


def test_contact_runs_from_the_latest_assignment_event_whatever_it_changed():
    events = [
        assigned(HOUR, "Ana"),
        assigned(2 * MINUTE, UNCHANGED, UNCHANGED),
        person_writes(MINUTE),
    ]
    assert only(world(*events)).contact_us == 2 * MINUTE
    assert only(world(*events, **FIRST)).contact_us == HOUR


# --- Random worlds ---


@pytest.mark.parametrize("seed", range(25))
def test_arrival_changes_nothing_and_json_keeps_everything(seed):
    rng = random.Random(seed)
    w = random_world(rng)
    assert from_json(to_json(w)) == w
    rows = plain.judge(w)
    for facts in (w.hits, w.events, w.links):
        rng.shuffle(facts)
    w.goals = dict(reversed(w.goals.items()))
    assert plain.judge(w) == rows


def test_a_random_world_comes_again():
    assert random_world(random.Random(5)) == random_world(random.Random(5))


def test_random_worlds_are_sound():
    """What every reader of a world may rely on."""
    for seed in range(100):
        w = random_world(random.Random(seed))
        for ids in ([h.id for h in w.hits], [e.id for e in w.events]):
            assert len(ids) == len(set(ids))
        for event in w.events:
            assert {event.agent, event.author_agent} <= {*w.agents, None, UNCHANGED}
            assert event.channel in w.channels
            assert event.type != "message" or event.author_kind
            assert event.type != "status" or event.status
        for versions in w.goals.values():
            instants = [v.valid_from for v in versions]
            assert instants == sorted(set(instants))
            for v in versions:
                assert v.groups and v.conditions and 1 <= v.window_days <= 90
                assert not (v.start_date and v.end_date) or v.start_date <= v.end_date
        for recorded in [w.account.settings, *w.agents.values(), *w.channels.values()]:
            instants = [at for at, _ in recorded]
            assert instants == sorted(set(instants))
        assert {h.counter for h in w.hits} <= set(w.counters)


def test_credits_are_common():
    outcomes = [r.outcome for seed in range(150) for r in plain.judge(random_world(random.Random(seed)))]
    assert outcomes.count("credited") > 0.2 * len(outcomes)
