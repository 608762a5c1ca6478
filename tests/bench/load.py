"""A small load generator: keep-alive connections in one epoll loop, the same requests for both sides of a pair."""

import json
import random
import select
import socket
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from tests.bench import hits

MARK = "0" * 16  # where a request's own number goes
POOL = 4000


@dataclass
class Result:
    """What came back within the time."""

    seconds: float
    taken: int = 0
    others: dict[str, int] = field(default_factory=dict)
    latencies_us: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.taken / self.seconds

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies_us)
        return ordered[int(share * (len(ordered) - 1))] / 1000 if ordered else 0.0


def requests(path: str, seed: int, events: int = 1) -> list[list[bytes]]:
    """Requests as browsers send them, of so many hits each, cut where their ids' numbers go."""
    rng = random.Random(seed)
    agents = hits.agents()
    count = POOL if events == 1 else POOL // 4 * events
    facts = zip(hits.urls(count, seed), hits.people(count, seed), hits.times(count), strict=True)
    made = []
    while batch := list(islice(facts, events)):
        person = batch[0][1]  # what comes together comes from one browser
        said = [
            {
                "id": f"{seed:08x}{MARK}{index:x}",
                "time": when.isoformat(),
                "type": "pageview",
                "url": url,
                "client_id": person,
                "referrer": hits.SITE + "/",
                "title": "Running shoes for every weather",
                "consent": "granted",
            }
            for index, (url, _, when) in enumerate(batch)
        ]
        queued = {"hits": said, "sent_at": datetime.now(UTC).isoformat()}
        body = json.dumps(said[0] if events == 1 else queued).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: {hits.SITE}\r\nContent-Type: text/plain\r\n"
            f"User-Agent: {rng.choice(agents)}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append((head.encode() + body).split(MARK.encode()))
    return made


def run(
    port: int,
    path: str,
    *,
    seconds: float,
    connections: int = 32,
    seed: int = 1,
    events: int = 1,
    rate: float | None = None,
) -> Result:
    """Send requests of so many hits for so long: one after the other on each connection, or `rate` a second."""
    pool = requests(path, seed, events)
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[one.fileno()] = one
        poll.register(one, select.EPOLLIN)
    began = time.perf_counter()
    if rate is None:
        result = _exchange(pool, poll, sockets, began + seconds)
    else:
        result = _pace(pool, poll, sockets, rate, seconds)
    result.seconds = time.perf_counter() - began
    for one in sockets.values():
        one.close()
    return result


def _exchange(
    pool: list[list[bytes]], poll: select.epoll, sockets: dict[int, socket.socket], end: float
) -> Result:
    result, sent, number, clock = Result(0.0), {}, 0, time.perf_counter
    for fd, one in islice(sockets.items(), None):
        sent[fd] = clock()
        one.sendall((b"%016d" % number).join(pool[number % len(pool)]))
        number += 1
    while sent:
        for fd, _event in poll.poll():
            one = sockets[fd]
            reply = one.recv(65536)
            now = clock()
            result.latencies_us.append((now - sent[fd]) * 1e6)
            _note(result, reply)
            if now >= end or not reply:
                del sent[fd]
                poll.unregister(fd)
                continue
            sent[fd] = clock()
            one.sendall((b"%016d" % number).join(pool[number % len(pool)]))
            number += 1
    return result


def _note(result: Result, reply: bytes) -> None:
    if reply.startswith(b"HTTP/1.1 202"):
        result.taken += 1
    else:
        status = reply[:40].decode(errors="replace")
        result.others[status] = result.others.get(status, 0) + 1


def _pace(
    pool: list[list[bytes]],
    poll: select.epoll,
    sockets: dict[int, socket.socket],
    rate: float,
    seconds: float,
) -> Result:
    result, idle, number, clock = Result(0.0), list(sockets), 0, time.perf_counter
    sent: dict[int, float] = {}
    began = clock()
    while sent or clock() < began + seconds:
        due = int(min(clock() - began, seconds) * rate) - number
        for fd in idle[: max(0, due)]:
            sent[fd] = clock()
            sockets[fd].sendall((b"%016d" % number).join(pool[number % len(pool)]))
            number += 1
        del idle[: max(0, due)]
        for fd, _event in poll.poll(0.001):
            reply = sockets[fd].recv(65536)
            result.latencies_us.append((clock() - sent.pop(fd)) * 1e6)
            _note(result, reply)
            idle.append(fd)
    return result


def main() -> None:
    """`python -m tests.bench.load PORT PATH SECONDS SEED [EVENTS [RATE]]`: prints the result as JSON."""
    port, path, seconds, seed = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    events = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    rate = float(sys.argv[6]) if len(sys.argv) > 6 else None
    result = run(port, path, seconds=seconds, seed=seed, events=events, rate=rate)
    told = {"seconds": result.seconds, "taken": result.taken, "others": result.others}
    print(json.dumps(told | {"p50_ms": result.percentile_ms(0.5), "p99_ms": result.percentile_ms(0.99)}))


if __name__ == "__main__":
    main()
