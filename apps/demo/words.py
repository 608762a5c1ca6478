"""What the demo tells whoever ran it."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from textwrap import wrap

from django.conf import settings
from django.core.files.storage import storages

from apps.accounts import selectors as accounts
from apps.conversions import selectors as conversions
from apps.conversions.selectors import Explanation
from apps.core import clock, periods
from apps.demo import shop
from apps.demo.services import Demo
from apps.goals import chat_selectors
from apps.goals import selectors as goals
from apps.reports import chats
from apps.reports import selectors as reports

CSV_LINES = 6
LOOKED_THROUGH = 60  # conversions among which the one with most to explain is chosen
WIDTH = 110


def report(demo: Demo) -> Iterator[str]:
    """The whole, line by line."""
    yield from _sent(demo)
    yield ""
    yield from _goals(demo)
    yield ""
    yield from _chat_goals(demo)
    yield ""
    yield from _explanation(demo)
    yield ""
    yield from _csv(demo)
    yield ""
    yield "What now:  make up    runs the portal on this data and prints a link that signs you in once."
    if not settings.OWN_SERVERS:
        yield "PostgreSQL and Valkey go on; they end with make up, or by: .venv/bin/python -m apps.core.embedded stop"


def _sent(demo: Demo) -> Iterator[str]:
    sent = demo.sent
    last = demo.end.astimezone(shop.ZONE)
    yield (
        f"{demo.account.name}: {sent.hits:,} hits and {sent.conversations:,} conversations "
        f"({sent.events:,} events), {demo.beginning.astimezone(shop.ZONE):%d %b} to {last:%d %b %Y, %H:%M} "
        f"{shop.ZONE.key},"
    )
    yield (
        f"sent through the collector and the API: {sent.new_hits:,} hits and {sent.new_events:,} events were new, "
        f"{sent.hits - sent.new_hits:,} and {sent.events - sent.new_events:,} known already."
    )


def _goals(demo: Demo) -> Iterator[str]:
    """Each goal with its status and what it counted in the ten days."""
    account = demo.account.pk
    counts = reports.goal_counts(account_id=account, since=demo.beginning, until=demo.end)
    seven = reports.seven_day_conversions(account_id=account, now=clock.now())
    today = accounts.today(account_id=account)
    yield f"{'Messaging goal':<22} {'Attribution':<12} {'Status':<18} {'Credited':>8} {'Uncredited':>10} {'7 days':>7}"
    for goal in goals.goals(account_id=account).order_by("pk"):
        said = goals.current(goal)
        state = goals.status_of(version=said, today=today)
        found = counts.get(goal.pk, reports.GoalCounts())
        yield (
            f"{said.name:<22} {said.get_attribution_display():<12} {state!s:<18} "
            f"{found.credited:>8,} {found.uncredited:>10,} {seven.get(goal.pk, 0):>7,}"
        )


def _chat_goals(demo: Demo) -> Iterator[str]:
    """Each chat goal with how many of the inquiries that ended in the ten days achieved it."""
    account = demo.account.pk
    days = [periods.date_of(at, shop.ZONE) for at in (demo.beginning, demo.end)]
    rates = chats.chat_rates(account_id=account, first_day=days[0], last_day=days[1], by="channel")
    found = {row.key: row.counts for row in rates.rows}
    yield f"{'Chat goal':<22} {'Event':<31} {'Frame':>7} {'Ended':>9} {'Achieved':>10} {'Rate':>7}"
    for goal in chat_selectors.chat_goals(account_id=account).order_by("pk"):
        said = chat_selectors.current(goal)
        counts = found.get(goal.channel_id, chats.ChatCounts())
        frame = str(said.get_frame_days_display())
        yield (
            f"{goal.channel!s:<22} {said!s:<31} {frame:>7} {counts.ended:>9,} {counts.achieved:>10,}"
            f" {counts.percent:>7}"
        )


def _explanation(demo: Demo) -> Iterator[str]:
    why = _telling(demo)
    yield f"Why? {why.goal}, version {why.version}, {_local(why.time)}: {why.url}"
    yield from _wrapped(f"{why.summary} {why.model}", "  ")
    for one in why.candidates:
        yield from _wrapped(f"{one.ticket} ({one.channel}): {one.words}", "  - ")


def _telling(demo: Demo) -> Explanation:
    """A credited conversion of the exported goal with as many candidates as there are."""
    rows = conversions.credited(account_id=demo.account.pk, goal_id=demo.export.goal_id, until=demo.end)
    explained = [
        conversions.explain(
            account_id=demo.account.pk,
            conversion_id=conversions.encode_id(
                goal_id=one.goal_id, counter_id=one.counter_id, time=one.time, hit_id=one.hit_id
            ),
        )
        for one in rows.order_by("-time", "hit_id")[:LOOKED_THROUGH]
    ]
    return max(explained, key=lambda one: len(one.candidates))


def _csv(demo: Demo) -> Iterator[str]:
    storage = storages["exports"]
    yield f"The mailed CSV ({demo.export.total:,} rows): {_near(Path(storage.path(demo.export.file)))}"
    with (
        storage.open(demo.export.file) as file,
        zipfile.ZipFile(file) as archive,
        archive.open(archive.namelist()[0]) as packed,
    ):
        lines = io.TextIOWrapper(packed, "utf-8-sig", newline="")
        for _, line in zip(range(CSV_LINES), lines, strict=False):
            yield f"  {line.rstrip()}"
    kept = re.search(r"\S+\.eml", demo.mail.answer)
    where = _near(Path(settings.OUTBOX) / kept[0]) if kept else f"{demo.mail.state}: {demo.mail.answer}"
    yield f"The mail to {demo.mail.to}: {where}"


def _local(at: datetime) -> str:
    return f"{at.astimezone(shop.ZONE):%Y-%m-%d %H:%M:%S}"


def _wrapped(text: str, begin: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent=begin, subsequent_indent=" " * len(begin))


def _near(path: Path) -> str:
    """As seen from where the command was run."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
