"""Every documented variable: what it cannot be is refused at the start, in words, by every process."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apps.core import env
from apps.core.embedded import EmbeddedError, binaries
from tests.guards.test_docs import first_cells

ROOT = Path(__file__).resolve().parents[2]
LISTED = first_cells(ROOT / "docs" / "operations.md", "Settings")
PRODUCTION = {
    "GOALLINE_ENV": "production",
    "DATABASE_URL": "postgresql://goalline@db.example/goalline",
    "REDIS_URL": "redis://valkey.example:6379/0",
    "SECRET_KEY": "a key of thirty-two letters or more",
    "ALLOWED_HOSTS": "goals.shop.example",
    "BASE_URL": "https://goals.shop.example",
}

FLAG = ("lots", "2", "-1", "ja")
HOSTS = (
    "https://shop.example",
    "shop.example:80",
    "a b",
    "-shop.example",
    "300.1.1.1",
    "::g",
    "[::1",
    "ü.example",
)
NUMBER = ("lots", "-1", "1.5", "1_000", "0x10", "1e3", "9" * 30, "٣")
PORT = (*NUMBER, "0", "65536", "99999")
ORIGIN = ("shop.example", "ftp://shop.example", "//shop.example", "https://", "https://a b", "https://shop.example/x",
          "https://u:p@shop.example", "https://shop.example:99999", "https://shop.example:lots", "https://[::1",
          "https://shop.example?x", "javascript:alert(1)")  # fmt: skip
FOLDER = ("~nobody-of-this-name/x", "/dev/null", "/dev/null/x", "x" * 300)
BAD = {
    "GOALLINE_ENV": ("prod", "1"),
    "DATABASE_URL": ("lots", "mysql://h/x", "postgresql://h:lots/x", "postgresql://h:0/x", "postgresql://h:99999/x",
                     "postgresql://h/x?lots=1", "postgresql://[::1/x"),
    "REDIS_URL": ("lots", "http://h", "redis://h:lots", "redis://h:99999", "redis://h:0", "redis://h/lots",
                  "redis://h?lots=1", "unix:///x?db=lots", "redis://[::1"),
    "EMBEDDED": FLAG,
    "GOALLINE_VAR": FOLDER,
    "PG_BIN": FOLDER,
    "SECRET_KEY": (),  # its length counts in production only, see below
    "SECRET_KEY_FALLBACKS": (),
    "ALLOWED_HOSTS": (*HOSTS, "shop.example,https://x"),
    "BASE_URL": ORIGIN,
    "CSRF_TRUSTED_ORIGINS": (*ORIGIN, "https://shop.example,shop.example", "*"),
    "HOST": (*HOSTS, "*"),
    "PORT": PORT,
    "PROXIES": (*NUMBER, "21"),
    "SSL_REDIRECT": FLAG,
    "HSTS_SECONDS": NUMBER,
    "EMAIL_HOST": (*HOSTS, "smtp://mail.example"),
    "EMAIL_PORT": PORT,
    "EMAIL_HOST_USER": ("alone",),
    "EMAIL_HOST_PASSWORD": ("alone",),
    "EMAIL_USE_TLS": FLAG,
    "EMAIL_USE_SSL": FLAG,
    "DEFAULT_FROM_EMAIL": ("Goalline", "a@b@c", "a@b, c@d", "<a@b", "@shop.example", "Goalline <>"),
    "HOURLY_SHARES": ("3", "0", "16", *NUMBER),
    "COLLECT_SPOOL": FOLDER,
    "COLLECT_SPOOL_MB": (*NUMBER, "0"),
    "COLLECT_STRICT": FLAG,
    "COLLECT_RATE": NUMBER,
    "GEOIP_DATABASE": ("~nobody-of-this-name/x",),  # one that is not there is said by the log and by check
    "API_WRONG_TOKENS": (*NUMBER, "0"),
    "API_RATE": ("lots", "6000", "0/min", "-1/min", "1.5/min", "6000/", "/min", "6000/fortnight", "6000/min/min"),
    "LOG_LEVEL": ("loud", "20", "NOTSET"),
    "DEBUG": FLAG,
}  # fmt: skip
EVERY_KIND = ("two\nlines", "\x07", "\udcff")
"""What no variable can hold."""


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is set but a folder of the test's own."""
    for name in LISTED:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.setenv("GOALLINE_VAR", str(tmp_path / "var"))


