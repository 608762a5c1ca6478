"""Every address of the admin names its account: a form saves there, whatever another tab has opened since."""

import pytest
from django.db import connection, transaction

from apps.accounts.addresses import account_url
from apps.accounts.entering import LAST
from apps.accounts.models import Account, AuditEntry, Member
from apps.accounts.roles import Role
from tests.backoffice import addresses
from tests.backoffice.addresses import OPERATORS, PAGES, WITHOUT_ACCOUNT, World
from tests.backoffice.conftest import SignIn, a_goal
from tests.backoffice.forms import filled, taking_forms
from tests.backoffice.reading import links
from tests.backoffice.test_access import changed, snapshot
from tests.cast import Cast
from tests.portal import PortalClient


@pytest.fixture
def both(cast: Cast, sign_in: SignIn) -> PortalClient:
    """A browser of somebody who owns both accounts."""
    Member.objects.create(account=cast.other, user=cast.owner.user, role=Role.OWNER)
    return sign_in("owner")


@pytest.fixture
def world(cast: Cast) -> World:
    return addresses.make(cast)


def rows_of(account: Account) -> dict[str, object]:
    """A sum over the rows that each table has of the account."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE a.attname = 'account_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        columns = {name: "account_id" for (name,) in cursor.fetchall()} | {"accounts_account": "id"}
        sums = [
            f"SELECT '{table}', sum(hashtextextended(t::text, 0)) FROM \"{table}\" t WHERE {column} = %(account)s"
            for table, column in columns.items()
        ]
        cursor.execute(" UNION ALL ".join(sums), {"account": account.pk})
        return dict(cursor.fetchall())


def open_index(client: PortalClient, account: Account) -> None:
    assert client.get(account_url("admin", account.pk, "index")).status_code == 200


def test_every_form_is_tried(world: World) -> None:
    assert set(filled(world)) == taking_forms()


def test_a_form_saves_into_the_account_it_was_opened_in_whatever_was_chosen_in_between(
    cast: Cast, world: World, both: PortalClient
) -> None:
    wrong = []
    forms = filled(world)
    here, there = rows_of(cast.account), rows_of(cast.other)
    for name, sent in forms.items():
        address = world.address(name)
        undo = transaction.savepoint()
        both.get(address)
        open_index(both, cast.other)  # the other tab
        answer = both.post(address, sent.values)
        assert answer.getvalue() is not None  # a file is read to its end, which closes it
        assert rows_of(cast.other) == there, name
        if (rows_of(cast.account) != here) is not sent.writes or answer.status_code >= 500:
            wrong.append((name, answer.status_code))
        transaction.savepoint_rollback(undo)
    assert not wrong, str(wrong)


def test_what_belongs_to_one_account_is_not_there_in_another(
    cast: Cast, world: World, both: PortalClient
) -> None:
    forms = filled(world)
    open_index(both, cast.other)
    before = snapshot()
    for name in PAGES:
        if not addresses.named()[name].pattern.converters:
            continue
        address = world.address(name, cast.other)
        assert both.get(address).status_code == 404, name
        if name in forms:
            assert both.post(address, forms[name].values).status_code == 404, name
    assert changed(before) == set()


def test_without_an_account_a_page_leads_to_the_account_opened_last_and_keeps_its_query(
    cast: Cast, world: World, both: PortalClient
) -> None:
    for account in (cast.other, cast.account):
        open_index(both, account)
        for name in PAGES:
            if name in WITHOUT_ACCOUNT:
                continue
            answer = both.get(world.bare_address(name) + "?q=%D1%8F&x=1", bare=True)
            assert (answer.status_code, answer["Location"]) == (
                302,
                world.address(name, account) + "?q=%D1%8F&x=1",
            ), name


def test_without_an_account_a_form_does_nothing(cast: Cast, world: World, both: PortalClient) -> None:
    forms = filled(world)
    open_index(both, cast.account)
    before = snapshot()
    for name in taking_forms() - WITHOUT_ACCOUNT:
        answer = both.post(world.bare_address(name), forms[name].values, bare=True)
        assert answer.status_code == 404, name
    assert changed(before) == set()


def test_an_account_that_is_not_theirs_is_not_there_whatever_the_session_says(
    cast: Cast, world: World, sign_in: SignIn
) -> None:
    stranger = sign_in("stranger")
    session = stranger.session
    session[LAST] = cast.account.pk
    session.save()
    before = snapshot()
    for name, row in PAGES.items():
        address = world.address(name)
        assert (stranger.get(address).status_code, stranger.post(address).status_code) == (404, 404), name
        if row.see != OPERATORS and name not in WITHOUT_ACCOUNT:
            leads = stranger.get(world.bare_address(name), bare=True)["Location"]
            assert leads == world.address(name, cast.other), name
    assert changed(before) == set()


def test_a_number_that_is_no_accounts_is_not_there(cast: Cast, owner: PortalClient) -> None:
    own = str(cast.account.pk)
    numbers = ["0", f"0{own}", "-1", "x", "٣", "9" * 18, "9" * 40, f"{own}%0A"]
    for part in [*numbers, f"{own}/a/{own}", f"{own}/admin", f"{own}/workspace", f"{own}//goals"]:
        assert owner.get(f"/admin/a/{part}/").status_code == 404, part


def test_static_files_are_not_below_an_account(cast: Cast, owner: PortalClient) -> None:
    answer = owner.get("/static/backoffice/backoffice.css")
    assert answer.status_code == 200
    assert answer.getvalue()
    assert owner.get(f"/admin/a/{cast.account.pk}/static/backoffice/backoffice.css").status_code == 404


def test_a_missing_slash_at_the_end_is_added(cast: Cast, owner: PortalClient) -> None:
    number = cast.account.pk
    for path, query in ((f"/admin/a/{number}", ""), (f"/admin/a/{number}/goals", "?q=%22x%22")):
        answer = owner.get(path + query)
        assert (answer.status_code, answer["Location"]) == (301, f"{path}/{query}")


def test_every_link_of_a_page_names_its_account(cast: Cast, world: World, both: PortalClient) -> None:
    """The chooser's alone lead to other accounts."""
    own = (f"/admin/a/{cast.account.pk}/", f"/workspace/a/{cast.account.pk}/")
    chooser = account_url("admin", cast.other.pk, "index")
    seen = 0
    for name, row in PAGES.items():
        if "owner" not in row.see or row.post_only:
            continue
        answer = both.get(world.address(name))
        if not answer["Content-Type"].startswith("text/html"):
            continue
        for link in links(answer.content.decode()):
            assert link.startswith(own) or link == chooser, (name, link)
            seen += 1
    assert seen > 500


