"""A database of their own for the benches, on the servers that the environment names or embedded ones."""

import os
from pathlib import Path
from typing import Any

import django
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from apps.core import embedded

PROJECT = Path(__file__).resolve().parent.parent.parent


def bench_database(name: str) -> None:
    """Point Django at a fresh, migrated database; worker processes (BENCH_DATABASE set) at the one there is."""
    if os.environ.get("BENCH_DATABASE") != name:
        _make(name)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


def _make(name: str) -> None:
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        home = Path(os.environ.setdefault("GOALLINE_VAR", str(PROJECT / "var" / "bench")))
        servers = embedded.start(home)
        os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = servers.database_url, servers.redis_url
    drop_database(name)
    server = _server()
    with psycopg.connect(make_conninfo(**{**server, "dbname": "postgres"}), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    os.environ["DATABASE_URL"] = make_conninfo(**{**server, "dbname": name})
    os.environ["BENCH_DATABASE"] = name
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def drop_database(name: str) -> None:
    """Remove a bench's database."""
    with psycopg.connect(make_conninfo(**{**_server(), "dbname": "postgres"}), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _server() -> dict[str, Any]:
    return dict(conninfo_to_dict(os.environ["DATABASE_URL"]))
