"""From a checked hit to what may be stored of it: the one door where consent is asked for."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime

import msgspec

from apps.core import clock
from apps.counters.models import Consent, Counter, WithoutConsent
from apps.counters.selectors import SettingsAt, settings_history
from apps.intake.consent import NO_CONSENT, Keep, Rules, anonymous
from apps.intake.records import Arrival, HitIn
from apps.intake.services.visitors import visitor
from apps.people.identity_values import trimmed

_ALL = Keep.ALL  # an enumeration's members cost a look-up in Python each time
_NOBODY_ASKED = Rules(asks=False, counts=True, respects_dnt=False, respects_gpc=False)


class Arrivals:
    """Makes arrivals of some counters' hits, by each counter's settings at the instant of arrival.

    Asks the database, and may write to it: make and use it outside the storing transaction.
    """

    def __init__(self, counters: Iterable[Counter]) -> None:
        history = settings_history(numbers=[counter.pk for counter in counters])
        self._steps = {
            number: ([one.at for one in steps], [_rules(one) for one in steps])
            for number, steps in history.items()
        }
        self._open = {number for number, (_, rules) in self._steps.items() if not any(map(_asks, rules))}
        self._only = {number: rules[0] for number, (_, rules) in self._steps.items() if len(rules) == 1}

    def of(
        self,
        counter: Counter,
        hit: HitIn,
        at: datetime,
        *,
        shift_us: int | None = None,
        mended: str = "",
        dnt: bool = False,
        gpc: bool = False,
    ) -> Arrival:
        """The arrival of one hit, without what may not be kept of it."""
        number = counter.id  # `pk` looks it up anew each time
        _trim_identities(hit)
        plain = Arrival(counter.account_id, number, counter.user_ids, at, hit, shift_us, mended=mended)
        if hit.consent != "none" and number in self._open:
            return plain
        rules = self._only.get(number) or self._rules(number, at)
        keep = rules.keep(hit, dnt=dnt, gpc=gpc)
        if keep is _ALL:
            return plain
        bare = anonymous(hit)
        if keep is Keep.NOTHING:
            return msgspec.structs.replace(plain, hit=bare, refused=NO_CONSENT)
        name = visitor(counter.pk, hit.ip or "", hit.user_agent or "")
        return msgspec.structs.replace(plain, hit=bare, visitor=name)

    def _rules(self, number: int, at: datetime) -> Rules:
        instants, rules = self._steps.get(number, ([], []))
        if not rules:
            return _NOBODY_ASKED
        return rules[max(bisect_right(instants, clock.to_us(at)) - 1, 0)]


def _trim_identities(hit: HitIn) -> None:
    """Checked hits may still have blanks or zero-width characters around what names somebody."""
    if hit.client_id:
        hit.client_id = trimmed(hit.client_id)
    if hit.user_id:
        hit.user_id = trimmed(hit.user_id)
    if hit.purchase_id:
        hit.purchase_id = trimmed(hit.purchase_id)


def _asks(rules: Rules) -> bool:
    return rules.asks or rules.respects_dnt or rules.respects_gpc


def _rules(settings: SettingsAt) -> Rules:
    return Rules(
        asks=settings.consent != Consent.NOT_REQUIRED,
        counts=settings.without_consent == WithoutConsent.COOKIELESS,
        respects_dnt=settings.respect_dnt,
        respects_gpc=settings.respect_gpc,
    )
