"""Ten thousand lines of a real site's log through the whole job, against a recount of the raw file."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from apps.accounts.models import Account, Member
from apps.counters.models import Counter
from apps.exports import services as exports
from apps.goals import services as goals
from apps.goals.drafts import ConditionDraft, GoalDraft
from apps.goals.models import MessagingGoal
from apps.hourly import services as hourly
from apps.hourly.models import Run
from apps.intake import accesslog, registry
from apps.intake import services as intake
from apps.mail import services as mails
from apps.mail.models import Mail
from apps.mail.selectors import outbox
from apps.visits.models import Hit
from tests import factories
from tests.e2e import recount, shopfloor
from tests.guards.source import ROOT

LOG = ROOT.parent / "shared" / "data" / "access.log"
SITE = "http://semicomplete.com"
BERLIN = ZoneInfo("Europe/Berlin")
BEFORE = datetime(2015, 5, 17, 9, 0, tzinfo=UTC)  # the first line is of five past ten
AFTER = datetime(2015, 5, 20, 22, 0, tzinfo=UTC)
FIRST_DAY, LAST_DAY = date(2015, 5, 17), date(2015, 5, 21)
AGENTS = {
    "ana": recount.Agent("Ana Müller", "ana@shop.example", frozenset({"sales"})),
    "ben": recount.Agent('=HYPERLINK("x")', "ben@shop.example", frozenset({"support"})),
    "cleo": recount.Agent("Cleo 🦊", "cleo@shop.example", frozenset({"sales", "support"})),
    "robo": recount.Agent("Robo", "robo@shop.example", frozenset({"sales"}), bot=True),
}
CONTAINS = "contains"
GOALS = {
    "Looks at a tool": GoalDraft(
        name="Looks at a tool",
        group_ids=(),
        attribution="last_touch",
        window_days=7,
        active=True,
        start_date=FIRST_DAY,
        transaction_value=Decimal("12.50"),
        conditions=(
            ConditionDraft(CONTAINS, "/projects/xdotool"),
            ConditionDraft(CONTAINS, "/projects/keynav"),
            ConditionDraft(CONTAINS, "/files/logstash/"),
        ),
    ),
    "Reads the blog": GoalDraft(
        name="Reads the blog",
        group_ids=(),
        attribution="first_touch",
        window_days=1,
        active=True,
        start_date=FIRST_DAY,
        conditions=(
            ConditionDraft(CONTAINS, "/blog/geekery/"),
            ConditionDraft(CONTAINS, "tags/installer failure"),
            ConditionDraft(CONTAINS, "?flav=rss20"),
            ConditionDraft("is", "HTTP://SemiComplete.com:80/blog/tags/puppet?flav=rss20"),
        ),
    ),
    "Comes to the front door": GoalDraft(
        name="Comes to the front door",
        group_ids=(),
        attribution="last_touch",
        window_days=30,
        active=True,
        start_date=FIRST_DAY,
        end_date=date(2015, 5, 19),
        bots_eligible=True,
        conditions=(ConditionDraft("is", SITE), ConditionDraft(CONTAINS, "/favicon.ico")),
    ),
    "Takes the slides": GoalDraft(
        name="Takes the slides",
        group_ids=(),
        attribution="first_touch",
        window_days=90,
        active=True,
        start_date=date(2015, 5, 18),
        conditions=(
            ConditionDraft(CONTAINS, "/presentations/logstash-"),
            ConditionDraft(CONTAINS, ".pdf"),
            ConditionDraft(CONTAINS, "/images/"),
        ),
    ),
}
GROUPS = {
    "Looks at a tool": {"sales"},
    "Reads the blog": {"sales", "support"},
    "Comes to the front door": {"sales"},
    "Takes the slides": {"support"},
}

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not LOG.parent.exists(), reason="there is no ../shared/data with a real log beside the project"
    ),
]


@pytest.fixture(scope="module")
def text() -> str:
    return LOG.read_text(encoding="ascii")


def an_open_shop() -> tuple[Counter, dict[str, int]]:
    """The account, its people and goals, as of before the first line: the counter, and goals by name."""
    account = factories.an_account("Semicomplete", timezone=BERLIN.key, currency="EUR")
    factories.a_member(account, email="owner@shop.example")
    groups = {name: factories.a_group(account, name).pk for name in ("sales", "support")}
    for external_id, agent in AGENTS.items():
        registry.save_agent(
            account_id=account.pk,
            external_id=external_id,
            name=agent.name,
            email=agent.email,
            kind="bot" if agent.bot else "human",
            groups=sorted(agent.groups),
        )
    registry.save_channel(account_id=account.pk, external_id="market-bot", kind="third_party_bot")
    return factories.a_counter(account, SITE), {
        name: _saved(account, draft, tuple(groups[group] for group in sorted(GROUPS[name])))
        for name, draft in GOALS.items()
    }


def _saved(account: Account, draft: GoalDraft, group_ids: tuple[int, ...]) -> int:
    draft = replace(draft, group_ids=group_ids)
    return goals.save_goal(account_id=account.pk, user_id=None, draft=draft).pk


def plain(goal_id: int, draft: GoalDraft) -> recount.Goal:
    """A goal in the recount's words."""
    assert draft.start_date
    return recount.Goal(
        id=goal_id,
        name=draft.name,
        conditions=[(one.operator, one.value) for one in draft.conditions],
        groups=frozenset(GROUPS[draft.name]),
        first_touch=draft.attribution == "first_touch",
        window=timedelta(days=draft.window_days),
        value="" if draft.transaction_value is None else "12.50",
        start=draft.start_date,
        end=draft.end_date,
        bots=draft.bots_eligible,
    )


