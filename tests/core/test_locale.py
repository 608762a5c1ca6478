"""The catalogues of the visitors' languages are whole and compiled, and nothing but public pages speaks them."""

import gettext
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from apps.core import languages
from apps.counters import cookie_page, cookies
from tests import messages

LANGUAGES = messages.LANGUAGES
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z%]")
SAME = {("de", "Cookie"), ("es", "Cookie"), ("de", "Name")}
"""Words that are the same in English."""


def pairs(language: str) -> Iterator[tuple[str, str]]:
    """Each text in English with its translation, every plural form apart."""
    for text in messages.read(language):
        if isinstance(text.id, str):
            if text.id:  # the head has none
                yield text.id, str(text.string or "")
        else:
            yield from ((text.id[-1], form) for form in text.string or ())


def parsed(content: bytes) -> dict[Any, str]:
    catalog: dict[Any, str] = vars(gettext.GNUTranslations(io.BytesIO(content)))["_catalog"]
    return catalog


def test_there_is_a_catalogue_for_each_public_language_and_no_other():
    there = sorted(path.name for path in (messages.ROOT / "locale").iterdir())
    assert there == sorted(LANGUAGES)
    assert set(languages.PUBLIC) >= {"en", "es", "ru", "ko", "de"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_make_messages_has_nothing_to_do(language):
    """The texts are those of the source, in its order, none fuzzy; the compiled file says the same."""
    path = messages.po_path(language)
    fresh = messages.updated(language, messages.extracted())
    assert path.read_text(encoding="utf-8") == messages.written(fresh).decode(), "run `make messages`"
    assert parsed(path.with_suffix(".mo").read_bytes()) == parsed(messages.compiled(fresh))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language):
    assert [text for text, said in pairs(language) if not said.strip()] == []
    untouched = {(language, text) for text, said in pairs(language) if text == said}
    assert untouched - SAME == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_ends_and_spaces_agree(language):
    for text, said in pairs(language):
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(said)), said
        assert said == said.strip(), said
        assert "  " not in said, said
        assert (text[-1] in ".:") == (said[-1] in ".:"), said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_as_many_plural_forms_as_it_needs(language):
    forms = {"es": 2, "ru": 3, "ko": 1, "de": 2}
    for text in messages.read(language):
        if not isinstance(text.id, str):
            assert len(text.string or ()) == forms[language]


@pytest.mark.parametrize(
    ("language", "one", "few", "many"),
    [
        ("en", "1 day", "2 days", "365 days"),
        ("es", "1 día", "2 días", "365 días"),
        ("ru", "21 день", "22 дня", "365 дней"),
        ("ko", "1일", "2일", "365일"),
        ("de", "1 Tag", "2 Tagen", "365 Tagen"),
    ],
)
def test_days_are_counted_as_each_language_does(language, one, few, many):
    with translation.override(language):
        for said in (one, few, many):
            days = int(re.findall(r"\d+", said)[0])
            assert said in translation.ngettext(
                "What is kept about your visits is deleted after %(days)s day.",
                "What is kept about your visits is deleted after %(days)s days.",
                days,
            ) % {"days": days}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_is_translated_too(language):
    """Purposes and lifetimes are lazy: they follow the language of whoever reads them."""
    english = {str(value) for each in cookies.DECLARED for value in (each.purpose, each.lifetime)}
    with translation.override(language):
        rows = [row for group in cookie_page.groups() for row in group.rows]
    assert english.isdisjoint({value for row in rows for value in (row.purpose, row.lifetime)})


@pytest.mark.parametrize("path", ["/admin/login/", "/nothing/here/", "/workspace/sign-in/"])
def test_what_is_not_for_visitors_stays_in_english(db, path):
    """Half of the admin's texts would be translated, Django's and Unfold's: a page in two languages."""
    assert [code for code, _name in settings.LANGUAGES] == ["en"]
    english, russian = (
        Client().get(path, headers={"Accept-Language": wish}) for wish in ("en", "ru,de;q=0.9")
    )
    forms = {"/admin/login/", "/workspace/sign-in/"}  # each has a token of its own
    assert russian.content.decode() == english.content.decode() or path in forms
    assert not re.search("[а-яА-Я]", russian.content.decode())
    assert russian["Content-Language"] == "en"
    assert translation.get_language() == "en"


def test_a_public_page_leaves_no_language_behind(db):
    from tests import factories

    counter = factories.a_counter(factories.an_account())
    client = Client()
    assert client.get(f"/cookies/{counter.pk}/?lang=ru")["Content-Language"] == "ru"
    assert translation.get_language() == "en"
    assert client.cookies == {}
    assert client.get("/admin/login/")["Content-Language"] == "en"


def test_texts_of_templates_are_found_as_django_looks_them_up(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        "{% load i18n %}{% if a %}{% translate 'One' context 'number' %}{% endif %}{% for b in c %}\n"
        "{% blocktranslate trimmed with x=b.y %}Two\n  of {{ x }}: 5 %{% endblocktranslate %}{% endfor %}\n"
        "{% blocktranslate count n=c %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}"
    )
    assert list(messages.of_template(page)) == [
        ("One", "number"),
        ("Two of %(x)s: 5 %%", None),
        (("%(n)s row", "%(n)s rows"), None),
    ]
