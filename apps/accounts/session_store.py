"""Sessions that know whose they are, so that they can be listed and ended (Django's way to extend its own)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest, HttpResponse

from apps.accounts import origin
from apps.core import clock

SEEN_EVERY = timedelta(minutes=5)


class SessionStore(DatabaseStore):
    """Django's sessions in the database, with user, address and device beside the data."""

    seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> Any:
        from apps.accounts.models import UserSession

        return UserSession

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session: Any = super().create_model_instance(data)
        session.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        session.seen_at = clock.now()
        session.address, session.device = origin.address(), origin.device()
        return session

    def _get_session_from_db(self) -> Any:
        session = super()._get_session_from_db()  # type: ignore[misc]
        self.seen_at = session.seen_at if session else None
        return session


class SeenMiddleware:
    """Notes when and from where a session was last used, every five minutes: it is a hint, not a log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from apps.accounts.services import note_session  # no model may be loaded yet when middleware is named

        answer = self.get_response(request)
        session: Any = request.session
        seen_at = getattr(session, "seen_at", None)
        if seen_at and clock.now() - seen_at > SEEN_EVERY and session.session_key:
            note_session(session_key=session.session_key)
        return answer
