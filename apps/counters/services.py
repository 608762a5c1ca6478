"""Making and changing counters; every change is in the audit log."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from apps.accounts import checks
from apps.accounts.models import Account, User
from apps.accounts.services import audit
from apps.core import clock
from apps.core.errors import NotThere, Problem, Refused
from apps.core.retry import transactional
from apps.counters import origins
from apps.counters.models import Counter, CounterSettings
from apps.counters.tag import snippet
from apps.mail.models import Mail
from apps.mail.services import write_mail

__all__ = ["archive_counter", "mail_snippet", "make_counter", "save_counter"]

MAILS_AN_HOUR = 5
"""Mails with the snippet that one member may send; their addresses are typed in, so they could be anybody's."""

SETTINGS = ("visit_timeout_s", "consent", "without_consent", "respect_dnt", "respect_gpc")
"""What holds from its save on; each change of them has a history row."""
FIELDS = ("name", "site", "allowed_origins", "excluded_referrers", "user_ids", *SETTINGS)


class Options(TypedDict, total=False):
    """What a counter may be given beside its name and site; None leaves a value as it is."""

    allowed_origins: list[str] | None
    excluded_referrers: list[str] | None
    user_ids: bool | None
    visit_timeout_s: int | None
    consent: str | None
    without_consent: str | None
    respect_dnt: bool | None
    respect_gpc: bool | None


class Values(Options, total=False):
    """What a counter may be given."""

    name: str | None
    site: str | None


@transactional
def make_counter(
    *, account_id: int, user_id: int | None, name: str, site: str, **options: Unpack[Options]
) -> Counter:
    """A new counter; the database gives it its public number."""
    if not Account.objects.filter(pk=account_id).exists():
        raise NotThere
    counter = Counter(account_id=account_id, created_at=clock.now())
    _set(counter, {**options, "name": name.strip(), "site": site})
    _check(counter)
    counter.save(force_insert=True)
    _remember(counter, counter.created_at)
    _note(counter, user_id, "counter.made", {}, _values(counter))
    return counter


@transactional
def save_counter(*, account_id: int, user_id: int | None, number: int, **values: Unpack[Values]) -> Counter:
    """Change a counter from now on."""
    counter = _held(account_id, number)
    before = _values(counter)
    _set(counter, values)
    _check(counter)
    changed = [field for field, value in _values(counter).items() if value != before[field]]
    if changed:
        counter.save(update_fields=changed)
        after = {field: getattr(counter, field) for field in changed}
        _note(counter, user_id, "counter.changed", {field: before[field] for field in changed}, after)
    if set(changed) & set(SETTINGS):
        _remember(counter, clock.now())
    return counter


@transactional
def archive_counter(*, account_id: int, user_id: int | None, number: int) -> Counter:
    """Take a counter out of use: its hits stay, new ones are refused."""
    counter = _held(account_id, number)
    counter.archived_at = clock.now()
    counter.save(update_fields=["archived_at"])
    _note(counter, user_id, "counter.archived", _values(counter), {})
    return counter


@transactional
def mail_snippet(*, account_id: int, user_id: int, number: int, to: str) -> Mail:
    """Tell somebody by mail how to install the tag; nothing in it is the sender's to word."""
    User.objects.select_for_update(no_key=True).get(pk=user_id)  # their mails are counted one after the other
    counter = _held(account_id, number)
    to = to.strip()
    try:
        validate_email(to)
    except ValidationError:
        detail = _("This is no e-mail address; write one like dev@shop.example.")
        raise Refused.one("email", "invalid", detail)
    now, sender = clock.now(), f"snippet-{user_id}-"
    lately = Mail.objects.filter(key__startswith=sender, created_at__gt=now - timedelta(hours=1))
    if lately.count() >= MAILS_AN_HOUR:
        detail = _("You have sent %d such mails within the hour; wait, or copy the snippet.") % MAILS_AN_HOUR
        raise Refused.one("", "too_many", detail)
    mail = write_mail(
        key=f"{sender}{clock.to_us(now)}",
        to=to,
        subject=_("The Goalline tag for %s") % counter.site,
        body=_snippet_mail(counter),
        account_id=account_id,
    )
    _note(counter, user_id, "counter.snippet_mailed", {}, {"to": to})
    return mail


def _snippet_mail(counter: Counter) -> str:
    words = _(
        "Please put these two lines into the head of every page of %(site)s:\n\n%(snippet)s\n\n"
        "The script is small, loads beside the page and sends page views to %(portal)s. If the site has a content"
        " security policy, it must name that address for scripts and for connections (script-src, connect-src);"
        " the second line alone works without inline scripts.\n"
    )
    tag = snippet(number=counter.pk, base_url=settings.BASE_URL)
    return words % {"site": counter.site, "snippet": tag, "portal": settings.BASE_URL}


def _held(account_id: int, number: int) -> Counter:
    rows = Counter.objects.select_for_update(of=("self",), no_key=True)
    found = rows.filter(account_id=account_id, pk=number, archived_at=None).first()
    if not found:
        raise NotThere
    return found


def _set(counter: Counter, values: Mapping[str, Any]) -> None:
    for field, value in values.items():
        if value is not None:
            setattr(counter, field, value)


def _remember(counter: Counter, at: datetime) -> None:
    CounterSettings.objects.update_or_create(
        counter=counter, at=at, defaults={field: getattr(counter, field) for field in SETTINGS}
    )


def _check(counter: Counter) -> None:
    checks.clean(counter, ["name", "user_ids", *SETTINGS])
    candidates = [origins.check("site", counter.site)]
    candidates += [
        origins.check(f"allowed_origins.{n}", one) for n, one in enumerate(counter.allowed_origins)
    ]
    candidates += [
        origins.check_host(f"excluded_referrers.{n}", one) for n, one in enumerate(counter.excluded_referrers)
    ]
    for field in ("allowed_origins", "excluded_referrers"):
        if len(getattr(counter, field)) > 100:
            candidates.append(Problem(field, "too_many", _("At most 100 are taken.")))
    if problems := [problem for problem in candidates if problem]:
        raise Refused(*problems)


def _values(counter: Counter) -> dict[str, Any]:
    return {field: getattr(counter, field) for field in FIELDS}


def _note(
    counter: Counter, user_id: int | None, action: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    audit(
        account_id=counter.account_id,
        user=user_id,
        action=action,
        target=str(counter),
        before=before,
        after=after,
    )
