"""So many requests a minute for one counter from one address, over all web workers of the installation.

Each worker counts in memory and adds what it counted to Valkey a few times a second, learning the sum of all:
a question to Valkey in each request would cost as much as the whole rest of the edge. So a limit may be
overrun by what the other workers let through since; while Valkey is away each worker holds it for itself.
The minute slides: the previous one counts in proportion to what of it lies within the last sixty seconds.
"""

import logging
import threading
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address

import redis

log = logging.getLogger(__name__)
WINDOW = 60_000_000  # us
SYNC_EVERY = 0.25  # seconds
UNTOLD = 20  # a worker that took so many-th of the rate since it told tells at once
AWAY = 5.0  # seconds to leave Valkey alone after it failed
MOST_KEYS = 200_000  # addresses remembered a minute; further ones are not limited

Key = tuple[int, str]  # counter, address


@dataclass(slots=True)
class _Count:
    known: int = 0  # of all workers, when last heard
    told: int = 0  # of this worker's, to Valkey
    own: int = 0  # taken here in this minute
    grant: int = 0  # `own` may grow so far before it is worth reckoning again
    listed: bool = False  # among those to be told


class Limits:
    """Counts requests; `wait` says how long to wait for the next one."""

    def __init__(self, rate: int, *, redis_url: str = "", secret: str = "") -> None:
        self.rate = rate
        self._secret = blake2b(secret.encode(), digest_size=32).digest()
        self._lock = threading.Lock()
        self._window = 0
        self._ends = 0  # us
        self._now: dict[Key, _Count] = {}
        self._before: dict[Key, _Count] = {}
        self._listed: list[tuple[Key, _Count]] = []
        self._stop = threading.Event()
        self._urgent = threading.Event()
        if rate and redis_url:
            client = redis.Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1)
            threading.Thread(target=self._work, args=(client,), name="limits", daemon=True).start()

    def wait(self, key: Key, now_us: int) -> int:
        """Count this request and answer 0, or the whole seconds after which it is worth trying again."""
        count = self._now.get(key)
        if count is None or count.own >= count.grant or now_us >= self._ends:
            return self._consider(key, now_us)
        count.own += (
            1  # nothing is called since the comparison: no other thread of this process comes between
        )
        if not count.listed:
            count.listed = True
            self._listed.append((key, count))
        return 0

    def _consider(self, key: Key, now_us: int) -> int:
        """The same with a look at the previous minute and at what other workers told."""
        if not self.rate:
            return 0
        with self._lock:
            window, passed = divmod(now_us, WINDOW)
            if window != self._window:
                self._turn(window)
            count = self._now.get(key)
            if count is None:
                if len(self._now) >= MOST_KEYS:
                    return 0
                count = self._now[key] = _Count()
            before = self._before.get(key)
            earlier = before.known + before.own - before.told if before else 0
            others = count.known - count.told
            left = self.rate - others - earlier * (WINDOW - passed) // WINDOW
            count.grant = min(left, count.own + max(1, self.rate // UNTOLD))
            if count.own < count.grant:
                if count.own - count.told >= self.rate // UNTOLD:
                    self._urgent.set()
                count.own += 1
                if not count.listed:
                    count.listed = True
                    self._listed.append((key, count))
                return 0
        return _patience(self.rate, count.own + others, earlier, passed)

    def _turn(self, window: int) -> None:
        self._before = self._now if window == self._window + 1 else {}
        self._now, self._window, self._ends = {}, window, (window + 1) * WINDOW
        self._listed.clear()

    def _work(self, client: "redis.Redis") -> None:
        while not self._stop.is_set():
            self._urgent.wait(SYNC_EVERY)
            self._urgent.clear()
            if self._listed and not self._sync(client):
                self._stop.wait(AWAY)
        client.close()

    def _sync(self, client: "redis.Redis") -> bool:
        """Tell Valkey what was taken here since, and learn what all have taken."""
        with self._lock:
            window, listed, self._listed = self._window, self._listed, []
        pipe = client.pipeline(transaction=False)
        news = []
        for key, count in listed:
            count.listed = False
            news.append(count.own - count.told)
            name = self._name(key, window)
            pipe.incrby(name, news[-1])
            pipe.expire(name, 2 * WINDOW // 1_000_000)
        try:
            sums = pipe.execute()[::2]
        except redis.RedisError as error:
            log.warning("Rate limits are held by each worker alone for now: %s", error)
            return False
        with self._lock:
            for (_key, count), new, known in zip(listed, news, sums, strict=True):
                count.told += new
                count.known = int(known)
                count.grant = 0  # to be reckoned again
        return True

    def _name(self, key: Key, window: int) -> str:
        """Addresses are not written anywhere, not even here."""
        address = blake2b(key[1].encode(), key=self._secret, digest_size=12).hexdigest()
        return f"goalline:collect:{key[0]}:{address}:{window}"

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._urgent.set()


def _patience(rate: int, used: int, earlier: int, passed: int) -> int:
    """Seconds until the sliding minute holds less than `rate` if nothing more comes."""
    if used < rate:  # it is the previous minute that weighs
        wait = WINDOW * (1 - (rate - used) / earlier) - passed
    else:
        wait = WINDOW - passed + WINDOW * (1 - rate / used)
    return max(0, int(wait // 1_000_000)) + 1


@lru_cache(maxsize=16_384)
def bucket(address: str) -> str:
    """What is counted together: an IPv4 address, or the /64 that an IPv6 host can choose from."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)