def read() -> dict[str, Any]:
    """The settings under the present environment, as a new process would read them."""
    settings = runpy.run_path(str(ROOT / "config" / "settings.py"))
    if {"PG_BIN", "PG_BIN_FILE"} & set(os.environ):
        binaries.postgres_bin()  # asked for when the embedded server starts
    return settings


def refusal() -> str | None:
    """Why a new process would not start; None: it would."""
    try:
        read()
    except (env.BadSetting, EmbeddedError) as refused:
        return str(refused)
    return None


def test_the_values_below_are_of_all_variables_that_are_listed() -> None:
    assert list(BAD) == LISTED


@pytest.mark.parametrize("name", LISTED)
def test_a_value_that_a_variable_cannot_have_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    taken = []
    for value in (*BAD[name], *EVERY_KIND):
        monkeypatch.setenv(name, value)
        if name not in (refusal() or ""):
            taken.append(value)
    assert taken == []


@pytest.mark.parametrize("name", LISTED)
def test_a_file_that_cannot_be_the_value_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    path, taken = tmp_path / "value", []
    monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(f"{name}_FILE", str(path))
    for content in (None, b"", b" \n", b"two\nlines", b"\xff"):
        if content is not None:
            path.write_bytes(content)
        if f"{name}_FILE" not in (refusal() or ""):
            taken.append(content)
    assert taken == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DEBUG": "1"}, "DEBUG=1 shows settings and source"),
        ({"SECRET_KEY": ""}, "needs SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"ALLOWED_HOSTS": ""}, "needs ALLOWED_HOSTS"),
        ({"DATABASE_URL": ""}, "needs DATABASE_URL and REDIS_URL"),
        ({"REDIS_URL": ""}, "needs DATABASE_URL and REDIS_URL"),
        ({"EMAIL_USE_TLS": "1", "EMAIL_USE_SSL": "1"}, "keep one"),
        ({"EMAIL_HOST_USER": "goals"}, "belong together"),
        ({"SECRET_KEY_FILE": "/run/secrets/goalline"}, "both set"),
    ],
)
def test_combinations_that_cannot_work_are_refused(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], words: str
) -> None:
    for name, value in (PRODUCTION | changes).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(env.BadSetting, match=words):
        read()


@pytest.mark.parametrize(
    ("given", "setting", "value"),
    [
        ({}, "BASE_URL", "http://localhost:8000"),
        ({}, "SECRET_KEY_FALLBACKS", []),
        ({"PORT": "9000"}, "BASE_URL", "http://localhost:9000"),
        ({"HOST": "::1"}, "BASE_URL", "http://[::1]:8000"),
        ({"HOST": "[2001:db8::1]"}, "BASE_URL", "http://[2001:db8::1]:8000"),
        ({"HOST": "[2001:db8::1]"}, "HOST", "2001:db8::1"),
        ({"HOST": "goals.shop.example"}, "BASE_URL", "http://goals.shop.example:8000"),
        ({"HOST": "0.0.0.0"}, "BASE_URL", "http://localhost:8000"),
        ({"HOST": "::"}, "BASE_URL", "http://localhost:8000"),
        ({"BASE_URL": "HTTPS://shop.example/"}, "BASE_URL", "https://shop.example"),
        ({"BASE_URL": "http://[::1]:8000"}, "BASE_URL", "http://[::1]:8000"),
        ({"ALLOWED_HOSTS": ".shop.example, ::1,[::2],*"}, "ALLOWED_HOSTS", [".shop.example", "[::1]", "[::2]", "*"]),
        ({"CSRF_TRUSTED_ORIGINS": "https://*.shop.example/"}, "CSRF_TRUSTED_ORIGINS", ["https://*.shop.example"]),
        ({"LOG_LEVEL": "warning"}, "LOG_LEVEL", "WARNING"),
        ({"COLLECT_SPOOL": "spool"}, "COLLECT_SPOOL", ROOT / "spool"),
        ({"REDIS_URL": "unix:///run/v.sock?db=3"}, "CELERY_BROKER_URL", "redis+socket:///run/v.sock?virtual_host=3"),
        ({"EMAIL_HOST": "mail.example"}, "EMAIL_BACKEND", "apps.mail.smtp.Backend"),
    ],
)  # fmt: skip
def test_what_is_right_is_taken(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], setting: str, value: object
) -> None:
    for name, word in given.items():
        monkeypatch.setenv(name, word)
    assert read()[setting] == value


