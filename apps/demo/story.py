"""Ten days of a shop: who visits, what they look at, whom they talk to. The same for the same beginning. Pure.

Instants of hits have milliseconds, as browsers send them; nothing lies after the ten days.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from apps.demo import shop
from apps.demo.scenes import HOUR, MINUTE, SCENES, Chat, Event, Person, Scene

SEED = 20150517
LOOKERS = 420  # visitors who talk to nobody
ROUNDS = 15  # how often each scene is played
ROBOTS, NAMELESS = 14, 40  # visits
CLOSED = 54  # chats that are answered and closed, for the chat goals
AGENTS_OF = {"sales": ("ana", "ben", "temp-7", "max"), "support": ("nour", "max")}
BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
)
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
SHELVES = (
    "/",
    "/shoes",
    "/shoes/trail-runner?color=blue",
    "/bags/rucksack-30l",
    "/socken/größe-42",
    "/search?q=waterproof%20jacket",
    "/help/delivery",
    "/cart",
    "/checkout",
)
SOURCES = (None, "https://www.google.com/", "https://news.example/shoes-of-the-year")

Hit = dict[str, Any]


@dataclass
class Facts:
    """What happened, by the way in which it is told."""

    seen: list[Hit] = field(default_factory=list)
    """By browsers, through the collector."""
    served: list[Hit] = field(default_factory=list)
    """By the shop's server, through the API."""
    said: list[Event] = field(default_factory=list)
    late: list[Event] = field(default_factory=list)
    """Said in time, told after the first run."""
    conversations: int = 0

    @property
    def hits(self) -> int:
        return len(self.seen) + len(self.served)

    @property
    def events(self) -> int:
        return len(self.said) + len(self.late)


def facts(beginning: datetime) -> Facts:
    """Everything, in the order in which it is sent."""
    return Story(beginning).tell()


