"""Which hits meet which conditions: one scan of all URLs of a batch against all conditions in force.

Pure. `attribution.md` section 1: the normalised URL is the `href` of the WHATWG parser with the digits of
percent-escapes in upper case; `is` compares it whole, `contains` looks for the value as typed or encoded.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

import ada_url
from ahocorasick_rs import AhoCorasick

_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_PLAIN = re.compile(
    r"https?://(?:(?!xn--)[a-z][a-z0-9-]*\.)+(?!xn--)[a-z]{2,}"
    r"/(?:(?!\.)[A-Za-z0-9_~!$&()*+,;=:@.-]++/)*+(?:(?!\.)[A-Za-z0-9_~!$&()*+,;=:@.-]++)?"
    r"(?:\?[A-Za-z0-9_~!$&()*+,;=:@./?-]*)?(?:#[A-Za-z0-9_~!$&()*+,;=:@./?-]*)?"
)
"""URLs of this form are their own `href` (a property test holds it against the parser); most URLs have it."""
_SEPARATOR = "\x00"  # in no URL and no value: PostgreSQL cannot store it


def _upper_escapes(text: str) -> str:
    if "%" not in text:
        return text
    return _ESCAPE.sub(lambda escape: escape.group().upper(), text)


def normalise(url: str) -> str:
    """The URL as conditions see it; one that cannot be parsed is compared as it is."""
    if _PLAIN.fullmatch(url):
        return url
    try:
        return _upper_escapes(ada_url.normalize_url(url))
    except ValueError:
        return url


def is_absolute(value: str) -> bool:
    """Whether `value` parses as a URL by itself."""
    return ada_url.check_url(value)


def suggestion(value: str) -> str | None:
    """The absolute URL that a person most likely meant, if adding https:// makes one."""
    corrected = f"https://{value.strip().lstrip('/')}"
    if "." not in value or not ada_url.check_url(corrected):
        return None
    return normalise(corrected)


def encoded(value: str) -> str:
    """`value` with its non-ASCII characters and spaces percent-encoded and escape digits in upper case."""
    escaped = "".join(
        char if char.isascii() and char != " " else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in value
    )
    return _upper_escapes(escaped)


EVENT = "event"
"""The operator, here, of a condition that looks at the names of events instead of at URLs."""


class Matcher:
    """The conditions of some goal versions, compiled. `versions`: number of version -> (operator, value)."""

    def __init__(self, versions: Mapping[int, Iterable[tuple[str, str]]]) -> None:
        exact: dict[str, set[int]] = {}
        names: dict[str, set[int]] = {}
        parts: dict[str, set[int]] = {}
        for version, conditions in versions.items():
            for operator, value in conditions:
                if operator == EVENT:
                    names.setdefault(value, set()).add(version)
                elif operator == "is":
                    exact.setdefault(normalise(value), set()).add(version)
                else:
                    for written in {value, encoded(value)}:
                        parts.setdefault(written, set()).add(version)
        self._exact = exact
        self._names = names
        self._part_versions = list(parts.values())
        self._automaton = AhoCorasick(list(parts)) if parts else None

    def match(self, urls: Sequence[str]) -> dict[int, set[int]]:
        """For each index of a URL (normalised) that meets something: the versions whose conditions it meets."""
        found: dict[int, set[int]] = {}
        if self._exact:
            for index, url in enumerate(urls):
                if url in self._exact:
                    found.setdefault(index, set()).update(self._exact[url])
        if self._automaton is not None and urls:
            self._scan(self._automaton, urls, found)
        return found

    def match_names(self, names: Sequence[str]) -> dict[int, set[int]]:
        """The same for the names of events."""
        return {index: self._names[name] for index, name in enumerate(names) if name in self._names}

    def _scan(self, automaton: AhoCorasick, urls: Sequence[str], found: dict[int, set[int]]) -> None:
        ends = list(accumulate(len(url) + 1 for url in urls))
        index = 0
        for pattern, _, end in automaton.find_matches_as_indexes(_SEPARATOR.join(urls), overlapping=True):
            while ends[index] < end:  # matches come by rising end
                index += 1
            found.setdefault(index, set()).update(self._part_versions[pattern])
