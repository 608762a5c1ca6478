"""Web-server logs in the combined format: every line is a hit or a bad line that says why."""

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.intake import accesslog
from apps.intake.services import import_access_log
from apps.visits.models import Hit
from tests.cast import Cast

SITE = "https://shop.example"
TAIL = b' 200 17 "-" "Mozilla/5.0"'


def line(request: bytes = b"GET / HTTP/1.1", tail: bytes = TAIL) -> bytes:
    return b'83.149.9.216 - ana [17/May/2015:10:05:03 +0200] "' + request + b'"' + tail


def read(text: bytes, occurrence: int = 0):
    return accesslog.hit(text, site=SITE, occurrence=occurrence)


def test_a_line_becomes_a_page_view() -> None:
    hit = read(line(b"GET /a?b=1 HTTP/1.1", b' 404 - "https://ref.example/x" "Mozilla/5.0 (\\"odd\\")"'))
    assert (hit.type, hit.url, hit.referrer) == ("pageview", SITE + "/a?b=1", "https://ref.example/x")
    assert hit.user_agent == 'Mozilla/5.0 ("odd")'
    assert hit.time == datetime(2015, 5, 17, 8, 5, 3, tzinfo=UTC)
    assert hit.client_id
    assert hit.client_id.isdigit()


def test_a_hyphen_is_no_referrer_and_no_agent() -> None:
    hit = read(line(tail=b' 200 17 "-" "-"'))
    assert (hit.referrer, hit.user_agent) == (None, None)


@pytest.mark.parametrize(
    ("request_line", "url"),
    [
        (b"GET /a HTTP/1.1", SITE + "/a"),
        (b"HEAD /a HTTP/1.0", SITE + "/a"),
        (b"PROPFIND /dav/ HTTP/2.0", SITE + "/dav/"),
        (b"GET /old", SITE + "/old"),  # HTTP/0.9
        (b"GET /a b c HTTP/1.1", SITE + "/a b c"),
        (b'GET /say?\\"hi\\"&back\\\\slash HTTP/1.1', SITE + '/say?"hi"&back\\slash'),
        (b"GET http://other.example/x HTTP/1.1", "http://other.example/x"),
        (b"OPTIONS * HTTP/1.1", SITE),
        (b"CONNECT mail.example:443 HTTP/1.1", "https://mail.example:443"),
        (b"GET index.html HTTP/1.1", SITE + "/index.html"),
        (b"GET /caf\\xc3\\xa9 HTTP/1.1", SITE + "/café"),
        (b"GET /caf\xc3\xa9 HTTP/1.1", SITE + "/café"),
        (b"GET /\\xe4\\x00 HTTP/1.1", SITE + "/%E4%00"),
        (b"GET /HTTP/1.1 HTTP/1.1", SITE + "/HTTP/1.1"),
    ],
)
def test_the_url_is_the_site_and_the_target(request_line: bytes, url: str) -> None:
    assert read(line(request_line)).url == url


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "empty"),
        (b"hello", "not the combined log format"),
        (line(b"-"), "names no target"),
        (line(b"GET"), "names no target"),
        (line(b"GET HTTP/1.1"), "names no target"),
        (line(b""), "names no target"),
        (line(b"\\x16\\x03\\x01\\x02"), "names no target"),
        (line()[:-1], "never closed"),
        (line().replace(b"May", b"Mai"), "is no 17/May"),
        (line().replace(b"17/May", b"31/Apr"), "does not exist"),
        (line(tail=b' 200 17 "-"'), "not the combined log format"),
    ],
)
def test_a_bad_line_says_why(text: bytes, why: str) -> None:
    with pytest.raises(accesslog.BadLine, match=why):
        read(text)


def test_a_leap_second_is_the_last_of_its_minute() -> None:
    assert read(line().replace(b"10:05:03", b"10:05:60")).time.second == 59


def test_client_ids_tell_address_and_agent_apart() -> None:
    other_agent = line(tail=b' 200 17 "-" "curl/8"')
    other_address = line().replace(b"83.149.9.216", b"83.149.9.217")
    ids = {read(text).client_id for text in (line(), line(b"POST /x HTTP/1.1"), other_agent, other_address)}
    assert len(ids) == 3


