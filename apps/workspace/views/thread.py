"""A conversation: its history, what stands beside it, and what is new since the page was opened."""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase

from apps.conversations.models import Conversation
from apps.workspace import selectors
from apps.workspace.selectors import History, Span
from apps.workspace.views.base import Screen

SHOWN = 50
LIVE = 300
"""Up to so many of the latest events of a history are kept up to date in an open page."""


class ThreadPage(Screen):
    """With `before` the part of the history that ends there, without it the latest one, which stays up to date."""

    template_name = "workspace/conversation.html"

    def get(self, request: HttpRequest, number: int) -> HttpResponseBase:
        found = selectors.conversation(sight=self.sight, number=number)
        before = _key(request, "before")
        history = selectors.read(conversation=found, span=Span(SHOWN, before=before))
        return self.show(
            live=before is None,
            person=selectors.person(conversation=found),
            **told(self.sight, found, history),
        )


class NewsPart(Screen):
    """What an open page asks for every few seconds: the history from `since` on; 304 while it is as it was."""

    polled = True
    template_name = "workspace/news.html"

    def get(self, request: HttpRequest, number: int) -> HttpResponseBase:
        found = selectors.conversation(sight=self.sight, number=number)
        before = _key(request, "before")
        span = Span(SHOWN, before=before) if before else Span(LIVE, since=_key(request, "since"))
        history = selectors.read(conversation=found, span=span)
        chat = selectors.shown_state(conversation=found)
        tag = _tag(found, history, (request.get_full_path(), chat))
        if request.headers.get("If-None-Match") == tag:
            return HttpResponseNotModified(headers={"ETag": tag})
        response = self.show(live=before is None, **told(self.sight, found, history))
        response["ETag"] = tag
        return response


def told(sight: selectors.Sight, found: Conversation, history: History) -> dict[str, Any]:
    """What the history's template needs."""
    return {
        "conversation": found,
        "items": selectors.tell(sight=sight, conversation=found, history=history),
        "earlier": str(history.earlier) if history.earlier else "",
        "standing": selectors.standing(conversation=found),
    }


def _key(request: HttpRequest, name: str) -> selectors.Key | None:
    text = request.GET.get(name, "")
    return selectors.read_key(text) if text else None


def _tag(found: Conversation, history: History, more: tuple[Any, ...]) -> str:
    """Of everything that the part is made of, before any of it is put into words."""
    stands = (
        found.status,
        found.agent_id,
        found.group_id,
        found.person_id,
        found.person_said_at,
        found.agent_said_at,
    )
    facts = [(raw.key, raw.row) for raw in history.raw]
    digest = hashlib.sha256(repr((more, stands, facts)).encode(errors="surrogatepass"))
    return f'"{digest.hexdigest()[:32]}"'
