"""The counters of an account."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from apps.core import clock
from apps.core.errors import NotThere
from apps.counters.cookie_page import host
from apps.counters.cookie_words import Facts
from apps.counters.models import Consent, Counter, CounterSettings, WithoutConsent

__all__ = [
    "SettingsAt",
    "TagSettings",
    "cookie_facts",
    "counter",
    "counters",
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


def tag_settings(*, number: int) -> TagSettings:
    """The present settings of a counter in use, of whatever account."""
    found = Counter.objects.filter(pk=number, archived_at=None).first()
    if not found:
        raise NotThere
    return TagSettings(
        number=found.pk,
        site=found.site,
        allowed_origins=tuple(found.allowed_origins),
        user_ids=found.user_ids,
        visit_timeout_s=found.visit_timeout_s,
        consent=Consent(found.consent),
        without_consent=WithoutConsent(found.without_consent),
        respect_dnt=found.respect_dnt,
        respect_gpc=found.respect_gpc,
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
    found = Counter.objects.select_related("account").filter(pk=number).first()
    if not found:
        raise NotThere
    account = found.account
    return Facts(
        account=account.name,
        counter=found.name,
        sites=tuple((host(origin), origin) for origin in dict.fromkeys([found.site, *found.allowed_origins])),
        consent=found.consent,
        without_consent=found.without_consent,
        respect_dnt=found.respect_dnt,
        respect_gpc=found.respect_gpc,
        user_ids=found.user_ids,
        archived=found.archived_at is not None,
        message_text=account.message_text,
        hits_days=account.hits_days,
        texts_days=account.texts_days,
    )
