"""`python -m apps.core.embedded start|stop|status|url`."""

import argparse
import sys
from pathlib import Path

from apps.core.embedded import endpoints, home, start, status, stop
from apps.core.startup import refusals


def main(argv: list[str] | None = None) -> int:
    """Do one of them; 0 when done, 1 with the reason on stderr, 3 when `status` finds a server missing."""
    parser = argparse.ArgumentParser(prog="python -m apps.core.embedded", description=__doc__)
    parser.add_argument("what", choices=("start", "stop", "status", "url"))
    parser.add_argument("--home", type=Path, help="the folder of data, sockets and logs")
    parser.add_argument("--no-fsync", action="store_true", help="quicker, and unsafe: for tests")
    asked = parser.parse_args(argv)
    return _do(asked.what, asked.home or home(), fsync=not asked.no_fsync)


def _do(what: str, at: Path, *, fsync: bool) -> int:
    if what == "url":
        print(endpoints(at).database_url)
        return 0
    if what == "start":
        start(at, fsync=fsync)
    elif what == "stop":
        print("stopped" if stop(at) else "nothing was running")
        return 0
    now = status(at)
    for name, runs in (("PostgreSQL", now.postgres), ("Valkey", now.valkey)):
        print(f"{name}: {'running' if runs else 'not running'} in {at}")
    return 0 if now.running else 3


if __name__ == "__main__":
    with refusals():
        sys.exit(main())