class Story:
    """Makes it up."""

    def __init__(self, beginning: datetime) -> None:
        self.beginning = beginning
        self.rng = Random(SEED)  # noqa: S311 (a story, not a secret)
        self.facts = Facts()
        self.hit_numbers, self.clients = count(1), count(1)
        self.tickets = 1001

    def tell(self) -> Facts:
        for _ in range(LOOKERS):
            self._look_around()
        for turn in range(ROUNDS):
            for scene in range(len(SCENES)):
                self._play(turn * len(SCENES) + scene, scene)
        for _ in range(ROBOTS):
            self._crawl()
        for _ in range(NAMELESS):
            self._pass_by()
        for number in range(CLOSED):
            self._close(number)
        self.rng.shuffle(self.facts.said)  # any order of arrival gives the same
        return self.facts

    def _instant(self, length: timedelta = shop.DAYS) -> datetime:
        """Some instant from an hour after the beginning to an hour before the end, by day rather than at night."""
        while True:
            at = self.beginning + HOUR + self.rng.random() * (length - 2 * HOUR)
            awake = 8 <= at.astimezone(shop.ZONE).hour < 23
            if awake or self.rng.random() < 0.2:
                return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def _client(self) -> Person:
        return {"client_id": f"17{next(self.clients):06d}{self.rng.randrange(10**9):09d}"}

    def _hit(self, at: datetime, page: str, who: Person, agent: str | None = None, **more: Any) -> Hit:
        return {
            "id": f"demo-{next(self.hit_numbers):05d}",
            "time": at.isoformat(timespec="milliseconds"),
            "type": "pageview",
            "url": shop.SITE + page,
            "user_agent": agent or self.rng.choice(BROWSERS),
            **who,
            **more,
        }

    def _page(self, goal: str) -> str:
        return shop.PAGES[goal].format(n=self.rng.randrange(10**6, 10**7))

    def _browse(self, until: datetime, who: Person, pages: int) -> Iterator[Hit]:
        """Some pages of the shop, the last of them a little before `until`."""
        at = until - pages * MINUTE
        agent, source = self.rng.choice(BROWSERS), self.rng.choice(SOURCES)
        for _ in range(pages):
            more = {"referrer": source, "title": "Demo shop"} if source else {}
            yield self._hit(at, self.rng.choice(SHELVES), who, agent, **more)
            at += MINUTE * self.rng.uniform(0.2, 0.9)
            at, source = at.replace(microsecond=at.microsecond // 1000 * 1000), None

    def _look_around(self) -> None:
        """Most leave without anything, some reach a goal with nobody's help."""
        at, who = self._instant(), self._client()
        self.facts.seen += self._browse(at, who, self.rng.randint(2, 8))
        if self.rng.random() < 0.2:
            goal = self.rng.choice((shop.THANKS, shop.THANKS, shop.WELCOME, shop.SPRING, shop.RETURNS))
            self.facts.seen.append(self._hit(at, self._page(goal), who))

    def _crawl(self) -> None:
        at, who = self._instant(), self._client()
        pages = (*self.rng.sample(SHELVES, 4), self._page(shop.THANKS), self._page(shop.RETURNS))
        for number, page in enumerate(pages):
            self.facts.seen.append(self._hit(at + number * MINUTE, page, who, ROBOT))

    def _pass_by(self) -> None:
        """No cookie, no name: hits of nobody."""
        goal = self.rng.choice((shop.THANKS, shop.WELCOME))
        at = self._instant()
        self.facts.seen.append(self._hit(at, "/", {}))
        self.facts.seen.append(self._hit(at + MINUTE, self._page(goal), {}))

    def _play(self, number: int, which: int) -> None:
        """One visitor who reaches a goal at an instant, and the conversations around it."""
        goals = (shop.THANKS, shop.WELCOME, shop.THANKS, shop.SPRING, shop.RETURNS)
        goal = goals[number % len(goals)]
        at = self._instant(shop.TRACKED[goal])
        browsing, reaching, talking = self._people(number)
        scene = self._scene(goal, at, talking)
        SCENES[which](scene)
        self.tickets += len(scene.chats)
        self.facts.conversations += len(scene.chats)
        end = (self.beginning + shop.DAYS).isoformat()
        self.facts.said += [one for chat in scene.chats for one in chat.events if one["time"] < end]
        self.facts.late += scene.late
        self.facts.seen += self._browse(at, browsing, self.rng.randint(2, 7))
        self._reach(number, goal, at, reaching)

    def _close(self, number: int) -> None:
        """A chat that ends; most had a reply, and after some of those the visitor buys in time."""
        at, who = self._instant(), self._client()
        agent = AGENTS_OF["sales"][number % 4]
        chat = Chat(f"D-{self.tickets}", shop.CHAT_GOALS[number % 2]["channel"], who, self.rng)
        self.tickets += 1
        self.facts.conversations += 1
        chat.goes_to(at, agent, "sales").asks(at)
        if number % 9:
            chat.replies(at + 4 * MINUTE, agent)
        chat.turns(at + 20 * MINUTE, "closed" if number % 5 else "solved")
        self.facts.said += chat.events
        bought = at + HOUR * (1 + 17 * (number % 7))
        if number % 3 and bought < self.beginning + shop.DAYS:
            self.facts.seen.append(self._hit(bought, "/checkout", who, type="event", name=shop.PURCHASE))

    def _people(self, number: int) -> tuple[Person, Person, Person]:
        """As whom the visitor browses, reaches the goal, and is known in the conversation."""
        client, user = self._client(), {"user_id": f"customer-{number}"}
        if number % 4 == 1:  # signs in late; the conversation knows the customer only
            return client, {**client, **user}, user
        if number % 8 == 3:  # a browser that two customers share
            other = {**client, "user_id": f"sister-of-{number}"}
            return other, {**client, **user}, user
        return client, client, client

    def _scene(self, goal: str, at: datetime, person: Person) -> Scene:
        group = self.rng.choice(shop.GROUPS_OF[goal])
        agent, colleague = self.rng.sample(AGENTS_OF[group], 2)
        outsider, elsewhere = ("zoe", "partners")  # neither is known to the shop
        if shop.GROUPS_OF[goal] == ("sales",):
            outsider, elsewhere = "nour", "support"
        days = shop.WINDOWS[goal]
        if goal == shop.WELCOME and at < self.beginning + shop.EDITED_AFTER:
            days = shop.FIRST_WELCOME_WINDOW
        return Scene(
            t=at,
            person=person,
            group=group,
            agent=agent,
            colleague=colleague,
            outsider=outsider,
            elsewhere=elsewhere,
            window=timedelta(days=days),
            first_ticket=self.tickets,
            rng=self.rng,
        )

    def _reach(self, number: int, goal: str, at: datetime, who: Person) -> None:
        """The hit itself; some reload the page within the second, some are told by the shop's server."""
        page = self._page(goal)
        told = self.facts.served if number % 6 == 5 else self.facts.seen
        told.append(self._hit(at, page, who))
        if number % 9 == 4:
            second = at.replace(microsecond=999_000)
            told.append(self._hit(second, page, who))
        if number % 10 == 7:
            self.facts.seen.append(self._hit(at + 2 * MINUTE, page, who))
        if goal == shop.WELCOME and number % 3 == 0:
            self.facts.seen.append(self._hit(at + 3 * MINUTE, "/club/danke", who))
