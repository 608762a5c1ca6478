"""The running server answers as the OpenAPI document says, whatever is asked: no failure of ours, no answer beyond it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as project
from django.db import connection

from tests.api import contract, world
from tests.api.fuzzing import Existing, Run, run

pytestmark = [pytest.mark.django_db(transaction=True)]
READS, WRITES = ["GET"], ["POST", "PUT", "PATCH", "DELETE"]


@pytest.fixture(scope="session", autouse=True)
def static_root() -> None:
    """Where `collectstatic` would put its files; whitenoise warns of a missing folder."""
    Path(project.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def ask(live_server, cast, settings) -> Iterator[Callable[..., Run]]:
    """Run schemathesis as the owner's token `write`, over one of everything, as fast as it goes."""
    rates = dict.fromkeys(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "1000000/min")
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    mine, _theirs = world.of(cast)
    existing = Existing(cast, mine)
    yield lambda **options: run(live_server.url, cast.secret["write"], existing, **options)
    with connection.cursor() as cursor:  # of the server's threads, which wait for the next request
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def assert_as_documented(done: Run, methods: list[str]) -> None:
    assert not done.failures, "\n\n".join(f"{what}\n{words}" for what, words in sorted(done.failures.items()))
    asked = {f"{method} {path}" for method, path in contract.operations() if method in methods}
    assert done.statuses.keys() == asked
    taken = {label for label, statuses in done.statuses.items() if any(status < 300 for status in statuses)}
    assert len(taken) >= 0.9 * len(asked), f"never taken: {sorted(asked - taken)}"


@pytest.mark.parametrize("methods", [READS, WRITES], ids=["reads", "writes"])
def test_every_operation_answers_as_documented(ask, methods):
    assert_as_documented(ask(methods=methods, examples=8, coverage=False), methods)


@pytest.mark.long
@pytest.mark.parametrize("methods", [READS, WRITES], ids=["reads", "writes"])
def test_every_operation_answers_as_documented_at_every_bound(ask, methods):
    assert_as_documented(ask(methods=methods, examples=100, coverage=True), methods)
