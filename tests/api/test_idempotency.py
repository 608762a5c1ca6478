"""Idempotency-Key: the same answer for the same body, once in effect, whoever asks at once."""

from datetime import timedelta

import pytest

from apps.accounts.models import Group, Token
from apps.api.models import Answer
from apps.core import clock
from apps.counters.models import Counter
from tests.api import bodies
from tests.api.calls import Api, problem

COUNTER = {"name": "Shop", "site": "https://shop.example"}


def test_the_same_key_and_body_give_the_same_answer_and_one_effect(cast):
    api = Api(cast, "write")
    before = Counter.objects.count()
    first, again = (api.post("counters/", COUNTER, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert Counter.objects.count() == before + 1


def test_another_body_or_address_with_the_key_is_409(cast):
    api = Api(cast, "write")
    api.post("counters/", COUNTER, **{"Idempotency-Key": "k1"})
    other = {**COUNTER, "name": "Another"}
    assert problem(api.post("counters/", other, **{"Idempotency-Key": "k1"}), 409) == {"": "key_reused"}
    group = {"external_id": "x", "name": "X"}
    assert problem(api.post("groups/", group, **{"Idempotency-Key": "k1"}), 409) == {"": "key_reused"}
    assert not Group.objects.filter(external_id="x").exists()


def test_the_order_of_members_makes_no_other_body(cast):
    api = Api(cast, "write")
    for body in (COUNTER, dict(reversed(COUNTER.items()))):
        assert api.post("counters/", body, **{"Idempotency-Key": "k1"}).status_code == 201


def test_keys_belong_to_their_caller(cast):
    for who in ("write", "owner", "stranger"):
        answer = Api(cast, who).post("counters/", COUNTER, **{"Idempotency-Key": "k1"})
        assert answer.status_code == 201
        assert "Idempotent-Replayed" not in answer


def test_a_refusal_is_not_kept(cast):
    api = Api(cast, "write")
    assert problem(api.post("counters/", {"name": "x"}, **{"Idempotency-Key": "k1"}), 400)
    assert api.post("counters/", COUNTER, **{"Idempotency-Key": "k1"}).status_code == 201


def test_an_ended_key_is_a_new_one(cast):
    api = Api(cast, "write")
    first = api.post("counters/", COUNTER, **{"Idempotency-Key": "k1"}).json()
    with clock.set_back(timedelta(hours=-24)):
        assert api.post("counters/", COUNTER, **{"Idempotency-Key": "k1"}).json() == first
    with clock.set_back(timedelta(hours=-26)):
        assert api.post("counters/", COUNTER, **{"Idempotency-Key": "k1"}).json() != first
        api.post("counters/", COUNTER, **{"Idempotency-Key": "k2"})
    assert Answer.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "\xe9"])
def test_what_is_no_key_is_refused(cast, key):
    assert problem(Api(cast, "write").post("counters/", COUNTER, **{"Idempotency-Key": key}), 400) == {
        "Idempotency-Key": "invalid_key"
    }


def test_a_tokens_secret_is_not_kept(cast):
    api = Api(cast, "write")
    body = {"name": "sync", "scope": "read"}
    first, again = (api.post("tokens/", body, **{"Idempotency-Key": "k1"}).json() for _ in range(2))
    assert first["secret"].startswith("gl_")
    assert again == {**first, "secret": None}
    assert first["secret"] not in str(list(Answer.objects.values()))
    assert Token.objects.filter(name="sync").count() == 1


def test_a_batch_with_a_key_is_answered_as_the_first_time(cast):
    api, path = Api(cast, "bound"), f"counters/{cast.counter.pk}/hits/"
    batch = {"hits": [bodies.hit(), {"id": "x"}]}
    first, again = (api.post(path, batch, **{"Idempotency-Key": "k1"}).json() for _ in range(2))
    assert (first["accepted"], first["duplicates"]) == (1, 0)
    assert again == first
