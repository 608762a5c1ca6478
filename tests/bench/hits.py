"""Hits as a shop's pages send them: the same for every bench."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

SITE = "https://shop.example"
GOALS, CONDITIONS = 15, 100
MATCHING = 0.02
PEOPLE = 20_000
SECTIONS = ("catalogue", "blog", "help", "search", "offers", "brand", "account", "delivery")
WORDS = ("running", "winter", "leather", "cotton", "classic", "trail", "summer", "office", "kids", "outlet")
SYSTEMS = ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64")


def agents() -> list[str]:
    """A few dozen user agents, one of them a robot's."""
    chrome = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
    found = [chrome.format(system, version) for system in SYSTEMS for version in range(120, 132)]
    return [*found, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"]


def conditions() -> list[list[str]]:
    """For each goal its texts that a URL may contain."""
    return [
        [f"/done/goal-{goal:02d}/step-{step:03d}/" for step in range(CONDITIONS)] for goal in range(GOALS)
    ]


def urls(count: int, seed: int = 1) -> Iterator[str]:
    """Addresses of about a hundred characters, 2 % of which meet a goal."""
    rng = random.Random(seed)
    texts = [text for goal in conditions() for text in goal]
    for _ in range(count):
        path = f"/{rng.choice(SECTIONS)}/{rng.choice(WORDS)}-{rng.choice(WORDS)}/{rng.randrange(10**6):06d}/"
        if rng.random() < MATCHING:
            path = rng.choice(texts)
        tail = f"utm_source=newsletter&utm_campaign={rng.choice(WORDS)}&ref={rng.randrange(10**8):08d}"
        yield f"{SITE}{path}?{tail}"


def people(count: int, seed: int = 2) -> Iterator[str]:
    """Client IDs of 20,000 browsers."""
    rng = random.Random(seed)
    for _ in range(count):
        yield f"{1_700_000_000 + rng.randrange(PEOPLE)}.123456789"


def times(count: int, seed: int = 3) -> Iterator[datetime]:
    """Instants of the last half hour."""
    rng, now = random.Random(seed), datetime.now(UTC)
    for _ in range(count):
        yield now - timedelta(microseconds=rng.randrange(1_800_000_000))
