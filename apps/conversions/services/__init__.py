"""Results are written here: the people whose facts changed are judged again."""

from apps.conversions.services.chat_states import accounts_waiting, judge_chats
from apps.conversions.services.judging import BUCKETS, Judged, judge
from apps.conversions.services.purging import purge_chats, purge_conversions

__all__ = [
    "BUCKETS",
    "Judged",
    "accounts_waiting",
    "judge",
    "judge_chats",
    "purge_chats",
    "purge_conversions",
]
