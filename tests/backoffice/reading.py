"""Pages as text."""

import re
from collections.abc import Iterator
from html import unescape

from django.test import Client


def html(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, pattern
    return match[1]


def links(page: str) -> Iterator[str]:
    """Where the page leads, sends forms to and asks by script."""
    for found in re.finditer(r'(?:href|action|data-[a-z]+)="(/(?:admin|workspace)/[^"]*)"', page):
        yield unescape(found[1])