def client_id(visitor: recount.Visitor) -> str:
    address, agent = (part.encode() for part in visitor)
    made = accesslog.client_id(address, agent)
    assert made
    return made


def converse(account_id: int, views: list[recount.View]) -> recount.World:
    """Send the conversations; what the recount knows of them."""
    mine = list(shopfloor.chats(views, client_id))
    events = [event for _, chat in mine for event in chat.events]
    for start in range(0, len(events), 1000):
        outcome = intake.take_events(account_id=account_id, raw=events[start : start + 1000])
        assert outcome.rejected == ()
    return recount.World(
        zone=BERLIN,
        agents=AGENTS,
        excluded=frozenset({"market-bot"}),
        conversations={chat.ticket: visitor for visitor, chat in mine},
        events={chat.ticket: chat.events for _, chat in mine},
    )


def mailed_rows(client: Client, account_id: int, goal_id: int) -> list[list[str]]:
    """Ask for a goal's CSV, read the mail, follow its link as its owner does, and open what lies behind."""
    owner = Member.objects.get(account_id=account_id)
    asked = exports.request_export(
        account_id=account_id,
        user_id=owner.user_id,
        goal_id=goal_id,
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
    )
    exports.make(export_id=asked.pk)
    mails.deliver(mail_id=Mail.objects.latest("pk").pk)
    mail = outbox()[0]
    assert mail.to == owner.user.email
    assert f"“{goal_name(goal_id)}”" in mail.body
    client.force_login(owner.user)
    page = urlsplit(mail.links[0]).path
    assert client.get(page).status_code == 200
    answer = client.post(page)
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a FileResponse
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (member,) = archive.namelist()
        text = archive.read(member).decode("utf-8-sig")
    headings, *rows = csv.reader(io.StringIO(text, newline=""))
    assert len(headings) == 10
    return rows


def goal_name(goal_id: int) -> str:
    return str(MessagingGoal.objects.select_related("current").get(pk=goal_id))


def defused(row: list[str]) -> list[str]:
    """What a cell that looks like a formula becomes."""
    return [f"'{cell}" if cell.startswith("=") else cell for cell in row]


@pytest.fixture(autouse=True)
def mails_are_kept(settings) -> None:
    settings.EMAIL_BACKEND = "apps.mail.outbox.OutboxBackend"


@pytest.fixture
def travel() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=True) as traveller:
        yield traveller


def test_a_real_log_gives_the_rows_of_a_plain_recount(
    text: str, travel: time_machine.Traveller, client: Client
) -> None:
    views, bad = recount.read(text, SITE)
    counter, numbers = an_open_shop()
    travel.move_to(AFTER)
    imported = intake.import_access_log(counter=counter, path=Path(LOG), all_statuses=True)
    # No line is lost: each is a hit, or counted as bad.
    assert (imported.lines, imported.hits, imported.bad) == (10_000, len(views), bad)
    assert imported.hits + imported.bad == 10_000
    stored = Hit.objects.filter(account_id=counter.account_id)
    assert stored.filter(robot=True).count() == sum(view.robot for view in views)

    world = converse(counter.account_id, views)
    run = hourly.run_now(account_id=counter.account_id)
    assert (run.state, run.error) == (Run.State.DONE, "")

    credited = 0
    for name, draft in GOALS.items():
        expected = [defused(row) for row in recount.rows(views, plain(numbers[name], draft), world)]
        found = mailed_rows(client, counter.account_id, numbers[name])
        assert len(found) > 20, name
        assert sorted(found) == sorted(expected), name
        assert [row[0] for row in found] == [row[0] for row in expected], name
        credited += len(found)
    assert run.credited == credited
