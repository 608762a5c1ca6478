"""Every minute: the chats whose facts changed, and those that time has changed, are looked at."""

import time

from apps.conversions.services import accounts_waiting, judge_chats
from apps.core import queues
from apps.core.hints import send_hint

SITTING = 45.0  # seconds of one task; the next minute's goes on


def hint_at_chats() -> int:
    """Hint at each account whose chats wait; how many."""
    waiting = accounts_waiting()
    for account_id in waiting:
        send_hint("apps.hourly.tasks.judge_chats", queues.CHATS, [account_id])
    return len(waiting)


def look_at_chats(*, account_id: int, seconds: float | None = None) -> bool:
    """Look, batch by batch, at the account's chats that wait, for so long; whether none is left."""
    began = time.monotonic()
    while judge_chats(account_id=account_id):
        if seconds is not None and time.monotonic() - began > seconds:
            return False
    return True
