"""The lines for a shell that documents and pages show do what they are shown for, run as they stand and today."""

import html
import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from apps.conversations.models import Conversation
from apps.core import clock
from apps.goals.models import GoalVersion
from apps.visits.models import Hit
from tests.collect.draining import once
from tests.collect.test_apps_document import serving
from tests.portal import PortalClient

PROJECT = Path(__file__).parents[2]
PORTAL = "http://localhost:8000"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine"),
]


def shown(document: str, address: str) -> str:
    """The one block for a shell that sends to this address of the portal."""
    text = (PROJECT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if f"{PORTAL}{address} " in block and "-d '" in block]
    return block


def run(command: str, **environment: str) -> str:
    return subprocess.run(
        ["sh", "-c", command], env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip


def is_stored_as_of_now() -> None:
    once()
    hit = Hit.objects.get()
    assert abs(clock.now() - hit.time) < timedelta(minutes=5)
    assert hit.identity_id is not None


@pytest.mark.parametrize("document", ["README.md", "docs/api.md"])
def test_a_hit_of_a_document_is_stored(shop, no_facts, counter, document):
    command = shown(document, "/collect/10000001").replace("10000001", str(counter.pk))
    with serving(shop.edge) as environment:
        assert " 202 " in run(command.replace(PORTAL, environment["GOALLINE"])).splitlines()[0]
    is_stored_as_of_now()


def test_a_hit_of_the_page_without_a_tag_is_stored(shop, no_facts, counter, settings):
    from tests import factories

    client = PortalClient(counter.account)
    client.force_login(factories.a_member(counter.account, "owner", "owner@shop.example").user)
    with serving(shop.edge) as environment:
        settings.BASE_URL = environment["GOALLINE"]
        page = client.get(f"/admin/counters/{counter.pk}/send/").content.decode()
        (command,) = [one for one in re.findall(r"<code>(.*?)</code>", page, re.DOTALL) if "curl" in one]
        run(f"{html.unescape(command)} --fail")
    is_stored_as_of_now()


@pytest.mark.parametrize("document", ["README.md", "docs/api.md"])
def test_a_conversation_of_a_document_is_stored(live_server, cast, document):
    setup = shown("README.md", "/api/v1/counters/").splitlines()[0] if document == "README.md" else ""
    before = "NOW=$(date -u +%FT%TZ)\n" if document == "README.md" else ""  # of the block before it
    command = f"{setup}\n{before}{shown(document, '/api/v1/conversation-events/')}"
    said = run(command.replace(PORTAL, live_server.url), TOKEN=cast.secret["write"])
    assert json.loads(said) == {"accepted": 2, "duplicates": 0, "rejected": []}
    assert abs(clock.now() - Conversation.objects.get().begun_at) < timedelta(minutes=5)


def test_a_goal_of_the_document_is_active_from_today(live_server, cast):
    command = shown("docs/api.md", "/api/v1/messaging-goals/")
    run(f"{command.strip()} --fail".replace(PORTAL, live_server.url), TOKEN=cast.secret["write"])
    version = GoalVersion.objects.get()
    assert (version.active, version.start_date) == (True, clock.now().date())
