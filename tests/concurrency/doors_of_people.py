"""People: merges and links, by hand and by facts."""

from datetime import timedelta

from apps.core import clock
from apps.intake import services as intake
from apps.people.models import Identity, Link, Merge, Tie
from apps.people.selectors import owners
from tests.concurrency.doors import Case, door
from tests.concurrency.shop import Shop, statuses

OF_MERGES = "identities of both people locked by number, judged again; merge_open_pair"
OF_LINKS = "identities and what is tied to them locked by number, judged again"


def merge_path(person: int) -> str:
    return f"people/{person}/merge/"


def check_owners(shop: Shop) -> None:
    """Each identity's row says what follows from links and ties."""
    rows = {row.pk: row for row in Identity.objects.filter(account=shop.account)}
    who = owners(account_id=shop.account.pk, identities=list(rows))
    assert {pk: row.owner_id or row.person_id for pk, row in rows.items()} == {
        pk: who.latest(pk) for pk in rows
    }


def open_merges(shop: Shop) -> int:
    return Merge.objects.filter(account=shop.account, undone_at=None).count()


@door("POST people/{id}/merge/: one pair, from both sides", OF_MERGES)
def one_pair(shop: Shop) -> Case:
    one, other = shop.say(client_id="11"), shop.say(telegram="7001")
    answers = (
        yield [
            shop.act("POST", merge_path(one), {"person": other}),
            shop.act("POST", merge_path(other), {"person": one}),
        ]
        * 20
    )
    assert statuses(answers) == {201: 1, 409: 39}
    (merge,) = Merge.objects.filter(account=shop.account)
    assert len(Tie.objects.filter(account=shop.account, source=f"merge:{merge.pk}")) == 1
    assert shop.owner_of("11") == shop.owner_of("7001") == merge.kept_id
    check_owners(shop)


@door("POST people/{id}/merge/: people with a user ID each and the same third", OF_MERGES)
def same_third(shop: Shop) -> Case:
    third = shop.say(client_id="11")
    signed_in = shop.say_all(*({"user_id": f"u{n}"} for n in range(40)))
    answers = yield [shop.act("POST", merge_path(one), {"person": third}) for one in signed_in]
    assert statuses(answers) == {201: 1, 409: 39}
    (merge,) = Merge.objects.filter(account=shop.account)
    assert shop.owner_of("11") == merge.kept_id
    check_owners(shop)


@door("POST people/{id}/merge/: a ring", OF_MERGES)
def ring(shop: Shop) -> Case:
    people = shop.say_all(*({"client_id": f"{n}"} for n in range(10, 20)))
    answers = yield [
        shop.act(
            "POST",
            merge_path(people[n % 10]),
            {"person": people[(n + 1) % 10]},
            **{"Idempotency-Key": f"{n}"},
        )
        for n in range(40)
    ]
    assert statuses(answers) == {201: 9, 409: 31}
    assert open_merges(shop) == 9
    assert len({shop.owner_of(f"{n}") for n in range(10, 20)}) == 1
    check_owners(shop)
    shop_merges = Merge.objects.filter(account=shop.account).values_list("pk", flat=True)
    for number in shop_merges:
        intake.undo_merge(account_id=shop.account.pk, merge_id=number, user_id=None)
    assert len({shop.owner_of(f"{n}") for n in range(10, 20)}) == 10


@door("DELETE people/{id}/merges/{merge}/", "the merge's row, then the identities")
def undo_one(shop: Shop) -> Case:
    one, other = shop.say(client_id="11"), shop.say(telegram="7001")
    merge = shop.made(merge_path(one), {"person": other})
    answers = yield [shop.act("DELETE", f"people/{one}/merges/{merge['id']}/")] * 40
    assert statuses(answers) == {200: 1, 409: 39}
    assert shop.owner_of("11") != shop.owner_of("7001")
    check_owners(shop)


