"""Which addresses the edge answers in front of Django."""

import io
import json

import pytest

from apps.collect import edge
from tests.collect.conftest import Reply

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_edge():
    yield
    made = edge._edge
    if made:
        made.counters.close()
        made.limits.close()
        made.spool.close()
    edge._forget()


def ask(path):
    from config.wsgi import application  # when the folder of static files is there, which WhiteNoise asks for

    reply = Reply()
    environ = {
        "PATH_INFO": path, "REQUEST_METHOD": "GET", "QUERY_STRING": "", "REMOTE_ADDR": "192.0.2.1", "SERVER_NAME": "x",
        "SERVER_PORT": "80", "HTTP_HOST": "localhost", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    reply.body = b"".join(application(environ, reply.start))
    return reply


@pytest.mark.parametrize("path", ["/collect/0", "/collect/", "/collect", "/watch/0", "/watch/"])
def test_collection_is_answered_in_front_of_django(path):
    reply = ask(path)
    assert (reply.status, json.loads(reply.body)["code"]) == (404, "no_counter")


def test_the_pixel_too():
    reply = ask("/pixel/0.gif")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "image/gif")


@pytest.mark.parametrize(
    "path", ["/collectors", "/collect.php", "/watch", "/pixel", "/watches/1", "/healthz/live"]
)
def test_what_only_looks_like_it_is_not(path):
    reply = ask(path)
    assert "X-Not-Counted" not in reply.headers
    assert reply.headers["Content-Type"] != "application/problem+json"
