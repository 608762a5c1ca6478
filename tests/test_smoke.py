"""The test servers answer."""

from pathlib import Path

import pytest
from django.db import connection
from django.template.loader import get_template

from tests.guards.source import ROOT


@pytest.mark.django_db
def test_the_database_is_there_and_sorts_by_bytes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'Z' < 'a' COLLATE \"C\"")
        assert cursor.fetchone() == (True,)


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_every_template_compiles(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))
