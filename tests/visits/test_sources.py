"""Where a visit came from."""

import random
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings

from apps.visits import sources
from apps.visits.models import Visit
from apps.visits.sources import CLICKS, Kind, Origin, Source, origin, own_sites

PAGE = "https://shop.example/shoes"
OWN = own_sites(["https://shop.example", "https://pay.partner.example"], ["bank.example"])


def came(url=PAGE, referrer=None, own=OWN, **more):
    kind, name, _ = origin(url=url, referrer=referrer, own=own, **more).source
    return kind, name


APPS = [
    ("com.google.android.youtube", ("social", "youtube")),
    ("com.twitter.android", ("social", "twitter")),
    ("com.zhiliaoapp.musically", ("social", "tiktok")),
    ("com.vkontakte.android", ("social", "vk")),
    ("com.facebook.orca", ("messenger", "messenger")),
    ("com.slack", ("messenger", "slack")),
    ("com.microsoft.office.outlook", ("email", "outlook")),
    ("com.openai.chatgpt", ("assistant", "chatgpt")),
]


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
        # a search engine's name is not enough
        ("https://accounts.google.com/o/oauth2", ("internal", "accounts.google.com")),
        ("https://pay.google.com/gp/p", ("internal", "pay.google.com")),
        ("https://passport.yandex.ru/auth", ("internal", "passport.yandex.ru")),
        ("https://gemini.google.com/app", ("assistant", "gemini")),
        ("https://groups.google.com/g/x", ("referral", "groups.google.com")),
        ("https://news.google.com/", ("referral", "news.google.com")),
        ("https://market.yandex.ru/", ("referral", "market.yandex.ru")),
        ("https://zen.yandex.ru/media", ("social", "dzen")),
        ("https://mail.aol.com/webmail", ("email", "aol mail")),
        ("https://signal.nl/", ("referral", "signal.nl")),
        ("https://ask.example.com/", ("referral", "ask.example.com")),
        ("https://search.yahoo.co.jp/search", ("search", "yahoo")),
        ("https://www.google.com.br/", ("search", "google")),
        ("https://yandex.com.tr/search", ("search", "yandex")),
        ("https://chatgpt.com/", ("assistant", "chatgpt")),
        ("https://www.perplexity.ai/search", ("assistant", "perplexity")),
        # sign-in and payment are on the way, not where from
        ("https://www.paypal.com/checkoutnow", ("internal", "paypal.com")),
        ("https://checkout.stripe.com/c/pay", ("internal", "checkout.stripe.com")),
        ("https://login.microsoftonline.com/", ("internal", "login.microsoftonline.com")),
        ("https://tenant.eu.auth0.com/", ("internal", "tenant.eu.auth0.com")),
        ("https://sso.company.example.org/", ("internal", "sso.company.example.org")),
        ("https://acs.bank.example/", ("internal", "acs.bank.example")),
        ("https://webmail.university.example.org/", ("email", "webmail.university.example.org")),
        # the counter's allowed origins, and what is registered with them
        ("https://pay.partner.example/ok", ("internal", "pay.partner.example")),
        ("https://www.partner.example/", ("internal", "partner.example")),
        # who has a page or a host at a platform is not the platform
        ("https://someone.tumblr.com/", ("referral", "someone.tumblr.com")),
        ("https://www.tumblr.com/", ("social", "tumblr")),
        ("https://vk.com.evil.example/", ("referral", "vk.com.evil.example")),
        *((f"android-app://{app}/", expected) for app, expected in APPS),
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
        ("fbclid=1&utm_medium=paid_social&utm_source=ig", None, ("ad", "instagram")),
        ("utm_source=june&utm_medium=email", None, ("email", "june")),
        ("utm_source=telegram&utm_medium=post", None, ("messenger", "telegram")),
        ("utm_source=partner&utm_medium=link", None, ("campaign", "partner")),
        ("utm_campaign=Sale", None, ("campaign", "Sale")),
        ("utm_source=blogger", "https://www.instagram.com/", ("social", "blogger")),
        ("utm_source=x&utm_medium=referral", "https://news.example.org/", ("referral", "x")),
        ("utm_source=&utm_medium=", "https://ya.ru/", ("search", "yandex")),
        ("q=1", "https://ya.ru/", ("search", "yandex")),
        # blank, _ and - are one, and none
        ("utm_medium=Paid%20Social&utm_source=fb", None, ("ad", "facebook")),
        ("utm_medium=Paid+Search&utm_source=g", None, ("ad", "g")),
        ("utm_medium=PAID-SEARCH&utm_source=google", None, ("ad", "google")),
        ("utm_medium=paid_video&utm_source=yt", None, ("ad", "youtube")),
        ("utm_medium=E%20mail&utm_source=june", None, ("email", "june")),
        ("utm_medium=e-mail&utm_source=june", None, ("email", "june")),
        ("utm_medium=Social_Media&utm_source=OK", None, ("social", "odnoklassniki")),
        ("utm_medium=organic%20social&utm_source=vkontakte", None, ("social", "vk")),
        # short names and hosts stand for the network
        ("utm_source=fb", None, ("social", "facebook")),
        ("utm_source=tg", None, ("messenger", "telegram")),
        ("utm_source=t.me", None, ("messenger", "telegram")),
        ("utm_source=Facebook.com", None, ("social", "facebook")),
        ("utm_source=l.instagram.com", None, ("social", "instagram")),
        ("utm_source=chatgpt.com", None, ("assistant", "chatgpt")),
        ("utm_source=google_ads", None, ("ad", "google")),
        ("utm_source=partner.example", None, ("campaign", "partner.example")),
        # the advert says that it was paid, the referrer where
        ("gclid=1", "https://m.youtube.com/watch", ("ad", "youtube")),
        ("gclid=1", "https://accounts.google.com/", ("ad", "google")),
        ("gclid=1", None, ("ad", "google")),
        ("gbraid=1", None, ("ad", "google")),
        ("wbraid=1", None, ("ad", "google")),
        ("dclid=1", "https://news.example.org/", ("ad", "news.example.org")),
        ("yclid=1", "https://dzen.ru/", ("ad", "dzen")),
        ("fbclid=1", "https://l.instagram.com/", ("social", "instagram")),
        # copied out of a page's source
        ("utm_source=june&amp;utm_medium=email", None, ("email", "june")),
        ("a=1&amp;gclid=7", None, ("ad", "google")),
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
    assert set(CLICKS) == {
        *("yclid", "gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "ctwa_clid")
    }


def test_tag_and_server_know_the_same_click_ids():
    source = Path(settings.BASE_DIR, "static/tag/src/5-hits.js").read_text(encoding="utf-8")
    (listed,) = re.findall(r'const CLICKS = "([^"]+)"', source)
    assert listed.split("|") == list(CLICKS)


PLATFORM = [
    ("https://shop.github.io", "https://shop.github.io/", ("internal", "shop.github.io")),
    ("https://shop.github.io", "https://a.shop.github.io/", ("internal", "a.shop.github.io")),
    ("https://shop.github.io", "https://other.github.io/", ("referral", "other.github.io")),
    ("https://shop.github.io", "https://github.io/", ("referral", "github.io")),
    ("https://shop.myshopify.com", "https://other.myshopify.com/", ("referral", "other.myshopify.com")),
    ("https://shop.blogspot.com", "https://other.blogspot.com/", ("referral", "other.blogspot.com")),
    ("https://shop.co.uk", "https://other.co.uk/", ("referral", "other.co.uk")),
    ("https://app.shop.co.uk", "https://www.shop.co.uk/", ("internal", "shop.co.uk")),
    ("https://shop.co.uk", "https://shop.com/", ("referral", "shop.com")),
    ("https://shop.tumblr.com", "https://www.tumblr.com/", ("social", "tumblr")),
    ("https://smartstore.naver.com", "https://search.naver.com/x", ("search", "naver")),
    ("http://localhost:8000", "http://localhost:9000/", ("internal", "localhost")),
    ("http://192.168.1.5", "http://192.168.1.6/", ("referral", "192.168.1.6")),
]


@pytest.mark.parametrize(("site", "referrer", "expected"), PLATFORM)
def test_the_same_site_is_what_one_owner_registered(site, referrer, expected):
    assert came(f"{site}/", referrer, own_sites([site])) == expected


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
        if "amp;" not in url and ("utm_" in url or "clid" in url):
            assert sources._parameters(url) == plain(url), url
        assert sources._host(url) == host(url), url
