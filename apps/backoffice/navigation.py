"""The side bar: sections, and in each the pages that the role may see."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.roles import May
from apps.backoffice.here import look
from apps.backoffice.pages import outbox

Item = tuple[str, str, str, May]


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's shape of the side bar."""
    here = look(request)
    shown = []
    for title, items in _all():
        links = [_link(request, item) for item in items if here and here.may(item[3])]
        if links:
            shown.append({"title": title, "items": links})
    if getattr(request.user, "is_superuser", False):
        shown.append(
            {"title": _("Installation"), "items": [_link(request, item) for item in _of_operators()]}
        )
    return shown


def _of_operators() -> list[Item]:
    every = [(_("Accounts"), "domain", "accounts", May.SEE_RESULTS)]
    if outbox.kept():
        every.append((_("Outbox"), "outbox", "outbox", May.SEE_RESULTS))
    return every


def _link(request: HttpRequest, item: Item) -> dict[str, Any]:
    title, icon, name, _may = item
    link = reverse(f"admin:{name}")
    active = request.path == link if name == "index" else request.path.startswith(link)
    return {"title": title, "icon": icon, "link": link, "active": lambda _request: active}


def _all() -> list[tuple[str, list[Item]]]:
    return [
        (
            _("Results"),
            [
                (_("Overview"), "dashboard", "index", May.SEE_RESULTS),
                (_("Messaging goals"), "flag", "goals", May.SEE_RESULTS),
                (_("Chat goals"), "task_alt", "chat_goals", May.SEE_RESULTS),
                (_("Chat analytics"), "bar_chart", "chat_analytics", May.SEE_RESULTS),
                (_("Conversions"), "conversion_path", "conversions", May.SEE_RESULTS),
                (_("Visits"), "travel_explore", "visits", May.SEE_RESULTS),
                (_("Exports"), "download", "exports", May.SEE_RESULTS),
            ],
        ),
        (
            _("Who and where"),
            [
                (_("People"), "person_search", "people", May.MANAGE_PEOPLE),
                (_("Agents"), "support_agent", "agents", May.MANAGE_PEOPLE),
                (_("Groups"), "groups", "groups", May.MANAGE_PEOPLE),
                (_("Channels"), "forum", "channels", May.CONFIGURE),
                (_("Counters"), "language", "counters", May.CONFIGURE),
            ],
        ),
        (
            _("Pipeline"),
            [
                (_("Health"), "monitor_heart", "health", May.SEE_HEALTH),
                (_("Runs"), "update", "runs", May.MANAGE_PEOPLE),
            ],
        ),
        (
            _("Account"),
            [
                (_("Members"), "badge", "members", May.MANAGE_MEMBERS),
                (_("API tokens"), "key", "tokens", May.MANAGE_MEMBERS),
                (_("Settings"), "tune", "settings", May.RUN_ACCOUNT),
                (_("Erasures"), "person_remove", "erasures", May.RUN_ACCOUNT),
                (_("Audit log"), "history", "audit", May.SEE_AUDIT),
            ],
        ),
    ]
