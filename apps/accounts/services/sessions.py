"""A user's sessions: what is known of them, and ending them."""

from apps.accounts import origin, selectors
from apps.accounts.models import UserSession
from apps.core import clock
from apps.core.errors import NotThere


def note_session(*, session_key: str) -> None:
    """Note that the session is used now, from the present request's address and device."""
    session = UserSession.objects.filter(session_key=session_key)
    session.update(seen_at=clock.now(), address=origin.address(), device=origin.device())


def end_session(*, user_id: int, mark: str) -> None:
    """End the session that `selectors.session_mark` names, if it is this user's."""
    for session in selectors.sessions(user_id=user_id):
        if selectors.session_mark(session_key=session.session_key) == mark:
            UserSession.objects.filter(session_key=session.session_key).delete()
            return
    raise NotThere


def end_sessions(*, user_id: int, but: str | None = None) -> int:
    """End all sessions of the user, except the one with this key; how many."""
    return UserSession.objects.filter(user_id=user_id).exclude(session_key=but or "").delete()[0]
