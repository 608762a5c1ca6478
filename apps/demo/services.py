"""Making the demo, or finding it made: everything goes through the portal's own doors, so that doing it again
sends the same facts and changes nothing.

Only who may enter (account, owner, token) is made as the commands make_account, make_member and make_token do it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings

from apps.accounts import services as accounts
from apps.accounts.models import Account, Member, User
from apps.accounts.roles import Role, Scope
from apps.collect.drain import Drain
from apps.core import clock, periods
from apps.core.errors import Refused
from apps.core.retry import transactional
from apps.demo import shop, story
from apps.demo.portal import Client, Here, NotTaken, web
from apps.exports import services as exports
from apps.exports.models import Export
from apps.hourly import services as hourly
from apps.hourly.models import Run
from apps.intake.models import Tally
from apps.mail import services as mails
from apps.mail.models import Mail
from apps.reports.selectors import goal_counts

__all__ = ["Demo", "Sent", "make_demo"]

HITS_AT_ONCE, EVENTS_AT_ONCE = 200, 1000  # bodies of the collector end at 64 kB
PATIENCE = 90.0  # seconds for a worker that has the export or the mail in hand, or died with it
Say = Callable[[str], None]


@dataclass
class Sent:
    """What was sent, and how much of it the portal did not know yet."""

    hits: int = 0
    new_hits: int = 0
    events: int = 0
    new_events: int = 0
    conversations: int = 0


@dataclass(frozen=True)
class Demo:
    """The demo as it stands."""

    account: Account
    owner: User
    beginning: datetime
    sent: Sent
    export: Export
    mail: Mail

    @property
    def end(self) -> datetime:
        """Of the fixed ten days, exclusive."""
        return self.beginning + shop.DAYS


def make_demo(*, say: Say) -> Demo:
    """Make the demo's account with all that happened in it, judge it and have a goal's CSV mailed."""
    if settings.PRODUCTION:
        raise Refused.one("", "production", "The demo makes up an account; it does not run in production.")
    account, owner = _account()
    beginning = _beginning(account)
    with _token(account, owner) as secret, web(settings.VAR / "log" / "demo-web.log") as wire:
        client = Client(wire, secret)
        number = _furnish(client)
        _make_goals(Client(Here(), secret), beginning)
        say("Sending the visits and conversations of ten days")
        sent = _send(client, number, account, story.facts(beginning), say)
        say("Having a CSV mailed")
        export = _export(client, account, beginning)
    return Demo(account, owner, beginning, sent, export, _mailed(export))


@transactional
def _account() -> tuple[Account, User]:
    """The demo's account and its owner, made as of ten days ago the first time; nobody gets a password."""
    known = Member.objects.select_related("account", "user").filter(
        account__name=shop.ACCOUNT, user__email=shop.OWNER, role=Role.OWNER
    )
    if member := known.order_by("pk").first():
        return member.account, member.user
    with clock.set_back(_since(_hour(clock.now()) - shop.DAYS)):
        account = accounts.make_account(name=shop.ACCOUNT, timezone=shop.ZONE.key, currency=shop.CURRENCY)
        member = accounts.make_member(
            account_id=account.pk, email=shop.OWNER, role=Role.OWNER, name="Olga Owner"
        )
    return account, member.user


def _beginning(account: Account) -> datetime:
    """The demo's ten days stay those of the day on which it was made."""
    return _hour(account.created_at)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _since(at: datetime) -> timedelta:
    return clock.now() - at


@contextmanager
def _token(account: Account, owner: User) -> Iterator[str]:
    token, secret = accounts.make_token(
        account_id=account.pk,
        user_id=owner.pk,
        name="demo",
        scope=Scope.WRITE,
        expiry=clock.now() + timedelta(hours=1),
    )
    try:
        yield secret
    finally:
        accounts.revoke_token(account_id=account.pk, user_id=owner.pk, token_key=token.token_key)


def _furnish(client: Client) -> int:
    """Groups, agents, channels and the counter, where they are not there yet; the counter's number."""
    for path, wanted in (
        ("/api/v1/groups/", shop.GROUPS),
        ("/api/v1/agents/", shop.AGENTS),
        ("/api/v1/channels/", shop.CHANNELS),
    ):
        known = {one["external_id"] for one in client.every(path) if not one["placeholder"]}
        for one in wanted:
            if one["external_id"] not in known:
                client.ask("POST", path, one)
    for one in client.every("/api/v1/counters/"):
        if one["name"] == shop.COUNTER["name"] and not one["archived_at"]:
            return int(one["id"])
    return int(client.ask("POST", "/api/v1/counters/", shop.COUNTER)["id"])


