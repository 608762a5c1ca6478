"""Web-server logs: every line is a hit, an answer without a page or a bad line that says why."""

import bz2
import gzip
import io
import lzma
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.intake import accesslog, log_formats
from apps.intake.agents import recognise
from apps.intake.log_formats import BadFormat, BadLine
from apps.intake.services import import_access_log
from apps.visits.models import Hit
from tests.cast import Cast

SITE = "https://shop.example"
TAIL = b' 200 17 "-" "Mozilla/5.0"'


def line(request: bytes = b"GET / HTTP/1.1", tail: bytes = TAIL) -> bytes:
    return b'83.149.9.216 - ana [17/May/2015:10:05:03 +0200] "' + request + b'"' + tail


def read(text: bytes, name: str = "combined", **options):
    return accesslog.hit(text, log_formats.reader(name), site=SITE, occurrence=0, **options)


def test_a_line_becomes_a_page_view() -> None:
    hit = read(line(b"GET /a?b=1 HTTP/1.1", b' 200 - "https://ref.example/x" "Mozilla/5.0 (\\"odd\\")"'))
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
        (b"GET http://shop.example/x HTTP/1.1", "http://shop.example/x"),
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
        (b"hello", "another format"),
        (line(b"-"), "none of HTTP"),
        (line(b"GET"), "none of HTTP"),
        (line(b"GET HTTP/1.1"), "names no target"),
        (line(b""), "none of HTTP"),
        (line(b"\\x16\\x03\\x01\\x02"), "none of HTTP"),
        # noise of other protocols, and what asks for no page of the site
        (line(b"t3 12.2.1"), "none of HTTP"),
        (line(b"EHLO mail.example"), "none of HTTP"),
        (line(b"PRI * HTTP/2.0"), "none of HTTP"),
        (line(b"OPTIONS * HTTP/1.1"), "asks for no page"),
        (line(b"CONNECT mail.example:443 HTTP/1.1"), "asks for no page"),
        (line(b"GET http://other.example/x HTTP/1.1"), "another site"),
        # text before or inside the address is not the visitor's
        (b"shop.example " + line(), "before the address"),
        (b"shop.example:443 " + line(), "before the address"),
        (line().replace(b"83.149.9.216", b"203.0.113.5, 10.0.0.1"), "no address|before the address"),
        (line().replace(b"83.149.9.216", b"83.149.9.216\0"), "no address"),
        (
            line().replace(b"83.149.9.216", b"10.0.2.100 (198.51.100.7, 10.0.0.1)"),
            "no address|another format",
        ),
        (line().replace(b"83.149.9.216", b"word"), "no address"),
        (line()[:-1], "never closed"),
        (line().replace(b"May", b"Mai"), "is no 17/May"),
        (line().replace(b"17/May", b"31/Apr"), "does not exist"),
        (line(tail=b' 200 17 "-"'), "another format"),
    ],
)
def test_a_bad_line_says_why(text: bytes, why: str) -> None:
    with pytest.raises(BadLine, match=why):
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
    assert first.told == ["line 4: the request '-' is none of HTTP"]
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
        "The log's format is taken for combined; --format names another.",
        "Bad line 4: the request '-' is none of HTTP",
        "4 hits + 0 duplicates + 0 answers without a page + 1 bad lines = 5 lines",
    ]


@pytest.mark.django_db
def test_many_bad_lines_are_counted_not_all_shown(cast: Cast, tmp_path: Path) -> None:
    out = io.StringIO()
    call_command(
        "import_access_log",
        str(a_log(tmp_path / "access.log", *[b"x"] * 30)),
        counter=cast.counter.pk,
        format="combined",
        stdout=out,
    )
    shown = out.getvalue().splitlines()
    assert len(shown) == 22
    assert shown[-2:] == [
        "... and 10 more bad lines",
        "0 hits + 0 duplicates + 0 answers without a page + 30 bad lines = 30 lines",
    ]


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


