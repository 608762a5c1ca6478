"""Matching: the normalised URL, the one scan, and the quick way past the parser."""

import re

import ada_url
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.goals.matching import _PLAIN, Matcher, encoded, normalise, suggestion

HOSTS = st.sampled_from(
    ["a.de", "shop.example", "x--y.co", "xn--p1ai.de", "a.b-.io", "a.com", "1.de", "de", "0x7f.co"]
)
ENDS = st.text(st.sampled_from("abZ09-._~:/?#[]@!$&'()*+,;=%|^`{}<> \"\\é\t"), max_size=12)


def by_parser(url: str) -> str:
    try:
        return re.sub("%[0-9a-fA-F]{2}", lambda m: m.group().upper(), ada_url.URL(url).href)
    except ValueError:
        return url


@settings(max_examples=1000)
@example("http", ":80", "a.de", "/")
@example("https", "", "a.de", "")
@example("https", "", "a.de", "?x")
@example("https", "", "a.de", "/a/../b")
@example("https", "", "a.de", "/a/.")
@example("https", "", "a.de", "/%2e%2e/x")
@given(
    st.sampled_from(["http", "https", "HTTP", "ftp"]),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    HOSTS,
    ENDS,
)
def test_the_quick_way_never_differs_from_the_parser(scheme: str, port: str, host: str, end: str) -> None:
    url = f"{scheme}://{host}{port}{end}"
    assert normalise(url) == by_parser(url)


def test_the_quick_way_takes_ordinary_urls() -> None:
    for url in (
        "https://shop.example/",
        "https://www.shop.example/catalog/shoes.html?utm_source=a&b=c#top",
        "http://shop.example/a/b/c/",
    ):
        assert _PLAIN.fullmatch(url)


@settings(max_examples=500)
@given(
    st.lists(st.text(st.sampled_from("ab/%2fé "), min_size=1, max_size=5), min_size=1, max_size=6),
    st.lists(st.text(st.sampled_from("ab/%2fFéC3A9 "), max_size=12), max_size=8),
)
def test_one_scan_finds_what_looking_one_by_one_finds(values: list[str], urls: list[str]) -> None:
    matcher = Matcher({number: [("contains", value)] for number, value in enumerate(values)})
    expected = {
        index: found
        for index, url in enumerate(urls)
        if (found := {n for n, value in enumerate(values) if value in url or encoded(value) in url})
    }
    assert matcher.match(urls) == expected


def test_no_match_reaches_over_the_end_of_a_url() -> None:
    assert Matcher({1: [("contains", "ab")]}).match(["xa", "bx"]) == {}


def test_a_version_without_conditions_matches_nothing() -> None:
    assert Matcher({1: []}).match(["https://shop.example/"]) == {}
    assert Matcher({}).match(["https://shop.example/"]) == {}


def test_the_corrected_form_of_a_value_is_an_absolute_url() -> None:
    assert suggestion("shop.example/Done") == "https://shop.example/Done"
    assert suggestion("//shop.example") == "https://shop.example/"
    assert suggestion("thanks") is None
