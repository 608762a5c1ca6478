"""schemathesis against the running server: requests made from the OpenAPI document, over rows that are there.

Values that the document allows are replaced by those of rows that exist, most of the time: an address of somebody who
is not there is answered by the first look-up, and says nothing of what lies behind it.
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER

from apps.api.schema import generated
from apps.conversations.models import Channel
from tests.api import bodies, matrix
from tests.api.contract import route_template
from tests.api.world import Things
from tests.cast import Cast

UNUSED = ("positive_data_acceptance", "use_after_free", "ensure_resource_availability")
"""Checks left out: what the document allows may break a rule that JSON schema cannot say, and objects come and go."""


@dataclass
class Run:
    """What a run asked and what was wrong. `statuses` counts the answers of each operation."""

    failures: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, Counter[int]] = field(default_factory=dict)


class Existing:
    """Names of rows that exist, put into the requests that are to be taken."""

    def __init__(self, cast: Cast, things: Things) -> None:
        self.account = cast.account.pk
        self.paths = {route_template(route): row.ids(cast, things) for route, row in matrix.API.items()}
        self.bodies = {route_template(route): row.body(cast, things) for route, row in matrix.API.items()}
        self.bodies["/api/v1/chat-goals/"]["channel"] = "free"  # the other channel has its goal
        Channel.objects.create(account=cast.account, external_id="free", kind="web")
        self.named: dict[str, Any] = {
            "agent": cast.ben.external_id,
            "channel": things.channel.external_id,
            "conversation": things.conversation.ticket,
            "counter": cast.counter.pk,
            "goal": things.goal.pk,
            "group": cast.sales.external_id,
            "groups": [cast.sales.external_id],
            "person": things.friend.pk,
            "ticket": things.conversation.ticket,
        }
        self.calls = 0

    def put(self, _context: Any, case: Any, _options: Any) -> None:
        """schemathesis's hook before each call: parts that are to be refused stay as they are, and so does each fifth."""
        self.calls += 1
        if case.meta is None or self.calls % 5 == 0:
            return
        negative = case.meta.is_negative_at
        if not negative(ParameterLocation.HEADER) and case.headers:
            case.headers.pop("X-Account", None)
            if "Idempotency-Key" in case.headers:  # in other cases than this one it meets another body
                case.headers["Idempotency-Key"] = f"{self.calls}"
        if not negative(ParameterLocation.PATH):
            case.path_parameters.update(self.paths[case.path])
        if not negative(ParameterLocation.QUERY) and isinstance(case.query, dict):
            self._fill(case.query)
        if not negative(ParameterLocation.BODY) and isinstance(case.body, dict):
            self._fill(case.body)
            if self.calls % 3 == 0:  # one that keeps what JSON schema cannot say
                case.body = copy.deepcopy(bodies.goal() if case.method == "PUT" else self.bodies[case.path])

    def _fill(self, part: dict[str, Any]) -> None:
        for name in part.keys() & self.named.keys():
            if part[name] is not None:
                part[name] = copy.deepcopy(self.named[name])


def run(
    url: str, secret: str, existing: Existing, *, methods: list[str], examples: int, coverage: bool
) -> Run:
    """Ask every operation with these methods. Those that delete come last: what they take is needed before.

    `examples`: random requests for each; `coverage`: every bound of every parameter and member as well.
    """
    done = Run()
    config = _config(url, secret, examples, coverage=coverage)
    with _hooked(existing):
        for chosen in (
            [one for one in methods if one != "DELETE"],
            ["DELETE"] if "DELETE" in methods else [],
        ):
            if not chosen:
                continue
            document = schemathesis.openapi.from_dict(copy.deepcopy(generated()), config=config)
            for event in from_schema(document.include(method=chosen)).execute():
                _note(event, done)
    return done


def _config(url: str, secret: str, examples: int, *, coverage: bool) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "base-url": url,
            "continue-on-failure": True,
            "request-timeout": 20,
            "auth": {"openapi": {"token": {"bearer": secret}}},
            "generation": {
                "max-examples": examples, "deterministic": True, "no-shrink": True, "database": "none",
                "allow-x00": False,
            },
            "checks": {name: {"enabled": False} for name in UNUSED},
            "phases": {
                "examples": {"enabled": False},
                "stateful": {"enabled": False},
                "fuzzing": {"operation-ordering": "none"},
                "coverage": {"enabled": coverage, "operation-ordering": "none"},
            },
        }
    )  # fmt: skip


def _counts(_context: Any, failure: Any, _case: Any, _response: Any) -> bool:
    """schemathesis's hook after each failed check: nobody refuses a header that it does not know."""
    return "in header - object with unexpected properties" not in failure.message


@contextmanager
def _hooked(existing: Existing) -> Iterator[None]:
    hooks: dict[str, Callable[..., Any]] = {"before_call": existing.put, "filter_failure": _counts}
    for name, hook in hooks.items():
        GLOBAL_HOOK_DISPATCHER.register_hook_with_name(hook, name)
    try:
        yield
    finally:
        for hook in hooks.values():
            GLOBAL_HOOK_DISPATCHER.unregister(hook)


def _note(event: Any, done: Run) -> None:
    if isinstance(event, events.NonFatalError | events.FatalError):
        done.failures[f"error {getattr(event, 'label', '')}"] = repr(getattr(event, "value", event))
    if not isinstance(event, events.ScenarioFinished):
        return
    label, recorder = str(event.label), event.recorder
    for number, interaction in recorder.interactions.items():
        status = interaction.response.status_code if interaction.response else 0
        done.statuses.setdefault(label, Counter())[status] += 1
        for check in recorder.checks.get(number, []):
            if check.failure_info is not None:
                failure = check.failure_info.failure
                words = f"{failure.message}\n{check.failure_info.code_sample}"
                done.failures.setdefault(f"{label} {check.name} {failure.title}", words)
