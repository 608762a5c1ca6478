"""Whether facts come in, get judged and go out: for an account's health page, and for whoever watches the servers."""

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from celery import Celery, current_app
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection

from apps.collect import selectors as collect
from apps.core import clock, periods
from apps.core.database import patience
from apps.core.hints import OPTIONS
from apps.hourly.models import Heartbeat, Run
from apps.intake.selectors import WithoutConsent, mended, without_consent
from apps.mail import selectors as mail
from apps.people.models import Mark

PARTS = ("beat", "worker", "drain")
SILENT_AFTER = timedelta(seconds=120)  # four sweeps
WAITING_TOO_LONG = timedelta(minutes=10)
LOOKED_AT = 2000  # conversations
NO_ANSWER = "no answer"
PATIENCE = 1.5  # seconds that readiness takes at most; whoever asks has little more

WITH_HITS = """
SELECT count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM people_identity i JOIN visits_hit h ON h.account_id = i.account_id AND h.identity_id = i.id
        AND h.time >= %(since)s - interval '30 days' AND h.time < %(until)s
    WHERE i.account_id = c.account_id AND i.person_id = c.person_id
) OR EXISTS (
    SELECT FROM people_identity u JOIN people_link l ON l.user_id = u.id
    JOIN visits_hit h ON h.account_id = u.account_id AND h.identity_id = l.client_id
        AND h.time >= %(since)s - interval '30 days' AND h.time < %(until)s
    WHERE u.account_id = c.account_id AND u.person_id = c.person_id
))
FROM (
    SELECT account_id, person_id FROM conversations_conversation
    WHERE account_id = %(account)s AND begun_at >= %(since)s ORDER BY begun_at DESC LIMIT %(most)s
) c
"""


@dataclass(frozen=True)
class Part:
    """A process of the machinery, when it last showed that it lives, and whether that is recent."""

    name: str
    at: datetime | None
    age_s: float | None
    alive: bool


@dataclass(frozen=True)
class Health:
    """The state of one account's pipeline. Hits waiting, lag and parts are of the whole installation."""

    last_complete_hour: datetime | None  # its start, UTC
    complete_until: datetime | None
    next_run: datetime
    people_waiting: int
    hits_waiting: int | None  # on this host; none where so many wait that counting them takes long
    lag_s: float  # age of the oldest acknowledged hit that is not stored yet, 0 if there is none
    conversations: int  # begun in the last seven days; the newest 2,000 of them are looked at
    conversations_with_hits: int  # of those, how many are of a person with hits
    last_run: Run | None
    failing_mails: int  # of the last seven days
    parts: tuple[Part, ...]
    without_consent: WithoutConsent  # of the last seven days
    mended: dict[str, int]  # hits of the last seven days whose details were cut or dropped, by the detail

    @property
    def share_with_hits(self) -> float | None:
        """0 to 1; none without conversations. A low one says that tag and chat do not name people alike."""
        return self.conversations_with_hits / self.conversations if self.conversations else None


@dataclass(frozen=True)
class Ready:
    """Whether the installation can do its work, with a word on each check."""

    ok: bool
    checks: dict[str, str]


def health(*, account_id: int) -> Health:
    now = clock.now()
    runs = Run.objects.filter(account_id=account_id)
    done = runs.filter(state=Run.State.DONE)
    spool = collect.waiting()
    conversations, with_hits = _conversations(account_id, now - timedelta(days=7))
    return Health(
        last_complete_hour=done.exclude(hour=None).order_by("-hour").values_list("hour", flat=True).first(),
        complete_until=complete_until(account_id=account_id),
        next_run=periods.hour(now).end,
        people_waiting=Mark.objects.filter(account_id=account_id).values("person_id").distinct().count(),
        hits_waiting=spool.hits,
        lag_s=max((now - spool.oldest).total_seconds(), 0.0) if spool.oldest else 0.0,
        conversations=conversations,
        conversations_with_hits=with_hits,
        last_run=runs.order_by("-created_at", "-pk").first(),
        failing_mails=mail.failing(account_id=account_id).count(),
        parts=parts(now),
        without_consent=without_consent(account_id=account_id, since=now - timedelta(days=7)),
        mended=mended(account_id=account_id, since=now - timedelta(days=7)),
    )


