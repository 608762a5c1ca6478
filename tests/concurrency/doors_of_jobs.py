"""Facts that are stored, and work that is asked for."""

from datetime import timedelta

from apps.accounts.models import LoginLink
from apps.accounts.services import make_login_link, use_login_link
from apps.core import clock
from apps.core.errors import Refused
from apps.erasure.models import Erasure
from apps.exports.models import Export
from apps.hourly.models import Run
from tests import factories
from tests.api import bodies
from tests.concurrency.doors import Case, door
from tests.concurrency.doors_of_people import check_owners
from tests.concurrency.shop import Answer, Shop, statuses


@door("POST counters/{id}/hits/: the same hits in any order", "the hit's key; what deadlocks is done again")
def same_hits(shop: Shop) -> Case:
    counter = factories.a_counter(shop.account)
    hits = [bodies.hit(id=f"h{n}", client_id=f"{n % 7 + 1}", user_id=f"u{n % 5}") for n in range(20)]
    acts = [
        shop.act(
            "POST",
            f"counters/{counter.pk}/hits/",
            {"hits": hits if n % 2 else hits[::-1]},
            **({"Idempotency-Key": f"k{n}"} if n % 4 < 2 else {}),
        )
        for n in range(40)
    ]
    answers = yield acts
    assert statuses(answers) == {202: 40}
    assert sum(answer.body["accepted"] for answer in answers) == len(hits)
    check_owners(shop)


@door("POST counters/{id}/hits/ and conversation-events/ of the same people", "identities locked by number")
def hits_and_events(shop: Shop) -> Case:
    counter = factories.a_counter(shop.account)
    shop.made(
        "messaging-goals/", bodies.goal(active=True, start_date=str(clock.now().date() + timedelta(days=1)))
    )
    acts = []
    for n in range(20):
        hits = [
            bodies.hit(id=f"h{n}-{m}", client_id=f"{(n + m) % 6 + 1}", user_id=f"u{m}") if m % 2 else bodies.hit(id=f"h{n}-{m}", client_id=f"{(n - m) % 6 + 1}")
            for m in range(4)
        ]  # fmt: skip
        events = [
            shop.event(person={"client_id": f"{(n * m) % 6 + 1}", "telegram": f"{7000 + m}"})
            for m in range(3)
        ]
        acts.append(shop.act("POST", f"counters/{counter.pk}/hits/", {"hits": hits}))
        acts.append(shop.act("POST", "conversation-events/", {"events": events}))
    answers = yield acts
    assert statuses(answers) == {202: 40}
    assert sum(answer.body["accepted"] for answer in answers) == 20 * 4 + 20 * 3
    check_owners(shop)


@door("POST exports/", "export_open_once; done again, it is there")
def one_export(shop: Shop) -> Case:
    goal = shop.made("messaging-goals/", bodies.goal())["id"]
    answers = (
        yield [shop.act("POST", "exports/", {"goal": goal, "from": "2026-11-01", "to": "2026-11-02"})] * 40
    )
    assert statuses(answers) == {202: 40}
    export = Export.objects.get(account=shop.account)
    assert {answer.body["id"] for answer in answers} == {export.pk}


@door("POST runs/", "the ledger's lock; run_one_asked_for")
def one_run(shop: Shop) -> Case:
    answers = yield [shop.act("POST", "runs/")] * 40
    assert statuses(answers) == {202: 40}
    assert {answer.body["id"] for answer in answers} == {Run.objects.get(account=shop.account).pk}


@door("DELETE people/{id}/", "the person's row; erasure_open_once")
def one_erasure(shop: Shop) -> Case:
    person = shop.say(client_id="11")
    answers = yield [shop.act("DELETE", f"people/{person}/")] * 40
    assert statuses(answers) == {202: 40}
    assert {answer.body["id"] for answer in answers} == {Erasure.objects.get(account=shop.account).pk}


@door("a sign-in link", "the link's row")
def one_link(shop: Shop) -> Case:
    token = make_login_link(base_url="", user_id=shop.owner.user_id).rstrip("/").rpartition("/")[2]

    def used() -> Answer:
        try:
            use_login_link(token=token)
        except Refused:
            return Answer(400, None)
        return Answer(200, None)

    answers = yield [used] * 40
    assert statuses(answers) == {200: 1, 400: 39}
    assert LoginLink.objects.filter(user=shop.owner.user, used_at=None).count() == 0
