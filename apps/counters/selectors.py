"""The counters of an account."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet

from apps.core import clock
from apps.core.database import patience
from apps.core.errors import NotThere
from apps.counters import directory
from apps.counters.cookie_page import host
from apps.counters.cookie_words import Facts
from apps.counters.directory import PublicFacts
from apps.counters.models import Consent, Counter, CounterSettings, WithoutConsent

PATIENCE = 2.0  # seconds that a visitor's browser waits for the database

__all__ = [
    "SettingsAt",
    "TagSettings",
    "cookie_facts",
    "counter",
    "counters",
    "public_facts",
    "settings_history",
    "tag_settings",
]


def counters(*, account_id: int, archived: bool = False) -> QuerySet[Counter]:
    """Those in use, with the archived ones if asked for."""
    every = Counter.objects.filter(account_id=account_id)
    return every if archived else every.filter(archived_at=None)


def counter(*, account_id: int, number: int, archived: bool = False) -> Counter:
    """The counter of this number, if it is the account's."""
    found = counters(account_id=account_id, archived=archived).filter(pk=number).first()
    if not found:
        raise NotThere
    return found


@dataclass(frozen=True, slots=True)
class TagSettings:
    """What a counter's tag has to know; everybody may see it."""

    number: int
    site: str
    allowed_origins: tuple[str, ...]
    user_ids: bool
    visit_timeout_s: int
    consent: Consent
    without_consent: WithoutConsent
    respect_dnt: bool
    respect_gpc: bool


def public_facts(*, number: int) -> PublicFacts:
    """What everybody may know of a counter, archived or not: from the database, or while it is away as it was last.

    Raises NotThere when the database says so, and its error when nobody can tell.
    """
    try:
        with patience.within(PATIENCE):
            facts = directory.stored(number).get(number)
    except (OperationalError, InterfaceError):
        facts = directory.known().get(number)
        if facts is None:
            raise
    if facts is None:
        raise NotThere
    return facts


def tag_settings(*, number: int) -> TagSettings:
    """The present settings of a counter in use, of whatever account."""
    facts = public_facts(number=number)
    if facts.archived:
        raise NotThere
    return TagSettings(
        number=number,
        site=facts.site,
        allowed_origins=facts.allowed_origins,
        user_ids=facts.user_ids,
        visit_timeout_s=facts.visit_timeout_s,
        consent=Consent(facts.consent),
        without_consent=WithoutConsent(facts.without_consent),
        respect_dnt=facts.respect_dnt,
        respect_gpc=facts.respect_gpc,
    )


@dataclass(frozen=True, slots=True)
class SettingsAt:
    """What held from `at` (microseconds) until the next one."""

    at: int
    visit_timeout_s: int
    consent: str
    without_consent: str
    respect_dnt: bool
    respect_gpc: bool


def settings_history(*, numbers: Collection[int]) -> dict[int, list[SettingsAt]]:
    """Each counter's settings through time, in order; before the first, the first held."""
    found: dict[int, list[SettingsAt]] = {number: [] for number in numbers}
    rows = CounterSettings.objects.filter(counter__in=numbers).order_by("counter", "at")
    columns = ("visit_timeout_s", "consent", "without_consent", "respect_dnt", "respect_gpc")
    for number, at, *values in rows.values_list("counter", "at", *columns):
        found[number].append(SettingsAt(clock.to_us(at), *values))
    return found


def cookie_facts(*, number: int) -> Facts:
    """What the page about cookies tells of a counter; of an archived one too: browsers keep its values."""
    facts = public_facts(number=number)
    return Facts(
        account=facts.account,
        counter=facts.name,
        sites=tuple((host(origin), origin) for origin in dict.fromkeys([facts.site, *facts.allowed_origins])),
        consent=facts.consent,
        without_consent=facts.without_consent,
        respect_dnt=facts.respect_dnt,
        respect_gpc=facts.respect_gpc,
        user_ids=facts.user_ids,
        archived=facts.archived,
        message_text=facts.message_text,
        hits_days=facts.hits_days,
        texts_days=facts.texts_days,
    )