@door("merging, undoing, linking and unlinking the same people", OF_MERGES)
def mixed(shop: Shop) -> Case:
    people = shop.say_all(*({"client_id": f"{n}"} for n in range(10, 18)))
    merges = [shop.made(merge_path(people[n]), {"person": people[n + 1]})["id"] for n in (0, 2)]
    ids = {row.value: row.pk for row in Identity.objects.filter(account=shop.account)}
    acts = [shop.act("POST", merge_path(people[n]), {"person": people[7 - n]}) for n in range(8)]
    acts += [shop.act("DELETE", f"people/{people[0]}/merges/{merge}/") for merge in merges] * 4
    acts += [
        shop.act("POST", f"people/{people[n]}/identities/", {"kind": "telegram", "value": f"{7000 + n % 3}"})
        for n in range(8)
    ]
    acts += [
        shop.act("POST", "conversation-events/", {"events": [shop.event(person={"client_id": f"{10 + n}", "telegram": f"{7000 + n % 3}"})]})
        for n in range(8)
    ]  # fmt: skip
    acts += [shop.act("DELETE", f"people/{people[n]}/identities/{ids[str(10 + n)]}/") for n in range(8)]
    answers = yield acts
    assert set(statuses(answers)) <= {200, 201, 202, 204, 400, 404, 409}, statuses(answers)
    check_owners(shop)


@door("POST people/{id}/identities/: one identity", OF_LINKS)
def one_identity(shop: Shop) -> Case:
    person = shop.say(client_id="11")
    answers = (
        yield [shop.act("POST", f"people/{person}/identities/", {"kind": "telegram", "value": "7001"})] * 40
    )
    assert statuses(answers) == {201: 1, 200: 39}
    assert Tie.objects.filter(account=shop.account).count() == 1
    check_owners(shop)


@door("POST people/{id}/identities/: a user ID each", OF_LINKS)
def many_user_ids(shop: Shop) -> Case:
    person = shop.say(client_id="11")
    answers = yield [
        shop.act("POST", f"people/{person}/identities/", {"kind": "user_id", "value": f"u{n}"})
        for n in range(40)
    ]
    assert statuses(answers) == {201: 1, 409: 39}
    assert Link.objects.filter(account=shop.account).count() == 1
    check_owners(shop)


@door("DELETE people/{id}/identities/{identity}/ and its restoring", OF_LINKS)
def undo_and_restore(shop: Shop) -> Case:
    person = shop.say(client_id="11", telegram="7001")
    identity = Identity.objects.get(account=shop.account, value="7001").pk
    path = f"people/{person}/identities/{identity}/"
    answers = yield [shop.act("DELETE", path), shop.act("POST", f"{path}restore/")] * 20
    assert set(statuses(answers)) <= {201, 204, 404}, statuses(answers)
    check_owners(shop)


@door("POST conversation-events/: one event", "conversation_ticket, the event's key")
def one_event(shop: Shop) -> Case:
    event = shop.event(person={"client_id": "11", "user_id": "u1"})
    answers = yield [shop.act("POST", "conversation-events/", {"events": [event]})] * 40
    assert sum(answer.body["accepted"] for answer in answers) == 1
    assert sum(answer.body["duplicates"] for answer in answers) == 39
    check_owners(shop)


@door("POST conversation-events/: names tied in a ring, in one conversation", OF_LINKS)
def tied_by_events(shop: Shop) -> Case:
    now = clock.now()
    acts = []
    for n in range(40):
        at = (now - timedelta(minutes=n)).isoformat()
        one, other = n % 8, (n + 1) % 8
        person = {"telegram": f"{7000 + one}", "viber": f"{other}=="} if n % 2 else {"viber": f"{one}==", "telegram": f"{7000 + other}"}  # fmt: skip
        acts.append(
            shop.act(
                "POST",
                "conversation-events/",
                {"events": [shop.event(person=person, time=at, conversation=f"T-{n % 3}"), shop.event(person={"telegram": f"{7007 - one}"}, conversation=f"T-{(n + 1) % 3}")]},
            )
        )  # fmt: skip
    answers = yield acts
    assert statuses(answers) == {202: 40}
    assert sum(answer.body["accepted"] for answer in answers) == 80
    check_owners(shop)