WHEN = b"[17/May/2015:10:05:03 +0200]"
REST = b" - - " + WHEN + b' "GET /a HTTP/1.1" 200 17 "https://ref.example/" "Mozilla/5.0 (odd)"'
SHORT = b" - - " + WHEN + b' "GET /a HTTP/1.1" 200 17'
NGINX_JSON = b'{"time_iso8601":"2015-05-17T10:05:03+02:00","remote_addr":"10.0.0.1","http_x_forwarded_for":"203.0.113.5, 10.0.0.2","request":"GET /a HTTP/1.1","status":"200","http_referer":"https://ref.example/","http_user_agent":"Mozilla/5.0 (odd)"}'
CADDY_JSON = b'{"level":"info","ts":1431849903.0,"request":{"remote_ip":"203.0.113.5","method":"GET","host":"shop.example","uri":"/a","headers":{"User-Agent":["Mozilla/5.0 (odd)"],"Referer":["https://ref.example/"]}},"status":200}'
TRAEFIK_JSON = b'{"ClientHost":"203.0.113.5","RequestMethod":"GET","RequestPath":"/a","DownstreamStatus":200,"StartUTC":"2015-05-17T08:05:03Z","request_User-Agent":"Mozilla/5.0 (odd)","request_Referer":"https://ref.example/"}'
FORMATS = [
    ("combined", b"203.0.113.5" + REST),
    ("combined", b"<134>Nov 28 05:01:02 web1 nginx: 203.0.113.5" + REST),
    ("combined", b"<165>1 2026-11-28T05:01:02.003Z web1 nginx 812 - - 203.0.113.5" + REST),
    ("combined", b"\xef\xbb\xbf203.0.113.5" + REST),
    ("combined", b"::ffff:203.0.113.5" + REST),
    ("combined", b"203.0.113.5:51234" + REST),
    ("common", b"203.0.113.5" + SHORT),
    ("vhost_combined", b"shop.example:443 203.0.113.5" + REST),
    ("vhost_combined_no_port", b"shop.example 203.0.113.5" + REST),
    ("vhost_common", b"shop.example 203.0.113.5" + SHORT),
    ("forwarded_combined", b"203.0.113.5, 10.0.0.1" + REST),
    ("forwarded_combined", b"203.0.113.5, 10.0.0.1, 10.0.0.2" + REST),
    ("proxied_combined", b"10.0.2.100 (203.0.113.5, 10.0.0.1)" + REST),
    ("nginx_main", b"10.0.0.1" + REST + b' "203.0.113.5, 10.0.0.2"'),
    ("nginx_main", b"203.0.113.5" + REST + b' "-"'),
    ("json", NGINX_JSON),
    ("json", CADDY_JSON),
    ("json", TRAEFIK_JSON),
]


@pytest.mark.parametrize(("name", "text"), FORMATS)
def test_formats_are_guessed_and_say_the_same(name: str, text: bytes) -> None:
    assert log_formats.guess([b"", text, text]) == name
    hit = read(text, name)
    assert (hit.url, hit.ip, hit.time) == (
        SITE + "/a",
        "203.0.113.5",
        datetime(2015, 5, 17, 8, 5, 3, tzinfo=UTC),
    )
    if "common" not in name:
        assert (hit.referrer, hit.user_agent) == ("https://ref.example/", "Mozilla/5.0 (odd)")
        assert (
            hit.client_id == read(b"203.0.113.5" + REST).client_id
        )  # one person, whatever stands around the address


PATTERNS = [
    ('%a %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %D', b"203.0.113.5" + REST + b" 1234"),
    ('%t %{X-Forwarded-For}i "%r" %>s', WHEN + b' 203.0.113.5, 10.0.0.1 "GET /a HTTP/1.1" 200'),
    (
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time',
        b"203.0.113.5" + REST + b" 0.012",
    ),
    (
        '[$time_iso8601] $host $http_x_forwarded_for "$request_method $request_uri" $status',
        b'[2015-05-17T10:05:03+02:00] shop.example 203.0.113.5 "GET /a" 200',
    ),
    ("$msec|$remote_addr|$request|$status", b"1431849903.000|203.0.113.5|GET /a HTTP/1.1|200"),
]


@pytest.mark.parametrize(("pattern", "text"), PATTERNS)
def test_the_servers_own_pattern_is_a_format(pattern: str, text: bytes) -> None:
    hit = read(text, pattern)
    assert (hit.url, hit.ip, hit.time) == (
        SITE + "/a",
        "203.0.113.5",
        datetime(2015, 5, 17, 8, 5, 3, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("combine", "There is no format"),
        ("%h %t", "says no request"),
        ('%h "%r"', "says no time"),
        ('%t "%r"', "says no address"),
    ],
)
def test_a_format_that_says_too_little_is_refused(name: str, why: str) -> None:
    with pytest.raises(BadFormat, match=why):
        log_formats.reader(name)


