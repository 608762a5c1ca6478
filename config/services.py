"""Which PostgreSQL and Valkey to talk to: those of the environment, or the embedded ones below var/."""

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from redis import ConnectionPool

from apps.core import embedded, env

OFFLINE = frozenset(
    {"help", "makemessages", "compilemessages", "startapp", "collectstatic", "--help", "--version"}
)
"""Commands that need no server."""


def own_servers() -> bool:
    """Whether the environment names both servers."""
    return bool(env.text("DATABASE_URL") and env.text("REDIS_URL"))


def urls() -> tuple[str, str]:
    """`(database, redis)` URLs, without starting anything."""
    database, redis = env.text("DATABASE_URL"), env.text("REDIS_URL")
    if not (database and redis):
        here = embedded.endpoints(embedded.home())
        database, redis = database or here.database_url, redis or here.redis_url
    _check_redis(redis)
    return database, redis


def database(url: str) -> dict[str, Any]:
    """What Django is told of the database at this URL."""
    try:
        parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    except ProgrammingError:  # its words may quote the password
        parts = {"port": "none"}
    for port in filter(None, parts.get("port", "").split(",")):
        if not (port.isdecimal() and 0 < int(port) < 65536):
            raise env.BadSetting(
                "DATABASE_URL cannot be understood: write postgresql://user:password@host/name, with %40, %3A and "
                "%2F for @, : and / in the password. libpq's parameters may follow (?sslmode=require)."
            )
    return {
        "ENGINE": "apps.core.database",
        "NAME": parts.pop("dbname", "goalline"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": parts,
        "TEST": {"NAME": "goalline_test"},
    }


def broker(url: str) -> str:
    """The same Valkey or Redis as Celery's transport spells it."""
    return url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")


def _check_redis(url: str) -> None:
    try:
        parts = urlsplit(url)
        number = parse_qs(parts.query).get("db", [""])[0] if parts.scheme == "unix" else parts.path.strip("/")
        known = parts.scheme in {"redis", "rediss", "unix"} and (number.isdecimal() or not number)
        known = known and (parts.scheme == "unix" or parts.port != 0)
        ConnectionPool.from_url(url).make_connection()  # builds it, and does not connect
    except (ValueError, TypeError):
        known = False
    if not known:
        raise env.BadSetting(
            "REDIS_URL cannot be understood: write redis://host:6379/0, rediss://... for TLS, or unix:///path?db=0."
        )


def production() -> bool:
    """Whether GOALLINE_ENV says that real users' data lives here."""
    return env.choice("GOALLINE_ENV", "local", "local", "production") == "production"


def check_production() -> None:
    """Production refuses the embedded servers unless EMBEDDED=1 says that they are meant."""
    meant = env.flag("EMBEDDED", default=False)
    if production() and not own_servers() and not meant:
        raise env.BadSetting(
            "GOALLINE_ENV=production needs DATABASE_URL and REDIS_URL (see docs/operations.md). "
            "Set EMBEDDED=1 to run production on the embedded servers all the same."
        )


def use_services() -> None:
    """Count this process among those that use the embedded servers, where it uses them."""
    if not own_servers() and os.environ.get("GOALLINE_SERVICES") != "running":
        embedded.hold(embedded.home())


def ensure_services(argv: Sequence[str]) -> None:
    """Start the embedded servers if this command needs them and nothing else is configured."""
    command = argv[1] if len(argv) > 1 else "help"
    if command in OFFLINE or own_servers() or os.environ.get("GOALLINE_SERVICES") == "running":
        return
    check_production()
    use_services()
    embedded.start(embedded.home())
