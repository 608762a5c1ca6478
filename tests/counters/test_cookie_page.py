"""The page about cookies: for everybody, in their language, true to the counter's settings, safe to embed."""

import json
import re
from html import unescape
from html.parser import HTMLParser

import pytest
from django.test import Client

from apps.accounts.models import Account
from apps.core import languages
from apps.counters import cookies, services
from tests import factories

ISOLATES = re.compile("[\u2068\u2069]")
OPT_OUT = "https://shop.example/?goalline_optout=1"


@pytest.fixture
def counter(db):
    return factories.a_counter(factories.an_account("Shop"))


def get(counter, *, status=200, accepts=None, **query):
    headers = {"Accept-Language": accepts} if accepts else {}
    answer = Client().get(f"/cookies/{counter.pk}/", query, headers=headers)
    assert answer.status_code == status
    return answer


def words(answer) -> str:
    """What people read, without the marks around names."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", ISOLATES.sub("", unescape(text)))


def save(counter, **values):
    return services.save_counter(account_id=counter.account_id, user_id=None, number=counter.pk, **values)


class Tags(HTMLParser):
    """The elements of a page, with attributes; ends are checked against beginnings."""

    VOID = frozenset({"meta", "link", "br", "img"})

    def __init__(self, answer) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(answer.content.decode())
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_everybody_may_read_it_and_it_sets_and_runs_nothing(counter):
    answer = get(counter)
    assert answer.cookies == {}
    assert "Cookie" not in answer["Vary"]
    tags = Tags(answer)
    assert tags.all("script") == tags.all("form") == tags.all("img") == []
    assert not [name for _, attributes in tags.found for name in attributes if name.startswith("on")]
    assert not [name for _, attributes in tags.found for name in attributes if name == "style"]
    policy = answer["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Cache-Control"] == "public, max-age=300"


def test_it_costs_one_query(counter, django_assert_num_queries):
    with django_assert_num_queries(1):
        get(counter)


@pytest.mark.parametrize("number", ["0", "99999999", "9" * 30, "9" * 5000])
def test_a_counter_that_is_not_there(db, number):
    assert Client().get(f"/cookies/{number}/").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_only_read(counter, method):
    assert getattr(Client(), method)(f"/cookies/{counter.pk}/").status_code == 405


def test_an_archived_counter_keeps_its_page_because_browsers_keep_its_cookies(counter):
    assert "The measurement has ended" not in words(get(counter))
    services.archive_counter(account_id=counter.account_id, user_id=None, number=counter.pk)
    assert "The measurement has ended: nothing new is kept." in words(get(counter))


@pytest.mark.parametrize(
    ("accepts", "wanted", "language"),
    [
        (None, None, "en"),
        ("de-CH,de;q=0.9,en;q=0.5", None, "de"),
        ("fr-CA,fr;q=0.9,es-419;q=0.8,en;q=0.7", None, "es"),
        ("en;q=0.3, ko;q=0.9", None, "ko"),
        ("ru;q=0, en", None, "en"),
        ("*", None, "en"),
        ("\u00ff;;;q=x", None, "en"),
        ("x" * 10_000, None, "en"),
        ("de", "ru", "ru"),
        ("de", "ES_mx", "es"),
        ("de", "klingon", "de"),
        (None, "../../etc", "en"),
    ],
)
def test_it_speaks_the_visitors_language(counter, accepts, wanted, language):
    answer = get(counter, accepts=accepts, **({"lang": wanted} if wanted else {}))
    assert answer["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]
    (html,) = Tags(answer).all("html")
    assert html == {"lang": language, "dir": "ltr"}


def test_each_language_is_offered_by_its_own_name(counter):
    answer = get(counter, lang="ko", embed="1")
    offered = [each for each in Tags(answer).all("a") if each.get("hreflang")]
    assert [each["href"] for each in offered] == [f"?lang={code}&embed=1" for code in languages.PUBLIC]
    assert [each["lang"] for each in offered if "aria-current" in each] == ["ko"]
    for name in languages.PUBLIC.values():
        assert name in words(answer)


@pytest.mark.parametrize("language", languages.PUBLIC)
def test_the_whole_list_stands_on_it_in_four_categories(counter, language):
    said = json.loads(get(counter, lang=language, format="json").content)
    (listed,) = [each for each in said["sections"] if each["key"] == "list"]
    assert [group["category"] for group in listed["groups"]] == list(cookies.CATEGORIES)
    rows = [
        (row["name"], row["kind"], group["category"]) for group in listed["groups"] for row in group["rows"]
    ]
    assert sorted(rows) == sorted((each.name, each.kind, each.category) for each in cookies.DECLARED)
    page = words(get(counter, lang=language))
    for group in listed["groups"]:
        assert group["name"] in page
        assert group["explanation"] in page
        for row in group["rows"]:
            for value in (row["name"], row["kept_in"], row["purpose"], row["lifetime"]):
                assert value
                assert value in page


def test_it_explains_what_the_source_explains(counter):
    page = words(get(counter))
    for said in (
        "Cookies are small text files",
        "Local storage is the part of your browser",
        "Page tags, also called pixels or web beacons",
        "how often that page or e-mail has been viewed",
        "falls into one of four categories",
        "Most browsers accept cookies by default",
        "If you refuse",
        "does not cover the sites and services of third parties",
        "your first visit",
        "the campaign",
        "country and city",
        "when you were invited to chat, closed the window or asked to be called back",
    ):
        assert said in page, said


@pytest.mark.parametrize(
    ("values", "said", "unsaid"),
    [
        ({}, ["This site measures without asking first."], ["Without your consent"]),
        (
            {"consent": "required"},
            ["Only what is strictly necessary", "Without your consent only page views", "change your mind"],
            ["without asking first", "not counted at all"],
        ),
        (
            {"consent": "required", "without_consent": "nothing"},
            ["Only what is strictly necessary", "Without your consent you are not counted at all."],
            ["only page views"],
        ),
        (
            {"consent": "by_category"},
            [
                "you decide for each category",
                "only if you agree to the category Targeting",
                "only page views",
            ],
            ["Only what is strictly necessary", "without asking first"],
        ),
        ({}, ["does not act on the signals"], ["If your browser sends"]),
        (
            {"respect_dnt": True},
            ["If your browser sends Do Not Track, you count as not", "Without your consent only page views"],
            ["does not act on the signals", "Global Privacy Control"],
        ),
        (
            {"respect_gpc": True, "without_consent": "nothing"},
            ["If your browser sends Global Privacy Control, you", "not counted at all"],
            ["Do Not Track"],
        ),
        ({"respect_dnt": True, "respect_gpc": True}, ["Do Not Track or Global Privacy Control, you"], []),
        ({}, ["if you sign in"], []),
        ({"user_ids": False}, [], ["if you sign in"]),
    ],
)
def test_it_says_what_the_counters_settings_mean(counter, values, said, unsaid):
    save(counter, **values)
    page = words(get(counter))
    assert [each for each in said if each not in page] == []
    assert [each for each in unsaid if each in page] == []


@pytest.mark.parametrize(("kept", "said"), [("keep", True), ("mask", False), ("drop", False)])
def test_it_says_whether_messages_are_kept(counter, kept, said):
    Account.objects.filter(pk=counter.account_id).update(message_text=kept)
    page = words(get(counter))
    assert ("Of your chats: the messages" in page) is said
    assert ("not what you wrote" in page) is not said


@pytest.mark.parametrize(
    ("hits", "texts", "kept", "said"),
    [
        (None, None, "keep", ["is kept until Shop deletes it"]),
        (1, None, "keep", ["visits is deleted after 1 day."]),
        (400, 30, "keep", ["visits is deleted after 400 days.", "chats are deleted after 30 days."]),
        (400, 30, "drop", ["visits is deleted after 400 days."]),
    ],
)
def test_it_says_how_long_things_are_kept(counter, hits, texts, kept, said):
    Account.objects.filter(pk=counter.account_id).update(hits_days=hits, texts_days=texts, message_text=kept)
    page = words(get(counter))
    assert re.findall(
        r"visits is kept until [^.]+|(?:visits is|chats are) deleted after \d+ days?\.", page
    ) == [each if "after" in each else f"visits {each}" for each in said]
    assert ("Results stay" in page) is (hits is not None)
    assert "You can ask Shop to show you what is kept about you, and to erase it." in page


def test_each_site_has_its_link_to_opt_out_and_one_to_undo_it(counter):
    save(counter, allowed_origins=["https://xn--mnchen-3ya.example:8443", "https://shop.example"])
    answer = get(counter)
    links = [each for each in Tags(answer).all("a") if "goalline_optout" in str(each["href"])]
    assert [(each["href"], each["target"]) for each in links] == [
        (OPT_OUT, "_top"),
        ("https://shop.example/?goalline_optout=0", "_top"),
        ("https://xn--mnchen-3ya.example:8443/?goalline_optout=1", "_top"),
        ("https://xn--mnchen-3ya.example:8443/?goalline_optout=0", "_top"),
    ]
    assert "Do not count me on münchen.example:8443" in words(answer)


def test_only_the_counters_own_sites_may_frame_it(counter):
    save(counter, allowed_origins=["https://m.shop.example", "http://localhost:8080", "http://[::1]:81"])
    answer = get(counter, embed="1")
    policy = answer["Content-Security-Policy"]
    assert policy.endswith(
        "frame-ancestors https://shop.example https://m.shop.example http://localhost:8080"
    )
    assert "X-Frame-Options" not in answer
    assert get(counter, embed="yes")["X-Frame-Options"] == "DENY"


def test_an_origin_cannot_write_into_the_policy(counter):
    """Browsers allow `;`, `,` and `*` in hosts; a policy would read them as its own."""
    odd = ["https://a;script-src", "https://a,b.example", "https://*.example", "https://'self'"]
    save(counter, allowed_origins=odd)
    policy = get(counter, embed="1")["Content-Security-Policy"]
    assert policy.endswith("; frame-ancestors https://shop.example")


def test_a_server_embeds_it_as_a_fragment(counter):
    answer = get(counter, format="fragment", lang="es")
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Access-Control-Allow-Origin"] == "*"
    tags = Tags(answer)
    assert tags.found[0] == ("div", {"class": "goalline-cookies", "lang": "es", "dir": "ltr"})
    assert {name for name, _ in tags.found}.isdisjoint({"html", "head", "body", "link", "style", "h1"})
    assert OPT_OUT in answer.content.decode()


def test_a_program_reads_it_as_json(counter):
    answer = get(counter, format="json", lang="de")
    assert answer["Content-Type"] == "application/json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    said = json.loads(answer.content)
    assert (said["language"], said["direction"]) == ("de", "ltr")
    assert [each["key"] for each in said["sections"]] == [
        "about",
        "techniques",
        "purposes",
        "list",
        "kept",
        "consent",
        "refusing",
        "refused",
        "retention",
        "others",
    ]
    assert said["sections"][6]["links"][0]["url"] == OPT_OUT


def test_another_format_is_refused_by_name(counter):
    answer = get(counter, status=400, format="<xml>")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == "format is '<xml>'; it is one of page, fragment, json."


HOSTILE = "</title><script>alert(1)</script>{{ 7 }}{% now %} %(site)s %s \"'><img src=x onerror=alert(2)>\u202edlrow"


@pytest.mark.parametrize("language", languages.PUBLIC)
def test_names_are_text_in_every_language(db, language):
    account = factories.an_account(HOSTILE)
    counter = factories.a_counter(account, name=HOSTILE)
    for form in ("page", "fragment"):
        answer = get(counter, lang=language, format=form)
        tags = Tags(answer)
        assert tags.all("script") == tags.all("img") == []
        assert unescape(answer.content.decode()).count(f"\u2068{HOSTILE}\u2069") >= 3
    said = json.loads(get(counter, lang=language, format="json").content)
    assert HOSTILE in said["sections"][0]["paragraphs"][0]


def test_a_language_that_runs_from_right_to_left_turns_the_page(counter, monkeypatch):
    """None of the five does; the page is ready for one that does."""
    monkeypatch.setitem(languages.PUBLIC, "ar", "العربية")
    (html,) = Tags(get(counter, lang="ar")).all("html")
    assert html == {"lang": "ar", "dir": "rtl"}
