"""Looking for a person's marks in texts and files that say nothing of persons. Pure."""

import json
from collections.abc import Iterable
from mmap import mmap
from typing import Any
from urllib.parse import quote

from ahocorasick_rs import AhoCorasick, BytesAhoCorasick

SHORTEST = 4
"""Shorter marks name nobody, and would be found in everything."""
MASK = "*"


class Needles:
    """Texts that shall be found nowhere."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = sorted({text for text in texts if len(text) >= SHORTEST})
        self._automaton = AhoCorasick(self.texts) if self.texts else None

    def in_text(self, text: str) -> bool:
        return bool(self._automaton and self._automaton.find_matches_as_indexes(text))

    def in_value(self, value: Any) -> bool:
        """Whether some text within a JSON value holds one."""
        if isinstance(value, str):
            return self.in_text(value)
        if isinstance(value, dict):
            return any(self.in_text(key) or self.in_value(one) for key, one in value.items())
        if isinstance(value, list):
            return any(self.in_value(one) for one in value)
        return self.in_text(str(value)) if isinstance(value, int | float) else False

    def masked(self, value: Any) -> Any:
        """A JSON value in which each text that holds one is masked."""
        if isinstance(value, dict):
            return {key: self.masked(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.masked(one) for one in value]
        return MASK * 3 if self.in_value(value) else value

    def spots(self, data: bytes | mmap) -> list[tuple[int, int]]:
        """Where in a file's bytes one begins and ends, also as JSON or an address writes it."""
        if not self.texts:
            return []
        automaton = BytesAhoCorasick(sorted({form for text in self.texts for form in _forms(text)}))
        found = automaton.find_matches_as_indexes(data, overlapping=True)
        return [(start, end) for _, start, end in found]


def _forms(text: str) -> set[bytes]:
    return {
        text.encode(),
        json.dumps(text)[1:-1].encode(),
        json.dumps(text, ensure_ascii=False)[1:-1].encode(),
        quote(text).encode(),
        quote(text, safe="").encode(),
    }
