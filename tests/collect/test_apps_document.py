"""The examples of docs/apps.md work as they stand: they are sent to the edge, and what they say is stored."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, time
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from apps.collect import answers
from apps.intake.records import HitIn
from apps.visits.models import Hit
from tests.collect.draining import once

stores = pytest.mark.django_db(transaction=True)
DOCUMENT = (Path(__file__).parents[2] / "docs" / "apps.md").read_text(encoding="utf-8")
FIELDS = set(HitIn.__struct_fields__)


def blocks(language: str) -> list[str]:
    """The code of this language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


@contextmanager
def serving(application):
    """The environment in which the document's examples reach this application."""
    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield {**os.environ, "GOALLINE": f"http://127.0.0.1:{server.server_port}"}
        finally:
            server.shutdown()
            thread.join()


@stores
@pytest.mark.parametrize("body", blocks("json"))
def test_each_body_is_taken_and_stored_once(shop, no_facts, body):
    hits = json.loads(body)["hits"]
    for _ in range(2):  # an app repeats what it sends
        reply = shop.send(body.encode())
        assert (reply.status, reply.body) == (202, b"")
    once()
    assert set(Hit.objects.values_list("id", flat=True)) == {hit["id"] for hit in hits}
    assert Hit.objects.count() == len(hits)


def test_there_is_an_example_of_each_kind():
    bodies = [json.loads(body) for body in blocks("json")]
    hits = [hit for body in bodies for hit in body["hits"]]
    assert any("sent_at" in body for body in bodies)
    assert {hit["type"] for hit in hits} == {"pageview", "event"}
    assert {"user_id", "client_id", "purchase_id", "consent", "params"} <= {
        key for hit in hits for key in hit
    }
    assert all(("client_id" in hit) != (hit.get("consent") == "none") for hit in hits)


@stores
def test_curl_reports_an_order(shop, no_facts, counter):
    if shutil.which("curl") is None:
        pytest.skip("there is no curl on this machine")
    (command,) = [block for block in blocks("sh") if "curl" in block]
    with serving(shop.edge) as environment:
        said = subprocess.run(
            ["sh", "-c", command],
            env={**environment, "COUNTER": str(counter.pk)}, capture_output=True, text=True, timeout=60, check=True,
        ).stdout  # fmt: skip
    assert " 202 " in said.splitlines()[0]
    once()
    hit = Hit.objects.get()
    assert (hit.id, hit.time.timetz()) == ("order-A-1009-paid", time(tzinfo=UTC))


@stores
def test_python_reports_an_order_and_waits_for_a_server_that_is_away(shop, no_facts, counter):
    """The first answer is 503: the same is sent again after as long as the server says."""
    (program,) = blocks("python")
    refusals = [answers.problem(503, "spool_full", "Send the same again.", [("Retry-After", "0")])]
    bodies: list[bytes] = []

    def sometimes_away(environ, start_response):
        bodies.append(environ["CONTENT_LENGTH"])
        if refusals:
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            answer = refusals.pop()
            start_response(answer.status, answer.headers)
            return [answer.body]
        return shop.edge(environ, start_response)

    with serving(sometimes_away) as environment:
        for _ in range(2):  # the whole program once more, as after a crash
            subprocess.run(
                [sys.executable, "-c", program],
                env={**environment, "COUNTER": str(counter.pk)}, capture_output=True, timeout=60, check=True,
            )  # fmt: skip
    assert len(bodies) == 3
    once()
    assert Hit.objects.get().id == "order-A-1010-paid"


@stores
def test_python_says_what_was_refused(shop, no_facts, counter):
    (program,) = blocks("python")
    program = program.replace('"event",', '"happening",')
    with serving(shop.edge) as environment:
        failed = subprocess.run(
            [sys.executable, "-c", program],
            env={**environment, "COUNTER": str(counter.pk)}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert failed.returncode == 1
    assert "type 'happening' is neither pageview nor event." in failed.stderr
    once()
    assert not Hit.objects.exists()


def test_the_apps_send_no_field_that_a_hit_does_not_have():
    (swift,), (kotlin,) = blocks("swift"), blocks("kotlin")
    struct = swift.split("struct Hit", 1)[1].split("}", 1)[0]
    declared = set(re.findall(r"(?:let|var|,) (\w+): ", struct))
    assert {"id", "time", "type"} < declared <= FIELDS
    put = set(re.findall(r"""\.put(?:Opt)?\("(\w+)\"""", kotlin))
    assert {"id", "time", "type"} < put - {"sent_at", "hits"} <= FIELDS
    assert {"sent_at", "hits"} <= put


def test_the_document_and_the_tag_make_chat_codes_from_the_same_letters():
    (letters,) = re.findall(r"`(2346789[A-Z]+)`", DOCUMENT)
    source = "\n".join(path.read_text(encoding="utf-8") for path in sources())
    if not source:
        pytest.skip("the tag's source is not here")
    assert letters in source
    for code in re.findall(r'"code": "(\w+)"', DOCUMENT):
        assert set(code) <= set(letters)
        assert len(code) == 8


def sources() -> list[Path]:
    return sorted((Path(__file__).parents[2] / "static" / "tag").rglob("*.js"))
