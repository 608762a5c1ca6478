"""What an export's file is called: the goal, the days, and until when its data is complete. Pure."""

import re
from datetime import UTC, date, datetime

LONGEST = 80  # of the goal's part: some systems take 255 bytes for the whole


def file_stem(goal: str, first_day: date, last_day: date, complete_until: datetime | None) -> str:
    """A name without its ending that every file system takes."""
    name = re.sub(r"[^\w.-]+", " ", goal).strip(" .-") or "goal"
    until = f"{complete_until.astimezone(UTC):%Y-%m-%d %H.%M.%S} UTC" if complete_until else "none yet"
    return f"{_cut(name)} {first_day} to {last_day}, data up to {until}"


def _cut(name: str) -> str:
    return name.encode()[:LONGEST].decode(errors="ignore").strip(" .-")
