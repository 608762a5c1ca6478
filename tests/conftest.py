"""Shared fixtures. Servers come from tests/services.py; the cast from tests/cast.py."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

if TYPE_CHECKING:
    from tests.cast import Cast


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: pytest.FixtureRequest
) -> None:
    """One database a process, a copy of the migrated one; TEST_DB_SUFFIX keeps apart several people on one server."""
    from tests import database

    test = settings.DATABASES["default"].setdefault("TEST", {})
    if suffix := os.environ.get("TEST_DB_SUFFIX"):
        test["NAME"] = f"{test.get('NAME') or 'goalline_test'}{suffix}"
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        test["TEMPLATE"] = database.template()


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, settings: object) -> None:
    """Spool, outbox and export files of each test lie in its own folder; wrong tokens of many tests are no guessing."""
    settings.API_WRONG_TOKENS = 1_000_000  # type: ignore[attr-defined]  # all workers count at one Valkey
    settings.STATIC_ROOT = tmp_path  # type: ignore[attr-defined]  # WhiteNoise warns if there is none
    settings.COLLECT_SPOOL = tmp_path / "spool"  # type: ignore[attr-defined]
    settings.OUTBOX = tmp_path / "outbox"  # type: ignore[attr-defined]
    settings.STORAGES = {  # type: ignore[attr-defined]
        **settings.STORAGES,  # type: ignore[attr-defined]
        "exports": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "exports"},
        },
    }


@pytest.fixture
def cast(db: None) -> "Cast":
    """Two accounts with their people; tests/cast.py says who they are."""
    from tests import cast as module

    return module.make()


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that commits: Django's flush leaves the tables that are made in SQL, and this process's memory."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        return
    from tests.tables import forget_what_was_committed

    with request.getfixturevalue("django_db_blocker").unblock():
        forget_what_was_committed()
