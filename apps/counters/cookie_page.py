"""The page about cookies of one counter, as data: HTML, fragment and JSON are three ways to write it down.

Made from the one list (`cookies.py`) and from the counter's settings; the words are in `cookie_words.py`,
in the language that is active. No part of it holds markup: names come in as text and leave as text.
"""

from dataclasses import dataclass

from ada_url import idna
from django.utils.translation import gettext as _

from apps.counters import cookie_words, cookies
from apps.counters.cookie_words import Facts, Link, Words


@dataclass(frozen=True)
class Row:
    """One entry of the list."""

    name: str
    kind: str
    kept_in: str
    purpose: str
    lifetime: str


@dataclass(frozen=True)
class Group:
    """The entries of one category; there may be none."""

    category: str
    name: str
    explanation: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it, in this order."""

    key: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Document:
    """The whole page."""

    title: str
    sections: tuple[Section, ...]


def document(facts: Facts) -> Document:
    """The page in the active language."""
    sections = [_section(words) for words in cookie_words.sections(facts)]
    return Document(_("Cookies and visit measurement"), tuple(sections))


def _section(words: Words) -> Section:
    return Section(
        words.key,
        words.heading,
        words.paragraphs,
        words.points,
        words.links,
        groups() if words.key == "list" else (),
    )


def groups() -> tuple[Group, ...]:
    """The declared list by category, in the active language."""
    names = cookie_words.categories()
    return tuple(Group(each, *names[each], _rows(each)) for each in cookies.CATEGORIES)


def _rows(category: cookies.Category) -> tuple[Row, ...]:
    kept_in = cookie_words.kinds()
    return tuple(
        Row(one.name, one.kind, kept_in[one.kind], str(one.purpose), str(one.lifetime))
        for one in cookies.DECLARED
        if one.category == category
    )


def host(origin: str) -> str:
    """An origin as people read it: without its scheme, in its own script."""
    return str(idna.decode(origin.split("://", 1)[-1]))
