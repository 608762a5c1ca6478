"""Where a visit came from."""

import random
from urllib.parse import parse_qsl, urlsplit

import pytest

from apps.visits import sources
from apps.visits.models import Visit
from apps.visits.sources import CLICKS, Kind, Origin, Source, origin

PAGE = "https://shop.example/shoes"
SITE = "https://shop.example"


def came(url=PAGE, referrer=None, **more):
    kind, name, _ = origin(url=url, referrer=referrer, site=SITE, **more).source
    return kind, name


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        (None, ("direct", "")),
        ("", ("direct", "")),
        ("about:blank", ("direct", "")),
        ("https://[oops/", ("direct", "")),
        ("javascript:alert(1)", ("direct", "")),
        ("https://shop.example/cart", ("internal", "shop.example")),
        ("http://www.shop.example:8080/", ("internal", "shop.example")),
        ("https://blog.shop.example/a", ("internal", "blog.shop.example")),
        ("https://notshop.example/", ("referral", "notshop.example")),
        ("https://www.google.com/", ("search", "google")),
        ("https://google.co.uk/search?q=x", ("search", "google")),
        ("https://images.google.de./", ("search", "google")),
        ("https://yandex.ru/search/?text=x", ("search", "yandex")),
        ("https://ya.ru/", ("search", "yandex")),
        ("https://m.search.naver.com/", ("search", "naver")),
        ("https://www.baidu.com/link?url=1", ("search", "baidu")),
        ("https://go.mail.ru/search", ("search", "mail.ru")),
        ("https://mail.google.com/mail/", ("email", "gmail")),
        ("https://e.mail.ru/inbox", ("email", "mail.ru")),
        ("https://google.evil.example/", ("referral", "google.evil.example")),
        ("https://l.facebook.com/l.php", ("social", "facebook")),
        ("https://t.co/abc", ("social", "twitter")),
        ("https://m.vk.com/away.php", ("social", "vk")),
        ("https://t.me/shop", ("messenger", "telegram")),
        ("https://web.whatsapp.com/", ("messenger", "whatsapp")),
        ("android-app://org.telegram.messenger/", ("messenger", "telegram")),
        ("android-app://com.google.android.googlequicksearchbox/https/www.google.com", ("search", "google")),
        ("android-app://com.other.app", ("referral", "com.other.app")),
        ("https://news.example.org/2026/11", ("referral", "news.example.org")),
        ("https://localhost:3000/", ("referral", "localhost")),
    ],
)
def test_the_referrer_says_where_from(referrer, expected):
    assert came(referrer=referrer) == expected


@pytest.mark.parametrize(
    ("query", "referrer", "expected"),
    [
        ("utm_source=Google&utm_medium=cpc", None, ("ad", "google")),
        ("utm_medium=CPC", "https://yandex.ru/", ("ad", "yandex")),
        ("gclid=x1", "https://www.google.com/", ("ad", "google")),
        ("yclid=77", None, ("ad", "yandex")),
        ("ctwa_clid=A", None, ("ad", "whatsapp")),
        ("msclkid=1&utm_source=bing&utm_medium=organic", None, ("ad", "bing")),
        ("fbclid=1", "https://l.facebook.com/", ("social", "facebook")),
        ("fbclid=1", None, ("social", "facebook")),
        ("fbclid=1&utm_medium=paid_social&utm_source=ig", None, ("ad", "ig")),
        ("utm_source=june&utm_medium=email", None, ("email", "june")),
        ("utm_source=telegram&utm_medium=post", None, ("messenger", "telegram")),
        ("utm_source=partner&utm_medium=link", None, ("campaign", "partner")),
        ("utm_campaign=Sale", None, ("campaign", "Sale")),
        ("utm_source=blogger", "https://www.instagram.com/", ("social", "blogger")),
        ("utm_source=x&utm_medium=referral", "https://news.example.org/", ("referral", "x")),
        ("utm_source=&utm_medium=", "https://ya.ru/", ("search", "yandex")),
        ("q=1", "https://ya.ru/", ("search", "yandex")),
    ],
)
def test_what_the_address_says_comes_before_the_referrer(query, referrer, expected):
    assert came(f"{PAGE}?{query}", referrer) == expected


def test_everything_that_was_said_is_kept():
    url = f"{PAGE}?utm_source=S&utm_medium=M&utm_campaign=C&utm_term=T%20t&utm_content=%D0%96&utm_source=again&gclid=g"
    assert origin(url=url, referrer=None, clicks={"yclid": "y", "other": "o"}) == Origin(
        Source("ad", "s", "C"), "S", "M", "T t", "Ж", (("yclid", "y"), ("gclid", "g"))
    )


def test_click_ids_that_were_sent_beside_the_address_count_first():
    assert origin(url=f"{PAGE}?gclid=url", referrer=None, clicks={"gclid": "sent"}).clicks == (
        ("gclid", "sent"),
    )


def test_hostile_addresses_say_little_and_break_nothing():
    for url in (
        None,
        "",
        "utm_source",
        "https://[::1?utm_source=x",
        "http://x/?utm_source=%00%ff" + "a" * 9000,
    ):
        found = origin(url=url, referrer=url)
        assert "\x00" not in "".join([found.utm_source, *found.source])
        assert all(len(text) <= 255 for text in (found.utm_source, found.source.name))


def test_the_stored_choices_are_the_kinds():
    assert [str(kind) for kind in Kind] == Visit.Source.values
    assert set(CLICKS) == {"yclid", "gclid", "fbclid", "msclkid", "ttclid", "ctwa_clid"}


PIECES = [
    *(
        "http",
        "https",
        "://",
        ":",
        "//",
        "/",
        "?",
        "#",
        "&",
        "=",
        "+",
        "%20",
        "%5f",
        "%",
        "%FF",
        "utm_source",
        "utm",
    ),
    *(
        "_medium",
        "gclid",
        "yclid",
        "a",
        " ",
        "\t",
        "[",
        "]",
        "shop.example",
        "www.",
        "é",
        "℀",
        "@",
        ":80",
        ";",
        "\x00",
    ),
]


def test_addresses_are_taken_apart_as_the_library_does_it():
    def plain(url):
        try:
            pairs = parse_qsl(urlsplit(url).query, errors="replace")
        except ValueError:
            return {}
        known = [(name, text) for name, text in pairs if name.startswith("utm_") or name in sources.CLICKS]
        return {name: text.strip().replace("\x00", "")[: sources.LONGEST] for name, text in reversed(known)}

    def host(url):
        try:
            parts = urlsplit(url)
            name = parts.hostname or ""
        except ValueError:
            return "", ""
        known = parts.scheme in {"http", "https", "android-app"}
        return (
            (name.rstrip(".").removeprefix("www.").replace("\x00", ""), parts.scheme) if known else ("", "")
        )

    rng = random.Random(1)
    for _ in range(20_000):
        some = "".join(rng.choice(PIECES) for _ in range(rng.randint(0, 12)))
        url = (
            rng.choice(["", "https://shop.example/?", "https://www.", "https://x.example/?utm_source=1&"])
            + some
        )
        if "utm_" in url or "clid" in url:
            assert sources._parameters(url) == plain(url), url
        assert sources._host(url) == host(url), url