def _make_goals(here: Client, beginning: datetime) -> None:
    """Goals never count what came before them, so they are made, edited and switched off with the clock set back."""
    known = {one["name"]: one for one in here.every("/api/v1/messaging-goals/")}
    with clock.set_back(_since(beginning)):
        for draft in shop.goals(beginning):
            if draft["name"] not in known:
                known[draft["name"]] = here.ask("POST", "/api/v1/messaging-goals/", draft)
    chats = {one["channel"] for one in here.every("/api/v1/chat-goals/")}
    with clock.set_back(_since(beginning)):
        for chat in shop.CHAT_GOALS:
            if chat["channel"] not in chats:
                here.ask("POST", "/api/v1/chat-goals/", chat)
    with clock.set_back(_since(beginning + shop.SWITCHED_OFF_AFTER)):
        returns = known[shop.RETURNS]
        if returns["version"] == 1:
            here.ask("POST", f"/api/v1/messaging-goals/{returns['id']}/deactivate/")
    with clock.set_back(_since(beginning + shop.EDITED_AFTER)):
        welcome = known[shop.WELCOME]
        if welcome["version"] == 1:
            here.ask("PATCH", f"/api/v1/messaging-goals/{welcome['id']}/", shop.edit())


def _send(client: Client, number: int, account: Account, facts: story.Facts, say: Say) -> Sent:
    """All facts, then the hourly job; then what was told late, and the job once more."""
    sent = Sent(facts.hits, 0, facts.events, 0, facts.conversations)
    stored = _stored(account)
    for hits in _parts(facts.seen, HITS_AT_ONCE):
        client.ask("POST", f"/collect/{number}", {"hits": hits})
    Drain(settings.COLLECT_SPOOL).run(once=True)
    for hits in _parts(facts.served, EVENTS_AT_ONCE):
        _whole(client.ask("POST", f"/api/v1/counters/{number}/hits/", {"hits": hits}))
    sent.new_hits = _stored(account) - stored
    for told in (facts.said, facts.late):
        for events in _parts(told, EVENTS_AT_ONCE):
            sent.new_events += _whole(client.ask("POST", "/api/v1/conversation-events/", {"events": events}))
        say("Running the hourly job")
        _judge(account)
    return sent


def _parts(items: list[Any], size: int) -> Iterator[list[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _whole(answer: dict[str, Any]) -> int:
    """How many were new; none may have been refused."""
    if answer["rejected"]:
        raise NotTaken(f"The portal refused {msgspec.json.encode(answer['rejected'][:3]).decode()}")
    return int(answer["accepted"])


def _stored(account: Account) -> int:
    return sum(Tally.objects.filter(account_id=account.pk).values_list("stored", flat=True))


def _judge(account: Account) -> None:
    run = hourly.run_now(account_id=account.pk)
    if run.state != Run.State.DONE:
        raise NotTaken(f"The hourly job failed: {run.error}")
    hourly.look_at_chats(account_id=account.pk)


def _export(client: Client, account: Account, beginning: datetime) -> Export:
    """The CSV of the busiest goal, asked for through the API once; here, or by a worker that is quicker."""
    goal_id = _busiest(account, beginning)
    last = beginning + shop.DAYS - timedelta(microseconds=1)
    wanted = {
        "goal": goal_id,
        "from": periods.date_of(beginning, shop.ZONE).isoformat(),
        "to": periods.date_of(last, shop.ZONE).isoformat(),
    }
    made = [
        one
        for one in client.every(f"/api/v1/exports/?goal={goal_id}&state=done")
        if wanted.items() <= one.items() and datetime.fromisoformat(one["expires_at"]) > clock.now()
    ]
    number = (made[0] if made else client.ask("POST", "/api/v1/exports/", wanted))["id"]
    return _made(number)


def _made(number: int) -> Export:
    deadline = time.monotonic() + PATIENCE
    while True:
        exports.make(export_id=number)
        export = Export.objects.get(pk=number)
        if export.state == Export.State.DONE:
            return export
        if export.state not in (Export.State.QUEUED, Export.State.RUNNING) or time.monotonic() > deadline:
            raise NotTaken(f"The export ended as {export.state}: {export.error}")
        time.sleep(0.2)


def _busiest(account: Account, beginning: datetime) -> int:
    counts = goal_counts(account_id=account.pk, since=beginning, until=beginning + shop.DAYS)
    return max(counts, key=lambda goal: (counts[goal].credited, -goal))


def _mailed(export: Export) -> Mail:
    """The export's mail, sent: again here, or by a worker that is quicker."""
    mail = Mail.objects.get(key=f"export-{export.pk}-done")
    deadline = time.monotonic() + PATIENCE
    while mail.state == Mail.State.QUEUED and time.monotonic() < deadline:
        mails.deliver(mail_id=mail.pk)
        mail.refresh_from_db()
        time.sleep(0.1)
    return mail
