"""Lists are walked page by page while rows come and go: each row that stayed is seen once, and *back* leads back."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, Model
from django.http import QueryDict

from apps.accounts.models import AuditEntry, Token
from apps.accounts.services import audit
from apps.backoffice.pages.chat_analytics import InquiriesPage
from apps.backoffice.pages.conversions import ConversionsPage
from apps.backoffice.pages.visits import VisitsPage
from apps.backoffice.paging import Order, Paged, paged
from apps.backoffice.tables import TablePage
from apps.conversions.models import ChatStates, Inquiry
from apps.core import clock
from apps.erasure.models import Erasure
from apps.exports.models import Export
from apps.hourly.models import Run
from apps.people.models import Identity, Person
from tests import factories
from tests.backoffice.addresses import PAGES, named
from tests.backoffice.conftest import a_goal
from tests.cast import Cast
from tests.exports.rows import a_conversion
from tests.goals.chats import a_channel, a_chat_goal
from tests.portal import PortalClient
from tests.visits.made import some_visits

LISTS = (TablePage, VisitsPage, ConversionsPage, InquiriesPage)
Make = Callable[[int], Any]
KEPT = (AuditEntry, Person)
"""Rows that nothing deletes by themselves."""


def makers(cast: Cast) -> dict[str, Make]:
    """By list: makes its n-th row. Many are alike in what their list is ordered by."""
    own: dict[str, Any] = {"account_id": cast.account.pk}
    now = clock.now() - timedelta(days=1)
    goal = a_goal(cast, "Purchase", days_ago=3)
    chat_goal = a_chat_goal(a_channel(cast.account, "web"))

    def export(n: int) -> Any:
        values = {"user": cast.owner.user, "goal": goal, "first_day": "2026-01-01", "last_day": "2026-01-02"}
        return Export.objects.create(**own, **values, created_at=now, state=Export.State.CANCELLED)

    def inquiry(n: int) -> Any:
        place = {
            "channel_id": chat_goal.channel_id,
            "goal_id": chat_goal.pk,
            "version_id": chat_goal.current_id,
        }
        ended = {"state": ChatStates.MISSED, "began_at": now, "ended_at": now, "agent_id": cast.ana.pk}
        return Inquiry.objects.create(**own, conversation_id=n, number=1, **place, **ended)

    def person(n: int) -> Any:
        made = Person.objects.create(**own, created_at=now)
        Identity.objects.create(**own, person=made, kind=Identity.Kind.CLIENT_ID, value=f"walk{n}")

    return {
        "agents": lambda n: factories.an_agent(cast.account, f"agent{n}"),
        "groups": lambda n: factories.a_group(cast.account, f"group{n}", "Alike"),
        "channels": lambda n: a_channel(cast.account, f"channel{n}"),
        "counters": lambda n: factories.a_counter(cast.account, f"https://s{n}.example"),
        "members": lambda n: factories.a_member(cast.account, "analyst", f"m{n}@shop.example"),
        "tokens": lambda n: factories.a_token(cast.owner, "read", name="Alike")[0],
        "goals": lambda n: a_goal(cast, f"Alike {n % 2}", active=False),
        "chat_goals": lambda n: a_chat_goal(a_channel(cast.account, f"c{n}")),
        "chat_inquiries": inquiry,
        "conversions": lambda n: a_conversion(cast, goal, now, hit=f"h{n}"),
        "visits": lambda n: some_visits(cast.counter, 1, client_id=f"visitor{n}"),
        "exports": export,
        "people": person,
        "erasures": lambda n: Erasure.objects.create(**own, person_id=n, created_at=now),
        "audit": lambda n: audit(account_id=cast.account.pk, user=None, action=f"a{n}.b", target="x"),
        "runs": lambda n: Run.objects.create(**own, hour=now + timedelta(hours=n), created_at=now),
    }


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for page in LISTS:
        monkeypatch.setattr(page, "per_page", 2)


def test_every_list_is_walked(cast: Cast) -> None:
    views: dict[str, Any] = {name: named()[name].callback for name in PAGES}
    lists = {name for name, view in views.items() if issubclass(view.view_class, LISTS)}
    assert set(makers(cast)) == lists


def test_each_row_that_stayed_is_seen_once_in_every_list(cast: Cast, owner: PortalClient) -> None:
    for name, make in makers(cast).items():
        start = owner.at(f"/admin/{named()[name].pattern}")
        others = {*keys(owner.get(start).context["rows"])}
        others |= {key for page in walked(owner, start) for key in page}
        for n in range(7):
            make(n)
        pages = walked(owner, start)
        everything = {key for page in pages for key in page}
        assert len(everything) == sum(map(len, pages)) == len(others) + 7, name
        gone: set[str] = set()
        numbers = iter(range(100, 200))

        def meanwhile(rows: list[Any], others=others, gone=gone, make=make, numbers=numbers) -> None:
            make(next(numbers))
            last = rows[-1]
            if keys([last])[0] not in others and not isinstance(record(last), KEPT):
                gone |= {*keys([last])}
                take_away(record(last))

        seen = [key for page in walked(owner, start, meanwhile) for key in page]
        assert len(set(seen)) == len(seen), name
        assert everything - gone <= set(seen), name
        assert gone or name in {"audit", "people"}, name


def walked(
    client: PortalClient, address: str, meanwhile: Callable[[list[Any]], None] | None = None
) -> list[list[str]]:
    """The keys of the rows of each page from this one on; where nothing happens meanwhile *back* leads back, too."""
    pages: list[list[str]] = []
    answer = client.get(address)
    while len(pages) < 400:
        rows = answer.context["rows"]
        pages.append(keys(rows))
        if meanwhile:
            meanwhile(rows)
        if answer.context["after"] is None:
            break
        answer = client.get(address + answer.context["after"])
    for page in reversed(pages[:-1] if not meanwhile else []):
        answer = client.get(address + answer.context["before"])
        assert keys(answer.context["rows"]) == page
    assert meanwhile or answer.context["before"] is None
    return pages


def take_away(row: Model) -> None:
    """As their services do: goals and agents stay, marked."""
    rows = type(row)._base_manager.filter(pk=row.pk)
    if hasattr(row, "deleted_at"):
        rows.update(deleted_at=clock.now())
    else:
        rows.delete()


def record(row: Any) -> Model:
    """What the row of a page is about."""
    values = [row] if isinstance(row, Model) else row.values()
    found: Model = next(value for value in values if isinstance(value, Model))
    return found


def keys(rows: list[Any]) -> list[str]:
    return [f"{type(record(row)).__name__} {record(row).pk}" for row in rows]


ORDERS = [
    ("name", "pk"),
    ("last_used_at", "pk"),
    ("revoked_at", "expiry", "pk"),
    ("user__email", "counter_number", "pk"),
]


@pytest.mark.parametrize("fields", ORDERS)
@pytest.mark.parametrize("descending", [False, True])
def test_any_order_with_ties_and_missing_values_is_walked_there_and_back(
    cast: Cast, fields: tuple[str, ...], descending: bool
) -> None:
    some_tokens(cast)
    tokens = Token.objects.filter(account=cast.account)
    order = Order("key", fields, descending=descending)
    everything = [row.pk for row in page(tokens, order, "", 100).rows]
    assert everything == in_order(tokens, fields, descending=descending)
    for size in (1, 2, 3):
        shown = page(tokens, order, "", size)
        seen = [[row.pk for row in shown.rows]]
        while shown.after:
            shown = page(tokens, order, shown.after, size)
            seen.append([row.pk for row in shown.rows])
        assert [pk for part in seen for pk in part] == everything
        for part in reversed(seen[:-1]):
            assert shown.before
            shown = page(tokens, order, shown.before, size)
            assert [row.pk for row in shown.rows] == part
        assert shown.before is None


def some_tokens(cast: Cast) -> None:
    """Alike in every way that they can be ordered by, or different in it, or without a value."""
    now = clock.now()
    for n in range(8):
        token, _secret = factories.a_token(
            (cast.owner, cast.admin)[n % 2], "ingest", name=f"Alike {n % 3}",
            counter_number=cast.counter.pk if n % 4 else None,
        )  # fmt: skip
        Token.objects.filter(pk=token.pk).update(
            last_used_at=now - timedelta(days=n // 2) if n % 3 else None,
            revoked_at=now - timedelta(hours=n % 2) if n % 4 < 2 else None,
            expiry=now + timedelta(hours=n) if n % 2 else None,
        )


def in_order(tokens: Any, fields: tuple[str, ...], *, descending: bool) -> list[Any]:
    """The rule in plain Python: by each field in turn, what is missing last."""

    def plain(value: Any) -> Any:
        return 0 if value is None else value

    rows = list(tokens.annotate(email=F("user__email")))
    for field in reversed(fields):
        name = field.replace("user__", "")
        rows.sort(key=lambda row: (getattr(row, name) is not None, plain(getattr(row, name))), reverse=True)
        if not descending:
            rows = sorted(rows, key=lambda row: (getattr(row, name) is None, plain(getattr(row, name))))
    return [row.pk for row in rows]


def page(rows: Any, order: Order, address: str, size: int) -> Paged:
    return paged(rows, order=order, query=QueryDict(address.removeprefix("?")), size=size)


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "=",
        "a" * 9000,
        "\u0663",
        cursor(),
        cursor("-made"),
        cursor("-made", "2026-01-01T00:00:00+00:00"),
        cursor("-made", "2026-01-01T00:00:00+00:00", 1, 2),
        cursor("made", "2026-01-01T00:00:00+00:00", 1),  # of another order
        cursor("-made", "2026-01-01T00:00:00", 1),
        cursor("-made", "2026-13-01T00:00:00+00:00", 1),
        cursor("-made", "yesterday", 1),
        cursor("-made", "0001-01-01T00:00:00+23:59", 1),
        cursor("-made", None, 1),
        cursor("-made", {}, 1),
        cursor("-made", "2026-01-01T00:00:00+00:00", {}),
        cursor("-made", "2026-01-01T00:00:00+00:00", "\x00"),
        cursor("-made", "2026-01-01T00:00:00+00:00", "\ud800"),
        cursor("-made", 1e400, 1),
        base64.b64encode(b"[" * 5000).decode(),
    ],
)
def test_a_cursor_that_makes_no_sense_counts_as_none(cast: Cast, owner: PortalClient, text: str) -> None:
    first = keys(owner.get("/admin/tokens/").context["rows"])
    for name in ("after", "before"):
        assert keys(owner.get("/admin/tokens/", {name: text}).context["rows"]) == first


def test_a_cursor_beyond_every_number_finds_nothing(cast: Cast, owner: PortalClient) -> None:
    for number in (-(2**70), 2**70):
        answer = owner.get("/admin/counters/", {"after": cursor("number", number), "o": "number"})
        assert answer.status_code == 200


def test_pages_keep_filters_and_a_new_order_begins_at_the_first(cast: Cast, owner: PortalClient) -> None:
    for n in range(5):
        factories.an_agent(cast.account, f"cho{n}")
    answer = owner.get("/admin/agents/?q=cho&o=-id")
    second = owner.get("/admin/agents/" + answer.context["after"])
    assert [row["agent"].external_id for row in second.context["rows"]] == ["cho2", "cho1"]
    (by_name, *_) = second.context["headings"]
    assert by_name.href == "?q=cho&o=name"
    text = second.content.decode()
    assert "Previous page" in text
    assert "Next page" in text


def test_a_page_asks_the_same_number_of_questions_wherever_it_is(
    cast: Cast, owner: PortalClient, django_assert_num_queries: Any
) -> None:
    for n in range(7):
        factories.a_counter(cast.account, f"https://s{n}.example")
    owner.get("/admin/counters/")
    answer = None
    for step in ("", "after", "after", "before"):
        with django_assert_num_queries(5):
            answer = owner.get("/admin/counters/" + (answer.context[step] if answer else ""))
