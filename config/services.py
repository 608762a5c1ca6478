"""Which PostgreSQL and Valkey to talk to: those of the environment, or the embedded ones below var/."""

import os
from collections.abc import Sequence

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
    if own_servers():
        return str(env.text("DATABASE_URL")), str(env.text("REDIS_URL"))
    here = embedded.endpoints(embedded.home())
    return env.text("DATABASE_URL") or here.database_url, env.text("REDIS_URL") or here.redis_url


def production() -> bool:
    """Whether GOALLINE_ENV says that real users' data lives here."""
    kind = env.text("GOALLINE_ENV", "local")
    if kind not in {"local", "production"}:
        raise env.BadSetting(f"GOALLINE_ENV={kind!r}: write local or production.")
    return kind == "production"


def check_production() -> None:
    """Production refuses the embedded servers unless EMBEDDED=1 says that they are meant."""
    if production() and not own_servers() and not env.flag("EMBEDDED", default=False):
        raise env.BadSetting(
            "GOALLINE_ENV=production needs DATABASE_URL and REDIS_URL (see docs/operations.md). "
            "Set EMBEDDED=1 to run production on the embedded servers all the same."
        )


def ensure_services(argv: Sequence[str]) -> None:
    """Start the embedded servers if this command needs them and nothing else is configured."""
    command = argv[1] if len(argv) > 1 else "help"
    if command in OFFLINE or own_servers() or os.environ.get("GOALLINE_SERVICES") == "running":
        return
    check_production()
    embedded.start(embedded.home())