def test_a_log_of_no_known_format_is_refused_and_not_guessed_at() -> None:
    with pytest.raises(BadFormat, match="Name the format"):
        log_formats.guess([b"one two three"] * 3 + [b"203.0.113.5" + REST])


def test_an_address_that_is_none_names_nobody() -> None:
    hit = read(line().replace(b"83.149.9.216", b"-"))
    assert (hit.client_id, hit.ip) == (None, None)
    named = read(line().replace(b"83.149.9.216", b"Host-7.Provider.example"))
    assert named.client_id
    assert named.ip == "host-7.provider.example"


@pytest.mark.parametrize(
    ("status", "page"),
    [(200, True), (206, True), (301, True), (304, True), (404, False), (500, False), (101, False)],
)
def test_answers_without_a_page_are_no_page_views_unless_asked_for(status: int, page: bool) -> None:
    text = line(tail=b' %d 17 "-" "Mozilla/5.0"' % status)
    assert (read(text) is not None) is page
    assert read(text, all_statuses=True) is not None


HEALTH_CHECKS = [
    "kube-probe/1.29", "ELB-HealthChecker/2.0", "GoogleHC/1.0", "Hetzner Systems Monitoring", "HAProxy/2.8", "Envoy/HC",
    "Consul Health Check", "Healthchecks.io", "FreshpingBot/1.0", "cron-job.org", "Amazon-Route53-Health-Check-Service (ref x)",
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "Pingdom.com_bot_version_1.4", "Blackbox Exporter/0.24",
]  # fmt: skip


@pytest.mark.parametrize("agent", HEALTH_CHECKS)
def test_a_health_check_is_a_robot(agent: str) -> None:
    assert recognise(agent).robot


@pytest.mark.django_db
def test_place_and_consent_work_for_a_logs_lines(cast: Cast, tmp_path: Path) -> None:
    from apps.counters.services import save_counter

    save_counter(account_id=cast.account.pk, user_id=None, number=cast.counter.pk, consent="required")
    other = line().replace(b"83.149.9.216", b"83.149.9.217")
    import_access_log(
        counter=cast.counter, path=a_log(tmp_path / "access.log", line(), line(b"GET /b HTTP/1.1"), other)
    )
    visitors = [(row.detail or {}).get("visitor") for row in Hit.objects.filter(counter_id=cast.counter.pk)]
    assert len(set(visitors)) == 2  # the two strangers of the log, not one
    assert "83.149" not in str(list(Hit.objects.values()))


@pytest.mark.django_db
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_are_known_by_their_first_bytes(cast: Cast, tmp_path: Path, pack) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(pack(line() + b"\n"))
    assert import_access_log(counter=cast.counter, path=log).hits == 1


@pytest.mark.django_db
def test_a_plain_file_may_be_named_as_if_it_were_packed(cast: Cast, tmp_path: Path) -> None:
    assert import_access_log(counter=cast.counter, path=a_log(tmp_path / "access.log.gz", line())).hits == 1
    packed = tmp_path / "access.log.zst"
    packed.write_bytes(b"\x28\xb5\x2f\xfd....")
    with pytest.raises(CommandError, match="zstd; unpack it first"):
        call_command("import_access_log", str(packed), counter=cast.counter.pk)


@pytest.mark.django_db
def test_the_command_names_the_format_and_leaves_out_what_is_no_page(cast: Cast, tmp_path: Path) -> None:
    out = io.StringIO()
    missing = b"shop.example:443 " + line(tail=b' 404 17 "-" "Mozilla/5.0"')
    log = a_log(tmp_path / "access.log", b"shop.example:443 " + line(), missing)
    call_command("import_access_log", str(log), counter=cast.counter.pk, stdout=out)
    assert out.getvalue().splitlines() == [
        "The log's format is taken for vhost_combined; --format names another.",
        "1 hits + 0 duplicates + 1 answers without a page + 0 bad lines = 2 lines",
    ]
    out = io.StringIO()
    call_command(
        "import_access_log",
        str(log),
        counter=cast.counter.pk,
        all_statuses=True,
        format="vhost_combined",
        stdout=out,
    )
    assert out.getvalue() == "1 hits + 1 duplicates + 0 answers without a page + 0 bad lines = 2 lines\n"
    with pytest.raises(CommandError, match="There is no format"):
        call_command("import_access_log", str(log), counter=cast.counter.pk, format="combine")
