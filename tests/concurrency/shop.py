"""An account with its owner's token, and requests that are sent at once."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, NamedTuple

from django.test import Client

from apps.accounts.models import Account, Group, Member
from apps.accounts.roles import Role
from apps.core import clock
from apps.people.models import Identity
from tests import factories

_numbers = count(1)


class Answer(NamedTuple):
    """What a request got."""

    status: int
    body: Any


Act = Callable[[], Answer]


@dataclass
class Shop:
    """What a case needs of an account; none of it is another case's."""

    account: Account
    owner: Member
    group: Group
    secret: str
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def act(self, method: str, path: str, body: Any = None, **headers: str) -> Act:
        """A request that is sent when called."""
        return partial(
            _send,
            Client(raise_request_exception=False),
            method,
            f"/api/v1/{path}",
            b"" if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.secret}", **headers},
        )

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """The same, now."""
        return self.act(method, path, body, **headers)()

    def made(self, path: str, body: Any) -> Any:
        """What a POST that must succeed made."""
        answer = self.ask("POST", path, body)
        assert answer.status in (200, 201, 202), answer
        return answer.body

    def say(self, **person: str) -> int:
        """A conversation of its own that names somebody; whose the first name is now."""
        return self.say_all(person)[0]

    def say_all(self, *people: dict[str, str]) -> list[int]:
        """One for each of these people."""
        events = [self.event(person=person) for person in people]
        assert self.made("conversation-events/", {"events": events})["accepted"] == len(people)
        return [self.owner_of(next(iter(person.values()))) for person in people]

    def event(self, **values: Any) -> dict[str, Any]:
        """A message in a conversation of its own."""
        number = next(self.numbers)
        return {
            "id": f"e{number}",
            "conversation": f"T-{number}",
            "channel": "chat",
            "time": clock.now().isoformat(),
            "type": "message",
            "author": {"kind": "person"},
            **values,
        }

    def owner_of(self, value: str) -> int:
        """The person that an identity belongs to, as its row says."""
        known = Identity.objects.get(account=self.account, value=value)
        return known.owner_id or known.person_id


def _send(client: Client, method: str, url: str, data: bytes, headers: dict[str, str]) -> Answer:
    answer = client.generic(method, url, data, content_type="application/json", headers=headers)
    kind = answer.get("Content-Type", "")
    return Answer(answer.status_code, json.loads(answer.content) if "json" in kind else None)


def a_shop() -> Shop:
    """A new one."""
    account = factories.an_account("Shop")
    owner = factories.a_member(account, Role.OWNER, f"crowd{next(_numbers)}@shop.example")
    group = factories.a_group(account, "sales")
    _token, secret = factories.a_token(owner)
    return Shop(account, owner, group, secret)


def statuses(answers: list[Answer]) -> dict[int, int]:
    """How many answers have each status."""
    return dict(Counter(answer.status for answer in answers))
