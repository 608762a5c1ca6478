"""Whom identities belong to. (Random worlds against a plain second writing: tests/conversions.)"""

from datetime import UTC, datetime, timedelta

from apps.people.owners import LinkAt, Owners, TieAt

T0 = datetime(2026, 5, 4, 12, tzinfo=UTC)
U1, U2, C1, C2, TELEGRAM, WHATSAPP = 1, 2, 11, 12, 21, 22
OWN = {one: one * 100 for one in (U1, U2, C1, C2, TELEGRAM, WHATSAPP)}


def at(minutes: int) -> datetime:
    return T0 + timedelta(minutes=minutes)


def tie(one: int, other: int, minutes: int) -> TieAt:
    return TieAt(at(minutes), ((one, b""), (other, b"")), one, other)


def owners(*, links: list[tuple[int, int, int]] = [], ties: list[tuple[int, int, int]] = []) -> Owners:  # noqa: B006 (read only)
    return Owners(
        own=OWN,
        links=[LinkAt(client, at(when), str(user).encode(), OWN[user]) for client, user, when in links],
        ties=[tie(*one) for one in ties],
        users={U1, U2},
    )


def test_an_account_belongs_to_whom_it_was_first_linked_to() -> None:
    who = owners(ties=[(TELEGRAM, U2, 2), (TELEGRAM, U1, 1)])
    assert [who.person(TELEGRAM, at(minute)) for minute in (0, 1, 5)] == [OWN[U1]] * 3


def test_linked_through_a_client_id_it_belongs_to_its_owner_at_that_instant() -> None:
    links = [(C1, U1, 0), (C1, U2, 10)]
    assert owners(links=links, ties=[(TELEGRAM, C1, 9)]).person(TELEGRAM, at(99)) == OWN[U1]
    assert owners(links=links, ties=[(TELEGRAM, C1, 10)]).person(TELEGRAM, at(0)) == OWN[U2]


def test_without_a_user_id_browsers_and_accounts_tied_together_are_one_person() -> None:
    who = owners(ties=[(C1, TELEGRAM, 1), (C2, TELEGRAM, 2), (C2, WHATSAPP, 3)])
    assert {who.person(one, at(0)) for one in (C1, C2, TELEGRAM, WHATSAPP)} == {OWN[C1]}


def test_a_group_keeps_the_first_user_id_that_it_meets() -> None:
    who = owners(ties=[(C1, TELEGRAM, 1), (TELEGRAM, U2, 2), (C1, U1, 3)])
    assert {who.person(one, at(0)) for one in (C1, TELEGRAM)} == {OWN[U2]}


def test_two_groups_with_user_ids_never_become_one() -> None:
    who = owners(ties=[(TELEGRAM, U1, 1), (WHATSAPP, U2, 1), (TELEGRAM, WHATSAPP, 2)])
    assert (who.person(TELEGRAM, at(9)), who.person(WHATSAPP, at(9))) == (OWN[U1], OWN[U2])


def test_stretches_say_when_a_shared_browser_was_whose() -> None:
    who = owners(links=[(C1, U1, 0), (C1, U2, 10), (C1, U1, 20), (C1, U1, 30)])
    assert who.stretches(C1, OWN[U1]) == [(None, at(10)), (at(20), None)]
    assert who.stretches(C1, OWN[U2]) == [(at(10), at(20))]
    assert who.latest(C1) == OWN[U1]
    assert who.stretches(C2, OWN[C2]) == [(None, None)]


def test_an_identity_that_never_changes_hands_is_somebodys_always() -> None:
    who = owners(links=[(C1, U1, 0), (C1, U1, 5), (C2, U1, 0), (C2, U2, 5)], ties=[(TELEGRAM, C1, 9)])
    assert [who.always(one) for one in OWN] == [100, 200, 100, None, 100, 2200]
