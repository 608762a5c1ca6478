"""A small load generator: keep-alive connections in one epoll loop, the same requests for both sides of a pair."""

import json
import random
import select
import socket
import sys
import time
from dataclasses import dataclass, field
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


def requests(path: str, seed: int) -> list[tuple[bytes, bytes]]:
    """Requests as browsers send them, each cut where its id's number goes."""
    rng = random.Random(seed)
    agents = hits.agents()
    made = []
    for url, person, when in zip(
        hits.urls(POOL, seed), hits.people(POOL, seed), hits.times(POOL), strict=True
    ):
        hit = {
            "id": f"{seed:08x}{MARK}",
            "time": when.isoformat(),
            "type": "pageview",
            "url": url,
            "client_id": person,
            "referrer": hits.SITE + "/",
            "title": "Running shoes for every weather",
        }
        body = json.dumps(hit).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: {hits.SITE}\r\nContent-Type: text/plain\r\n"
            f"User-Agent: {rng.choice(agents)}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        before, after = (head.encode() + body).split(MARK.encode())
        made.append((before, after))
    return made


def run(port: int, path: str, *, seconds: float, connections: int = 32, seed: int = 1) -> Result:
    """Send one request after the other on each connection for so long."""
    pool = requests(path, seed)
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[one.fileno()] = one
        poll.register(one, select.EPOLLIN)
    began = time.perf_counter()
    result = _exchange(pool, poll, sockets, began + seconds)
    result.seconds = time.perf_counter() - began
    for one in sockets.values():
        one.close()
    return result


def _exchange(
    pool: list[tuple[bytes, bytes]], poll: select.epoll, sockets: dict[int, socket.socket], end: float
) -> Result:
    result, sent, number, clock = Result(0.0), {}, 0, time.perf_counter
    for fd, one in islice(sockets.items(), None):
        before, after = pool[number % POOL]
        sent[fd] = clock()
        one.send(b"%b%016d%b" % (before, number, after))
        number += 1
    while sent:
        for fd, _event in poll.poll():
            one = sockets[fd]
            reply = one.recv(65536)
            now = clock()
            result.latencies_us.append((now - sent[fd]) * 1e6)
            if reply.startswith(b"HTTP/1.1 202"):
                result.taken += 1
            else:
                status = reply[:40].decode(errors="replace")
                result.others[status] = result.others.get(status, 0) + 1
            if now >= end or not reply:
                del sent[fd]
                poll.unregister(fd)
                continue
            before, after = pool[number % POOL]
            sent[fd] = clock()
            one.send(b"%b%016d%b" % (before, number, after))
            number += 1
    return result


def main() -> None:
    """`python -m tests.bench.load PORT PATH SECONDS SEED`: prints the result as JSON."""
    port, path, seconds, seed = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    result = run(port, path, seconds=seconds, seed=seed)
    told = {"seconds": result.seconds, "taken": result.taken, "others": result.others}
    print(json.dumps(told | {"p50_ms": result.percentile_ms(0.5), "p99_ms": result.percentile_ms(0.99)}))


if __name__ == "__main__":
    main()
