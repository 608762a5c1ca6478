"""`python -m tests.bench.workspace [CONVERSATIONS]`: the agents' pages with a million conversations and with a thousand.

Filled by SQL, ten events a conversation and ten thousand messages in one of each account. The list and the conversation's
page take the same number of queries in both, and at most twice the time.
"""

import os
import statistics
import sys
import time
from typing import Any

from tests.bench.setup import bench_database

SMALL = 1_000
LONG = 10_000  # messages in one conversation
ROUNDS = 15
FACTS = """
INSERT INTO conversations_conversation (account_id, channel_id, ticket, begun_at)
SELECT %(account)s, %(channel)s, 'T' || n, now() - interval '90 days' FROM generate_series(1, %(conversations)s) n;
INSERT INTO conversations_event
    (account_id, conversation_id, time, seq, id, channel_id, kind, agent_id, group_id, detail, arrived_at)
SELECT c.account_id, c.id, now() - interval '90 days' * ((c.id * 7919) %% 1000003) / 1000003.0 + e * interval '1 minute', 0,
    c.id || '-' || e, c.channel_id, (ARRAY[1, 10, 2, 1, 2, 5, 1, 2, 24, 30])[e],
    CASE WHEN e IN (2, 3, 5, 6, 8) THEN (%(agents)s::bigint[])[1 + c.id %% 50] END,
    CASE WHEN e = 2 THEN (%(groups)s::bigint[])[1 + c.id %% 5] END,
    '{"text": "How can I help you with your order?", "score": "good"}'::jsonb, now()
FROM conversations_conversation c CROSS JOIN generate_series(1, 10) e WHERE c.account_id = %(account)s;
INSERT INTO conversations_event
    (account_id, conversation_id, time, seq, id, channel_id, kind, agent_id, detail, arrived_at)
SELECT c.account_id, c.id, now() - interval '2 days' + e * interval '10 seconds', 0, 'long-' || e, c.channel_id, 1 + e %% 2,
    CASE WHEN e %% 2 = 1 THEN (%(agents)s::bigint[])[1] END, '{"text": "A word among very many."}'::jsonb, now()
FROM (SELECT * FROM conversations_conversation WHERE account_id = %(account)s ORDER BY id LIMIT 1) c
CROSS JOIN generate_series(1, %(long)s) e;
INSERT INTO conversations_event (account_id, conversation_id, time, seq, id, channel_id, kind, agent_id, group_id, arrived_at)
SELECT c.account_id, c.id, now() - interval '3 days', 0, 'held', c.channel_id, 10, (%(agents)s::bigint[])[1],
    (%(groups)s::bigint[])[1], now()
FROM (SELECT * FROM conversations_conversation WHERE account_id = %(account)s ORDER BY id LIMIT 1) c;
"""


def main(conversations: int) -> None:
    bench_database("goalline_bench_workspace")
    accounts = [account(SMALL), account(conversations)]
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(
        f"{SMALL:,} conversations against {conversations:,}; medians of {ROUNDS} requests in turn, ms, and queries"
    )
    for name in paths(0):
        measure(name, [(client, paths(longest)[name]) for client, longest in accounts])


def account(conversations: int) -> tuple[Any, int]:
    """A client of an agent of a new account, and the number of its longest conversation."""
    from django.conf import settings
    from django.db import connection

    from apps.accounts.roles import Role
    from apps.conversations import summaries
    from apps.conversations.models import Channel, Conversation
    from tests import factories
    from tests.portal import PortalClient

    settings.ALLOWED_HOSTS = ["testserver"]
    made = factories.an_account(f"Bench {conversations}")
    groups = [factories.a_group(made, f"g{number}") for number in range(5)]
    agents = [factories.an_agent(made, f"a{number}", groups[number % 5]) for number in range(50)]
    member = factories.a_member(made, Role.AGENT, agent="a0")
    channel = Channel.objects.create(account=made, external_id="web", kind="web")
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for statement in FACTS.split(";\n")[:-1]:
            values: dict[str, Any] = {
                "account": made.pk, "channel": channel.pk, "conversations": conversations, "long": LONG,
                "agents": [one.pk for one in agents], "groups": [one.pk for one in groups],
            }  # fmt: skip
            cursor.execute(statement, values)
        cursor.execute("ANALYZE")
    summaries.rebuild(account_id=made.pk)
    print(f"filled {conversations:,} conversations in {time.perf_counter() - began:.0f} s", flush=True)
    client = PortalClient(made)
    client.force_login(member.user)
    return client, Conversation.objects.filter(account=made).order_by("pk").values_list("pk", flat=True)[0]


def paths(longest: int) -> dict[str, str]:
    """The pages, by what they are called."""
    return {
        "list": "/workspace/",
        "list, mine": "/workspace/?whose=mine",
        "list, unanswered": "/workspace/?unanswered=on",
        "list, goal reached": "/workspace/?reached=on",
        "list, a ticket": "/workspace/?q=T77",
        "conversation of 10,000 messages": f"/workspace/conversations/{longest}/",
        "its news": f"/workspace/conversations/{longest}/news/",
        "API list": "/api/v1/conversations/?limit=30",
        "API timeline": f"/api/v1/conversations/{longest}/timeline/?limit=50",
    }


def measure(name: str, pages: list[tuple[Any, str]]) -> None:
    """A page of both accounts, asked for in turn, so that what else the machine does meets both."""
    queries = [count(client, path) for client, path in pages]
    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for (client, path), taken in zip(pages, times, strict=True):
            began = time.perf_counter()
            client.get(path)
            taken.append(time.perf_counter() - began)
    few, many = (statistics.median(taken) * 1000 for taken in times)
    print(
        f"{name:32} {few:7.1f} {many:7.1f}  ratio {many / few:4.2f}  queries {queries[0]} {queries[1]}",
        flush=True,
    )


def count(client: Any, path: str) -> int:
    """The queries of a request, once its like was answered before."""
    from django.db import connection

    def note(execute: Any, *said: Any) -> Any:
        asked.append(path)
        return execute(*said)

    asked: list[str] = []
    assert client.get(path).status_code == 200, path
    with connection.execute_wrapper(note):
        client.get(path)
    return len(asked)


if __name__ == "__main__":
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