def test_equal_lines_are_told_apart_by_their_order() -> None:
    repeats = accesslog.Repeats([b"a", b"b", b"a", b"c", b"a"])
    assert repeats.lines == 5
    assert [repeats.occurrence(text) for text in (b"a", b"b", b"a", b"c", b"a")] == [0, 0, 1, 0, 2]
    assert len({accesslog.hit_id(b"a", n) for n in range(3)}) == 3
    assert accesslog.hit_id(b"a1", 0) != accesslog.hit_id(b"a", 10)


def a_log(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


LINES = (
    line(b"GET /a HTTP/1.1"),
    line(b"GET /b HTTP/1.1"),
    line(b"GET /a HTTP/1.1"),
    line(b"-"),
    line(tail=b' 301 0 "-" "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"'),
)


@pytest.mark.django_db
def test_every_line_is_a_hit_a_duplicate_or_bad(cast: Cast, tmp_path: Path) -> None:
    log = a_log(tmp_path / "access.log", *LINES)
    first = import_access_log(counter=cast.counter, path=log)
    assert (first.lines, first.hits, first.duplicates, first.bad) == (5, 4, 0, 1)
    assert first.told == ["line 4: the request '-' names no target"]
    again = import_access_log(counter=cast.counter, path=log)
    assert (again.lines, again.hits, again.duplicates, again.bad) == (5, 0, 4, 1)
    stored = Hit.objects.filter(account_id=cast.account.pk).order_by("url")
    assert list(stored.values_list("url", "robot")) == [
        (SITE + "/", True),
        (SITE + "/a", False),
        (SITE + "/a", False),
        (SITE + "/b", False),
    ]


@pytest.mark.django_db
def test_the_rest_of_a_log_that_grew_is_all_that_is_new(cast: Cast, tmp_path: Path) -> None:
    log = a_log(tmp_path / "access.log", *LINES[:2])
    assert import_access_log(counter=cast.counter, path=log).hits == 2
    log = a_log(tmp_path / "access.log.gz", *LINES)
    log.write_bytes(gzip.compress(log.read_bytes()))
    grown = import_access_log(counter=cast.counter, path=log)
    assert (grown.lines, grown.hits, grown.duplicates, grown.bad) == (5, 2, 2, 1)


@pytest.mark.django_db
def test_the_command_counts_and_shows(cast: Cast, tmp_path: Path) -> None:
    out = io.StringIO()
    log = a_log(tmp_path / "access.log", *LINES)
    call_command("import_access_log", str(log), counter=cast.counter.pk, stdout=out)
    assert out.getvalue().splitlines() == [
        "Bad line 4: the request '-' names no target",
        "4 hits + 0 duplicates + 1 bad lines = 5 lines",
    ]


@pytest.mark.django_db
def test_many_bad_lines_are_counted_not_all_shown(cast: Cast, tmp_path: Path) -> None:
    out = io.StringIO()
    call_command(
        "import_access_log",
        str(a_log(tmp_path / "access.log", *[b"x"] * 30)),
        counter=cast.counter.pk,
        stdout=out,
    )
    shown = out.getvalue().splitlines()
    assert len(shown) == 22
    assert shown[-2:] == ["... and 10 more bad lines", "0 hits + 0 duplicates + 30 bad lines = 30 lines"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.django_db
def test_a_terminal_sees_a_bar(cast: Cast, tmp_path: Path) -> None:
    out = Terminal()
    log = a_log(tmp_path / "access.log", *LINES)
    call_command("import_access_log", str(log), counter=cast.counter.pk, stdout=out, no_color=True)
    assert f"\r[{'#' * 30}] 5 of 5 lines\n" in out.getvalue()


@pytest.mark.django_db
def test_no_counter_and_no_file_are_told(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no counter"):
        call_command("import_access_log", str(tmp_path / "x"), counter=10**9)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_access_log", str(tmp_path / "x"), counter=cast.counter.pk)
