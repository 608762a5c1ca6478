"""A program that copies conversations and follows them: nothing is missed, whatever happens meanwhile."""

from threading import Event, Thread
from urllib.parse import quote

import pytest
from django.db import connection, transaction

from apps.accounts.models import Account
from apps.conversations.models import Conversation
from apps.core import clock
from apps.intake.services import merge_people
from tests import cast as people
from tests.api.calls import Api, problem, results
from tests.workspace.stories import a_chat, event, message, take

EVER = "conversations/?limit=1&updated_since=1970-01-01T00:00:00Z"


def follow(api: Api, path: str, between=lambda: None) -> list[dict]:
    """All rows of a walk, page by page; `between` happens after each page."""
    found = []
    while path:
        answer = api.get(path)
        found += results(answer)
        between()
        path = (answer.json()["next"] or "").removeprefix("http://testserver")
    return found


def since(row: dict) -> str:
    return f"conversations/?updated_since={quote(row['updated_at'])}"


def test_one_that_gets_a_message_meanwhile_comes_again_and_none_is_missed(cast):
    for n in range(5):
        a_chat(cast.account, f"T-{n}", client=f"9{n}")
    news = iter(["T-3", "T-0", "T-4"])

    def write() -> None:
        if ticket := next(news, None):
            take(cast.account, event(ticket, 9, clock.now(), **message("person", "Hello?")))

    api = Api(cast, "read")
    rows = follow(api, EVER, write)
    assert [row["ticket"] for row in rows] == ["T-0", "T-1", "T-2", "T-3", "T-0", "T-4"]
    last = {row["ticket"]: row for row in rows}
    shown = {row["ticket"]: row for row in results(api.get("conversations/"))}
    assert {ticket: row["person_said_at"] for ticket, row in last.items()} == {
        ticket: row["person_said_at"] for ticket, row in shown.items()
    }
    assert [row["ticket"] for row in follow(api, since(rows[-1]))] == ["T-4"]
    take(cast.account, event("T-1", 9, clock.now(), **message("person", "Hello?")))
    assert [row["ticket"] for row in follow(api, since(rows[-1]))] == ["T-4", "T-1"]


def test_whose_a_conversation_is_is_a_change_of_it(cast):
    people_of = [a_chat(cast.account, f"T-{n}", client=f"8{n}").person_id or 0 for n in range(2)]
    api = Api(cast, "read")
    copy = {row["ticket"]: row for row in follow(api, EVER)}
    latest = max(copy.values(), key=lambda row: row["updated_at"])
    merge_people(account_id=cast.account.pk, kept=people_of[1], gone=people_of[0], user_id=None)
    copy |= {row["ticket"]: row for row in follow(api, since(latest))}
    assert {ticket: row["person"] for ticket, row in copy.items()} == {
        row["ticket"]: row["person"] for row in results(api.get("conversations/"))
    }
    assert len({row["person"] for row in copy.values()}) == 1


def test_agents_follow_what_is_theirs_and_filters_hold(cast):
    a_chat(cast.account, "T-1", client="71")
    a_chat(cast.account, "T-2", agent="ben", group="support", client="72")
    assert [row["ticket"] for row in follow(Api(cast, "agent"), EVER)] == ["T-1"]
    assert [row["ticket"] for row in follow(Api(cast, "owner"), EVER + "&agent=ben")] == ["T-2"]
    assert [row["ticket"] for row in follow(Api(cast, "owner"), EVER + "&ticket=T-1")] == ["T-1"]
    assert follow(Api(cast, "stranger"), EVER) == []
    assert problem(Api(cast, "owner").get("conversations/?updated_since=yesterday"), 400)


@pytest.mark.django_db(transaction=True)
def test_what_is_being_written_hides_what_came_after_until_it_is_there() -> None:
    """A transaction that is slow to end stamped its change early: a walk must not have passed by then."""
    cast = people.make()
    a_chat(cast.account, "T-1", client="61")
    written, ended = Event(), Event()

    def slowly(account: Account) -> None:
        with transaction.atomic():
            a_chat(account, "T-2", client="62")
            written.set()
            assert ended.wait(20)
        connection.close()

    thread = Thread(target=slowly, args=[cast.account])
    thread.start()
    assert written.wait(20)
    Conversation.objects.filter(ticket="T-1").update(link="https://chat.example/1")
    a_chat(cast.account, "T-3", client="63")
    api = Api(cast, "read")
    assert [row["ticket"] for row in follow(api, EVER)] == ["T-1"]
    ended.set()
    thread.join()
    assert [row["ticket"] for row in follow(api, EVER)] == ["T-1", "T-2", "T-3"]