def test_error_pages_lead_back_into_their_account(cast: Cast, world: World, sign_in: SignIn) -> None:
    analyst = sign_in("analyst")
    back = f'href="{account_url("admin", cast.account.pk, "index")}"'
    for name, status in (("goal_add", 403), ("settings", 404)):
        answer = analyst.get(world.address(name))
        assert answer.status_code == status
        assert back in answer.content.decode()
    assert 'href="/admin/"' in sign_in("stranger").get(world.address("goals")).content.decode()


def test_the_session_remembers_the_account_that_a_person_opened_last(
    cast: Cast, world: World, both: PortalClient
) -> None:
    open_index(both, cast.other)
    run, counter = world.address("run_progress"), world.address("counter_live")
    for ask in (
        lambda: both.get(run),
        lambda: both.get(counter),
        lambda: both.get(world.address("goals"), headers={"X-Dialog": "1"}),
        lambda: both.get(world.address("goals"), headers={"Sec-Fetch-Mode": "cors"}),
        lambda: both.head(world.address("goals")),
        lambda: both.post(world.address("run_now")),
    ):
        ask()
        assert both.session[LAST] == cast.other.pk
    both.get(world.address("goals"), headers={"Sec-Fetch-Mode": "navigate"})
    assert both.session[LAST] == cast.account.pk


def test_the_chooser_leads_to_the_other_account(cast: Cast, both: PortalClient) -> None:
    a_goal(cast, "Only in the first")
    page = both.get("/admin/").content.decode()
    other = account_url("admin", cast.other.pk, "index")
    assert f'href="{other}"' in page
    assert f'href="{account_url("admin", cast.account.pk, "index")}" aria-current="true"' in page
    assert "Only in the first" in both.get("/admin/goals/").content.decode()
    assert "Only in the first" not in both.get(other + "goals/").content.decode()


def test_what_operators_enter_is_noted_once_however_many_pages_and_tabs(cast: Cast, sign_in: SignIn) -> None:
    operator = sign_in("operator")
    for _ in range(2):
        for account in (cast.other, cast.account):
            for mount in ("admin", "workspace"):
                operator.get(f"/{mount}/a/{account.pk}/")
    entries = AuditEntry.objects.filter(action="account.entered").order_by("pk")
    assert [(entry.account, entry.user) for entry in entries] == [
        (cast.account, cast.operator),
        (cast.other, cast.operator),
    ]
    assert "operator@host.example (operator)" in operator.get("/admin/audit/").content.decode()
    page = operator.get("/admin/accounts/?q=other").content.decode()
    assert f'href="/admin/a/{cast.other.pk}/"' in page


def test_a_form_is_noted_too_where_an_operator_opened_nothing_before(cast: Cast) -> None:
    operator = PortalClient(cast.account)
    operator.force_login(cast.operator)
    operator.post("/admin/runs/now/")
    assert AuditEntry.objects.get(action="account.entered").account == cast.account


def test_an_agents_admin_is_the_workspace_and_that_of_a_strange_account_is_not_there(
    cast: Cast, sign_in: SignIn
) -> None:
    agent = sign_in("agent")
    assert agent.get("/admin/goals/")["Location"] == f"/workspace/a/{cast.account.pk}/"
    assert agent.get(f"/admin/a/{cast.other.pk}/goals/").status_code == 404
    assert agent.get(f"/admin/a/{cast.other.pk}/accounts/").status_code == 404
