"""What each place that shows a person says of their visits, read off the screens."""

import io
import json
import re
import zipfile
from typing import Any

from apps.conversations.models import Conversation
from tests.api.calls import Api
from tests.cast import Cast
from tests.portal import PortalClient


def fact(page: str, label: str) -> str:
    """The text that stands beside a label in a list of facts; nothing where it is not shown."""
    shown = re.search(rf"<dt>{label}</dt><dd[^>]*>(.*?)</dd>", page, re.DOTALL)
    return re.sub(r"<[^>]*>", "", shown[1]).strip() if shown else ""


def of_screens(cast: Cast, person: int) -> dict[str, dict[str, Any]]:
    """By place: number of visits, pages viewed, when the first began and the person was last seen, to the minute."""
    conversation = Conversation.objects.get(account=cast.account, person_id=person)
    browser = PortalClient(cast.account)
    browser.force_login(cast.owner.user)
    pages = {
        "workspace": browser.get(f"/workspace/conversations/{conversation.pk}/"),
        "person page": browser.get(f"/admin/people/{person}/"),
    }
    said = {place: _facts(answer.content.decode()) for place, answer in pages.items()}
    said["API"] = _card(Api(cast, "owner").get(f"people/{person}/").json()["card"])
    zipped = Api(cast, "owner").post(f"people/{person}/export/").content
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        said["access"] = _card(json.loads(archive.read("person.json"))["card"])
    return said


def of_lists(cast: Cast, person: int) -> dict[str, dict[str, Any]]:
    """The same of the lists of visits, added up."""
    browser = PortalClient(cast.account)
    browser.force_login(cast.owner.user)
    listed = [row["visit"] for row in browser.get("/admin/visits/").context["rows"]]
    of_page = browser.get(f"/admin/people/{person}/").context["visits"]
    of_api = Api(cast, "owner").get(f"visits/?person={person}").json()["results"]
    return {
        "visits page": _summed([(one.started_at, one.ended_at, one.pages) for one in listed]),
        "person page": _summed([(one.started_at, one.ended_at, one.pages) for one in of_page]),
        "API": _summed([(one["started_at"], one["ended_at"], one["pages"]) for one in of_api]),
    }


def _facts(page: str) -> dict[str, Any]:
    numbers = {
        name: int(fact(page, label) or 0) for name, label in (("visits", "Visits"), ("pages", "Pages viewed"))
    }
    return {**numbers, "first": fact(page, "First visit"), "seen": fact(page, "Last seen")}


def _card(card: dict[str, Any]) -> dict[str, Any]:
    return {
        "visits": card["visits"],
        "pages": card["pages"],
        "first": _minute(card["first_visit_at"]),
        "seen": _minute(card["last_seen_at"]),
    }


def _summed(visits: list[tuple[Any, Any, int]]) -> dict[str, Any]:
    return {
        "visits": len(visits),
        "pages": sum(pages for _, _, pages in visits),
        "first": _minute(min(started for started, _, _ in visits)),
        "seen": _minute(max(ended for _, ended, _ in visits)),
    }


def _minute(instant: Any) -> str:
    return str(instant or "").replace("T", " ")[:16]