def test_everybody_who_is_led_to_the_host_that_it_listens_on_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOST", "goals.shop.example")
    assert "goals.shop.example" in read()["ALLOWED_HOSTS"]


def test_secrets_may_lie_in_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = PRODUCTION | {"SECRET_KEY_FALLBACKS": "older,oldest", "EMAIL_HOST_PASSWORD": "pass word"}
    secrets = re.findall(
        r"`(\w+)_FILE`", (ROOT / "docs/operations.md").read_text(encoding="utf-8").split("| variable |")[0]
    )
    assert secrets == [
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "DATABASE_URL",
        "REDIS_URL",
        "EMAIL_HOST_PASSWORD",
    ]
    monkeypatch.setenv("EMAIL_HOST_USER", "goals")
    for name, value in given.items():
        if name in secrets:
            (tmp_path / name).write_text(f"{value}\n", encoding="utf-8")
            monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))
        else:
            monkeypatch.setenv(name, value)
    settings = read()
    assert settings["OWN_SERVERS"]
    assert settings["DATABASES"]["default"]["HOST"] == "db.example"
    assert [settings[name] for name in ("SECRET_KEY", "REDIS_URL", "EMAIL_HOST_PASSWORD")] == [
        given["SECRET_KEY"], given["REDIS_URL"], "pass word"
    ]  # fmt: skip
    assert settings["SECRET_KEY_FALLBACKS"] == ["older", "oldest"]
    assert not (tmp_path / "var").exists()


def test_a_refusal_never_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    for name, value in (
        ("DATABASE_URL", "postgresql://u:hushhush@h:x/y"),
        ("REDIS_URL", "redis://:hushhush@h:x/y"),
        ("SECRET_KEY", "hushhush"),
    ):
        monkeypatch.setenv(name, value)
        with pytest.raises(env.BadSetting) as refused:
            read()
        assert "hushhush" not in str(refused.value)
        monkeypatch.setenv(name, PRODUCTION[name])


ENTRIES = {
    "a command": ["manage.py", "check"],
    "up": ["manage.py", "up"],
    "help": ["manage.py", "help"],
    "a worker": ["-m", "celery", "-A", "config", "worker"],
    "beat": ["-m", "celery", "-A", "config", "beat"],
    "the web": ["-c", "import config.wsgi"],
}


def run(argv: list[str], **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *argv], cwd=ROOT, env={**os.environ, **given}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_process_says_it_in_words_and_ends_with_1(entry: str) -> None:
    done = run(ENTRIES[entry], **PRODUCTION, LOG_LEVEL="loud")
    assert (done.returncode, done.stdout, done.stderr) == (
        1, "", "LOG_LEVEL='loud': write DEBUG, INFO, WARNING, ERROR or CRITICAL.\n"
    )  # fmt: skip


def test_the_starter_of_the_servers_says_it_in_words_too() -> None:
    done = run(["-m", "apps.core.embedded", "start"], GOALLINE_VAR="/dev/null")
    assert (done.returncode, done.stderr) == (1, "GOALLINE_VAR='/dev/null': /dev/null is no folder.\n")


def test_a_database_that_is_not_there_is_said_without_a_traceback() -> None:
    done = run(
        ["manage.py", "migrate"], **PRODUCTION | {"DATABASE_URL": "postgresql://u:hushhush@127.0.0.1:1/x"}
    )
    assert done.returncode == 1
    assert done.stderr.startswith("PostgreSQL cannot be used. Correct DATABASE_URL, or start it.\n")
    assert "Traceback" not in done.stderr
    assert "hushhush" not in done.stderr
