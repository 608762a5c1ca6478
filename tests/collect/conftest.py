"""An edge with a real spool; its counters are given, so that no test of HTTP needs a database."""

import io
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from apps.accounts.models import Account
from apps.collect import segments
from apps.collect.bodies import read
from apps.collect.counters import Counters, Site, cors_headers
from apps.collect.edge import Edge
from apps.collect.frames import scan
from apps.collect.limits import Limits
from apps.collect.spool import Spool
from apps.core import clock
from apps.counters.models import Counter

SHOP = "https://shop.example"
SITES = {
    7: Site(7, cors_headers({SHOP, "https://m.shop.example"})),
    8: Site(8, cors_headers({"https://other.example"})),
}


class Reply:
    """What the server would have sent."""

    def __init__(self):
        self.status, self.headers, self.body = 0, {}, b""

    def start(self, status, headers):
        self.status = int(status[:3])
        self.headers = dict(headers)
        assert all(type(one) is str for pair in headers for one in pair)

    @property
    def json(self):
        return json.loads(self.body)


class Door:
    """Sends requests to an edge as a WSGI server does, and looks into its spool."""

    def __init__(self, edge, path="/collect/7"):
        self.edge, self.path = edge, path

    def send(self, body=b"", path=None, method="POST", chunked=False, **environ):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        full = {
            "PATH_INFO": self.path if path is None else path,
            "REQUEST_METHOD": method,
            "REMOTE_ADDR": "192.0.2.1",
            "wsgi.input": io.BytesIO(body),
            "wsgi.input_terminated": True,
            **({} if chunked else {"CONTENT_LENGTH": str(len(body))}),
            **environ,
        }
        reply = Reply()
        reply.body = b"".join(self.edge(full, reply.start))
        assert int(reply.headers.get("Content-Length", 0)) == len(reply.body)
        assert reply.headers.pop("X-Content-Type-Options") == "nosniff"
        return reply

    @property
    def records(self):
        folder = self.edge.spool.folder
        paths = [folder / name for name in segments.names(folder)]
        return [record for path in paths for record in scan(path.read_bytes())]

    @property
    def kept(self):
        return [hit.id for record in self.records for hit in read(record.json)]


def hit(id_="a", **fields):
    return {"id": id_, "time": now_text(), "type": "pageview", "url": SHOP + "/", **fields}


def now_text(**delta):
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


@pytest.fixture
def given_counters():
    counters = Counters(lambda number: SITES if number is None else {})
    yield counters
    counters.close()


@pytest.fixture
def door(tmp_path, given_counters):
    spool = Spool(tmp_path / "spool")
    yield Door(Edge(spool=spool, counters=given_counters, limits=Limits(0)))
    spool.close()


def now_us():
    return clock.to_us(clock.now())


def together(work, count):
    """Run `work(n)` in that many threads at once."""
    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def no_facts(transactional_db):
    """Leave no hits behind: Django does not empty tables that it does not manage."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE visits_hit, goals_reach")


@pytest.fixture
def counter():
    return Counter.objects.create(account=Account.objects.create(name="Shop"), name="Shop", site=SHOP)


@pytest.fixture
def shop(counter):
    """A door whose hits are this counter's."""
    spool, counters = Spool(settings.COLLECT_SPOOL), Counters()
    yield Door(Edge(spool=spool, counters=counters, limits=Limits(0)), f"/collect/{counter.pk}")
    spool.close()
    counters.close()
