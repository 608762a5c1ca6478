"""Attempts are counted before they are made, so that forty at once are no more than one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts import origin
from apps.accounts.email_addresses import canonical
from apps.accounts.limits import Counted, TooManyAttempts, network
from apps.accounts.link_tokens import digest
from apps.accounts.models import AttemptCount, MailRequest
from apps.accounts.services.mail_requests import request_mail
from apps.core import clock
from apps.core.errors import Refused
from apps.core.retry import transactional

KEPT = timedelta(days=2)


@dataclass(frozen=True)
class Attempt:
    """An attempt that was counted; `last`: no other is allowed for this name for now."""

    name: str
    keys: tuple[tuple[Counted, str], ...]
    at: datetime
    last: bool


def begin_sign_in(*, name: str) -> Attempt:
    """Count a password that is about to be tried; TooManyAttempts when a limit is reached, and nothing is counted."""
    name, near = name_of(name), network(origin.address())
    counted = {Counted.NAME: name}
    if near:
        counted |= {Counted.ADDRESS: near, Counted.PAIR: f"{name} {near}"}
    return count(name=name, counted=counted)


def sign_in_failed(*, attempt: Attempt) -> None:
    """What was counted stays; at a lock-out its user, if there is one, gets a mail."""
    if not attempt.last:
        return
    try:
        count(name=attempt.name, counted={Counted.MAIL: f"lock-out {attempt.name}"})
    except TooManyAttempts:
        return  # told often enough today
    request_mail(email=attempt.name, kind=MailRequest.Kind.LOCK_OUT)


@transactional
def sign_in_succeeded(*, attempt: Attempt) -> None:
    """Count this attempt no more. Its failures before stay, except those of this name from this network."""
    for row in _locked(attempt.keys):
        row.times = [] if row.kind == Counted.PAIR.key else _without(row.times, attempt.at)
        row.save(update_fields=["times"])


@transactional
def count(*, name: str, counted: Mapping[Counted, str]) -> Attempt:
    """Count something by all of these, or by none: TooManyAttempts when one of their limits is reached."""
    now = clock.now()
    keys = tuple((kind, digest(counted[kind])) for kind in Counted if kind in counted)
    AttemptCount.objects.bulk_create(
        [AttemptCount(kind=kind.key, digest=text, updated_at=now) for kind, text in keys],
        ignore_conflicts=True,
    )
    rows = _locked(keys)
    limits = {kind.key: kind.limit for kind, _text in keys}
    for row in rows:
        row.times = limits[row.kind].recent(row.times, now)
    waits = [wait for row in rows if (wait := limits[row.kind].wait(row.times, now))]
    if waits:
        raise TooManyAttempts(max(waits))
    for row in rows:
        row.times, row.updated_at = [*row.times, now], now
        row.save(update_fields=["times", "updated_at"])
    locking = {Counted.NAME.key, Counted.PAIR.key}
    last = any(len(row.times) >= limits[row.kind].number for row in rows if row.kind in locking)
    return Attempt(name, keys, now, last)


def count_mail(*, account_id: int, email: str) -> None:
    """Count a mail that a member has sent to an address; Refused when it got enough of them today."""
    try:
        count(name=email, counted={Counted.MAIL: f"{account_id} {email}"})
    except TooManyAttempts as error:
        raise Refused.one(
            "",
            "too_many_mails",
            _("This address got five mails from this account today; try again tomorrow."),
        ) from error


@transactional
def forget_failures(*, email: str) -> None:
    """Let this user in again, from wherever they are now: they chose a new password by a link."""
    near = network(origin.address())
    keys = [(Counted.NAME, digest(email)), (Counted.PAIR, digest(f"{email} {near}"))]
    for row in _locked(keys):
        row.times = []
        row.save(update_fields=["times"])


def forget_attempts() -> None:
    """Delete counts in which nothing counts any more."""
    AttemptCount.objects.filter(updated_at__lt=clock.now() - KEPT).delete()


def name_of(text: str) -> str:
    """By what a name is counted: an address in its one spelling, anything else as it was typed."""
    return canonical(text) or text.strip().casefold()[:254]


def _locked(keys: tuple[tuple[Counted, str], ...] | list[tuple[Counted, str]]) -> list[AttemptCount]:
    """The rows of these keys, locked in one order."""
    wanted = Q()
    for kind, text in keys:
        wanted |= Q(kind=kind.key, digest=text)
    return list(AttemptCount.objects.select_for_update(no_key=True).filter(wanted).order_by("kind"))


def _without(times: list[datetime], at: datetime) -> list[datetime]:
    kept = list(times)
    if at in kept:
        kept.remove(at)
    return kept
