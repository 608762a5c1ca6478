"""`manage.py up`: where it leads, whom it tells how to sign in, and what is left when it ends."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import LoginLink, User
from apps.core import embedded
from apps.core.management.commands import up

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "var"
    embedded.stop(tmp_path / "var")


def test_a_link_is_printed_only_where_it_is_asked_for(db: None) -> None:
    words = up.Command().words("http://localhost:8000", login_link=False)
    assert "manage.py make_login_link EMAIL" in words
    assert not re.search("/login-link/", words)
    assert not User.objects.exists()

    words = up.Command().words("http://localhost:8000", login_link=True)
    assert re.search("Sign in once with http://localhost:8000/login-link/", words)
    assert LoginLink.objects.get().user.is_superuser


@pytest.mark.parametrize("count", ["0", "-1", "lots", "1.5", "257"])
def test_workers_are_a_whole_number(count: str) -> None:
    with pytest.raises(CommandError, match=f"--workers: '{count}': write a whole number from 1 to 256"):
        call_command("up", f"--workers={count}")


def test_servers_that_somebody_else_started_end_with_it(home: Path) -> None:
    embedded.start(home, fsync=False)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        env = {
            **os.environ,
            "GOALLINE_VAR": str(home),
            "PORT": str(holder.getsockname()[1]),
            "HOST": "localhost",
        }
        for name in ("DATABASE_URL", "REDIS_URL"):
            env.pop(name, None)
        done = subprocess.run(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"CommandError: localhost:{env['PORT']} cannot be used: Address already in use."
    )
    assert done.stdout == f"PostgreSQL and Valkey have ended too; the data stays in {home}\n"
    assert not embedded.status(home).running