def complete_until(*, account_id: int) -> datetime | None:
    """Facts that arrived before this instant are judged; none before the first run has ended."""
    done = Run.objects.filter(account_id=account_id, state=Run.State.DONE, complete_until__isnull=False)
    return done.order_by("-complete_until").values_list("complete_until", flat=True).first()


def parts(now: datetime) -> tuple[Part, ...]:
    """The processes that the product needs, those that were never seen too."""
    seen: dict[str, datetime] = dict(Heartbeat.objects.values_list("part", "at"))
    if drain := collect.drain_state():  # this host's own word is fresher than what a worker noted
        seen["drain"] = max(drain.at, seen.get("drain", drain.at))
    return tuple(_part(name, seen.get(name), now) for name in PARTS)


def _part(name: str, at: datetime | None, now: datetime) -> Part:
    age = (now - at) if at else None
    return Part(name, at, age.total_seconds() if age else None, alive=age is not None and age < SILENT_AFTER)


def _conversations(account_id: int, since: datetime) -> tuple[int, int]:
    with connection.cursor() as cursor:
        until = clock.now() + timedelta(hours=1)
        cursor.execute(WITH_HITS, {"account": account_id, "since": since, "until": until, "most": LOOKED_AT})
        total, with_hits = cursor.fetchone()
    return int(total), int(with_hits)


def ready() -> Ready:
    """Ask every server and the clockwork, for a moment; never raises.

    Broker and storage are asked in threads, so that a frozen server or disk keeps nobody waiting.
    """
    until = time.monotonic() + PATIENCE
    broker = partial(
        _broker, current_app._get_current_object()
    )  # a thread has its own idea of the current one
    others = {"broker": _begin("broker", broker), "storage": _begin("storage", _storage)}
    with patience.within(PATIENCE):
        database = _attempt(_database)
        checks = {"database": database}
        clockwork = {"beat": _attempt(_clockwork), "queue": _attempt(_queue)} if database == "ok" else {}
    checks |= {name: _word(future, until) for name, future in others.items()} | clockwork
    return Ready(ok=all(word == "ok" for word in checks.values()), checks=checks)


class NotReadyError(Exception):
    """A check found that something is wrong."""


def _attempt(check: Callable[[], None]) -> str:
    try:
        check()
    except NotReadyError as finding:
        return str(finding)
    except Exception as error:  # noqa: BLE001 - the check's answer, whatever it is; the name gives nothing away
        return NO_ANSWER if _silent(error) else f"failed: {type(error).__name__}"
    return "ok"


def _silent(error: BaseException) -> bool:
    return isinstance(error.__cause__, patience.Silent)


_asked: dict[str, Future[str]] = {}


def _begin(name: str, check: Callable[[], None]) -> Future[str]:
    """Ask in a thread; while one still waits for an answer, no second one is sent after it."""
    if name not in _asked or _asked[name].done():
        future = _asked[name] = Future()
        threading.Thread(target=lambda: future.set_result(_attempt(check)), name=name, daemon=True).start()
    return _asked[name]


def _word(future: Future[str], until: float) -> str:
    try:
        return future.result(timeout=max(0.0, until - time.monotonic()))
    except TimeoutError:
        return NO_ANSWER


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker(app: Celery) -> None:
    with app.connection_for_write(transport_options=OPTIONS) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        broker.default_channel.client.ping()


def _storage() -> None:
    storage = storages["exports"]
    name = storage.save("ready", ContentFile(b"ready"))
    with contextlib.suppress(FileNotFoundError):
        storage.delete(name)


def _clockwork() -> None:
    beat = next(part for part in parts(clock.now()) if part.name == "beat")
    if not beat.alive:
        raise NotReadyError("never seen" if beat.age_s is None else f"silent for {beat.age_s:.0f} s")


def _queue() -> None:
    queued = Run.objects.filter(state=Run.State.QUEUED).order_by("created_at")
    waiting = [queued.values_list("created_at", flat=True).first(), mail.oldest_queued()]
    oldest = min((at for at in waiting if at), default=None)
    if oldest and clock.now() - oldest > WAITING_TOO_LONG:
        raise NotReadyError(f"a job has waited for {(clock.now() - oldest).total_seconds():.0f} s")
