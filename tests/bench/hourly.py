"""The hourly job against the floor: reading the hour's hits out of PostgreSQL by COPY.

`python -m tests.bench.hourly [hits ...]`: for each size, in one run, medians of paired runs with one worker
and with two, with nothing to do, and with 1 % of the people marked. Uses a database of its own.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.bench.setup import bench_database

bench_database("goalline_bench_hourly")

from django.db import connection  # noqa: E402 - settings are made by the lines above
from psycopg import pq  # noqa: E402

from apps.accounts.models import Account  # noqa: E402
from apps.accounts.services import make_account  # noqa: E402
from apps.conversions.services import judge  # noqa: E402
from apps.core import clock  # noqa: E402
from apps.hourly.services.shares import BATCH  # noqa: E402
from apps.intake import registry  # noqa: E402

PAIRS = 9
HOUR = (clock.now() - timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
GOALS, CONDITIONS, MATCHING = 15, 100, 50  # one hit in 50 matches
AGENTS = 200


def sql(statement: str, **values: Any) -> None:
    """Run a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def fill(hits: int) -> Account:
    """An account with an hour of hits; people, conversations and messages in the proportions of the target."""
    account = make_account(name=f"Bench {hits}", timezone="Europe/Berlin")
    registry.save_group(account_id=account.pk, external_id="sales", name="Sales")
    for number in range(AGENTS):
        registry.save_agent(
            account_id=account.pk,
            external_id=f"agent-{number}",
            name=f"Agent {number}",
            email=f"agent{number}@shop.example",
            kind="human",
            groups=["sales"],
        )
    registry.save_channel(account_id=account.pk, external_id="web", name="Web", kind="web")
    sql(
        "INSERT INTO counters_counter (account_id, name, site, allowed_origins, excluded_referrers, user_ids, created_at)"
        " VALUES (%(a)s, 'Shop', 'https://shop.example', '{}', '{}', true, now())",
        a=account.pk,
    )
    _goals(account)
    _people(account, hits // 5)
    _conversations(account, hits // 10)
    _hits(account, hits)
    sql("ANALYZE")
    connection.cursor().execute(
        "VACUUM ANALYZE visits_hit, goals_reach, conversations_event,"
        " conversations_conversation, people_mark, conversions_conversion"
    )
    connection.cursor().execute("CHECKPOINT")  # what the fill left to be written is not the job's
    return account


def _goals(account: Account) -> None:
    for number in range(GOALS):
        sql(
            "WITH g AS (INSERT INTO goals_messaginggoal (account_id, slot, created_at)"
            " VALUES (%(a)s, %(n)s, now()) RETURNING id),"
            " v AS (INSERT INTO goals_goalversion (account_id, goal_id, number, valid_from, name, description,"
            " active, start_date, attribution, window_days, currency, counting, bots_eligible,"
            " window_on_active, all_channels) SELECT %(a)s, id, 1, %(t)s, 'Goal', '', true, %(d)s, %(m)s, 7,"
            " 'EUR', 'every', false, false, false FROM g RETURNING id),"
            " c AS (INSERT INTO goals_condition (version_id, position, category, operator, value)"
            " SELECT v.id, p, 'url', 'contains', '/g' || %(n)s || '/c' || p || '/thanks'"
            " FROM v, generate_series(1, %(c)s) p)"
            " INSERT INTO goals_versiongroup (version_id, group_id)"
            " SELECT v.id, gr.id FROM v, accounts_group gr WHERE gr.account_id = %(a)s",
            a=account.pk,
            n=number + 1,
            t=HOUR - timedelta(days=30),
            d=(HOUR - timedelta(days=30)).date(),
            m="first_touch" if number % 2 else "last_touch",
            c=CONDITIONS,
        )


def _people(account: Account, people: int) -> None:
    sql(
        "WITH p AS (INSERT INTO people_person (account_id, created_at)"
        " SELECT %(a)s, now() FROM generate_series(1, %(n)s) RETURNING id)"
        " INSERT INTO people_identity (account_id, kind, value, person_id)"
        " SELECT %(a)s, 1, '16' || lpad(id::text, 17, '0'), id FROM p",
        a=account.pk,
        n=people,
    )


def _conversations(account: Account, conversations: int) -> None:
    """Ten messages each, an assignment, in a third of them a second one, statuses; over eight days."""
    sql("SELECT setseed(0.5)")
    sql(
        "INSERT INTO conversations_conversation (account_id, channel_id, ticket, person_id, identity_id, named_at,"
        " named_seq, named_by, begun_at) SELECT %(a)s, ch.id, n::text, i.person_id, i.id, t.at, 0, 'e', t.at"
        " FROM generate_series(1, %(n)s) n"
        " JOIN LATERAL (SELECT %(h)s - random() * interval '8 days' + n * interval '0 s' AS at) t ON true"
        " JOIN (SELECT id, person_id, row_number() OVER (ORDER BY random()) AS r FROM people_identity"
        " WHERE account_id = %(a)s) i ON i.r = 1 + (hashint8(n) & 2147483647) %% (2 * %(n)s)"
        " CROSS JOIN conversations_channel ch WHERE ch.account_id = %(a)s",
        a=account.pk,
        n=conversations,
        h=HOUR + timedelta(hours=1),
    )
    sql(
        "INSERT INTO conversations_event (account_id, conversation_id, time, seq, id, channel_id, kind, agent_id,"
        " group_id, arrived_at)"
        " SELECT %(a)s, c.id, c.begun_at + s.n * interval '47 s', 0, c.id || '-' || s.n, c.channel_id, k.kind,"
        " CASE WHEN k.kind IN (2, 10) THEN ag.first + (c.id + CASE WHEN s.n = 9 THEN 1 ELSE 0 END) %% %(g)s END,"
        " CASE WHEN k.kind = 10 THEN gr.id END, now()"
        " FROM conversations_conversation c"
        " CROSS JOIN (SELECT min(id) AS first FROM accounts_agent WHERE account_id = %(a)s) ag"
        " CROSS JOIN (SELECT id FROM accounts_group WHERE account_id = %(a)s LIMIT 1) gr"
        " CROSS JOIN generate_series(0, 13) s(n)"
        " CROSS JOIN LATERAL (SELECT CASE WHEN s.n = 1 OR (s.n = 9 AND c.id %% 3 = 0) THEN 10"
        " WHEN s.n = 13 THEN CASE WHEN c.id %% 2 = 0 THEN 24 ELSE 21 END WHEN s.n = 5 THEN 22"
        " WHEN s.n = 6 THEN 21 WHEN s.n %% 2 = 0 THEN 1 ELSE 2 END AS kind) k"
        " WHERE c.account_id = %(a)s",
        a=account.pk,
        g=AGENTS,
    )


def _hits(account: Account, hits: int) -> None:
    sql(
        "CREATE TEMPORARY TABLE made AS SELECT gen_random_uuid()::text AS id,"
        " %(h)s + n * (interval '1 hour' / %(n)s) AS time, i.id AS identity, i.person_id AS person, n,"
        " 'https://shop.example/catalog/' || n || CASE WHEN n %% %(m)s = 0"
        " THEN '/g' || 1 + (n / %(m)s) %% %(g)s || '/c' || 1 + (n / %(m)s) %% %(c)s || '/thanks' ELSE '/item' END"
        " || '?utm_source=newsletter&utm_campaign=autumn-sale&color=' || n %% 97 AS url"
        " FROM generate_series(1, %(n)s) n JOIN (SELECT id, person_id, row_number() OVER (ORDER BY random()) AS r"
        " FROM people_identity WHERE account_id = %(a)s) i ON i.r = 1 + (hashint8(n) & 2147483647) %% (%(n)s / 5)",
        a=account.pk,
        h=HOUR,
        n=hits,
        m=MATCHING,
        g=GOALS,
        c=CONDITIONS,
    )
    sql(
        "INSERT INTO visits_hit SELECT %(a)s, c.id, m.id, m.time, m.identity, 1, false, m.url"
        " FROM made m, counters_counter c WHERE c.account_id = %(a)s ORDER BY m.time",
        a=account.pk,
    )
    sql(
        "INSERT INTO goals_reach SELECT %(a)s, v.goal_id, m.time, c.id, m.id, v.id, m.identity, m.person"
        " FROM made m JOIN counters_counter c ON c.account_id = %(a)s"
        " JOIN goals_messaginggoal g ON g.account_id = %(a)s AND g.slot = 1 + (m.n / %(m)s) %% %(g)s"
        " JOIN goals_goalversion v ON v.goal_id = g.id WHERE m.n %% %(m)s = 0 ORDER BY m.time",
        a=account.pk,
        m=MATCHING,
        g=GOALS,
    )
    sql("DROP TABLE made")


def mark(account: Account, people: str = "true") -> None:
    """The marks that storing the hour's hits leaves, and no results yet."""
    sql("DELETE FROM conversions_conversion WHERE account_id = %(a)s", a=account.pk)
    remark(account, people)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM conversions_conversion, people_mark")


def remark(account: Account, people: str = "true") -> None:
    """Marks of the people for whom the condition holds."""
    sql("DELETE FROM people_mark WHERE account_id = %(a)s", a=account.pk)
    sql(
        f"INSERT INTO people_mark (account_id, person_id, since, reason) SELECT account_id, person_id, time, 1"
        f" FROM goals_reach WHERE account_id = %(a)s AND {people}",
        a=account.pk,
    )


def timed(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    before = time.perf_counter()
    action()
    return time.perf_counter() - before


def floor(account: Account) -> None:
    """Read the hour's hits out and throw them away, by the shortest way that psycopg has."""
    raw = connection.connection
    statement = (
        f"COPY (SELECT id, time, identity_id, url FROM visits_hit WHERE account_id = {account.pk}) TO STDOUT"
    )
    assert raw.pgconn.exec_(statement.encode()).status == pq.ExecStatus.COPY_OUT
    while raw.pgconn.get_copy_data(0)[0] >= 0:
        pass
    while raw.pgconn.get_result() is not None:
        pass


def work(account_id: int, share: int = 0, shares: int = 1) -> None:
    """What a worker does of a run."""
    started_at, marks = clock.now(), BATCH
    while marks >= BATCH:
        marks = judge(
            account_id=account_id, run_started_at=started_at, share=share, shares=shares, limit=BATCH
        ).marks


class Pair:
    """Two worker processes, imported and connected, that wait for the word."""

    def __init__(self, account: Account) -> None:
        command = [sys.executable, "-m", "tests.bench.hourly", "--worker", str(account.pk)]
        self.workers = [
            subprocess.Popen([*command, str(share)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for share in (0, 1)
        ]
        for worker in self.workers:
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n"

    def run(self) -> None:
        """Let both work until nothing is left."""
        for worker in self.workers:
            assert worker.stdin
            print("go", file=worker.stdin, flush=True)
        for worker in self.workers:
            assert worker.stdout
            assert worker.stdout.readline() == "done\n"

    def end(self) -> None:
        """Send them home."""
        for worker in self.workers:
            worker.communicate()


def serve(account_id: int, share: int) -> None:
    """A worker of `Pair`."""
    work(account_id, share, 2)
    print("ready", flush=True)
    for _ in sys.stdin:
        work(account_id, share, 2)
        print("done", flush=True)


def measure(hits: int) -> None:
    """Fill, measure in pairs, print."""
    began = time.perf_counter()
    account = fill(hits)
    print(f"\n{hits:,} hits, filled in {time.perf_counter() - began:.0f} s", flush=True)
    pair = Pair(account)
    floors, ones, twos, ratio_one, ratio_two = [], [], [], [], []
    for _ in range(PAIRS if hits >= 1_000_000 else 2 * PAIRS):  # a short one is disturbed more easily
        mark(account)
        floors.append(timed(lambda: floor(account)))
        ones.append(timed(lambda: work(account.pk)))
        mark(account)
        again = timed(lambda: floor(account))
        twos.append(timed(pair.run))
        ratio_one.append(ones[-1] / floors[-1])
        ratio_two.append(twos[-1] / again)
    pair.end()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT outcome, count(*) FROM conversions_conversion WHERE account_id = %s GROUP BY 1"
            " ORDER BY 1",
            [account.pk],
        )
        print("rows by outcome (1 credited, 2 uncredited, 3 dropped):", cursor.fetchall())
    nothing = statistics.median(timed(lambda: work(account.pk)) for _ in range(PAIRS))
    few = []
    for _ in range(PAIRS):
        remark(account, "person_id %% 100 = 1")
        few.append(timed(lambda: work(account.pk)))
    print(f"floor (COPY of the hits)    {statistics.median(floors):6.3f} s")
    print(
        f"one worker                  {statistics.median(ones):6.3f} s  {statistics.median(ratio_one):5.2f} x"
    )
    print(
        f"two workers                 {statistics.median(twos):6.3f} s  {statistics.median(ratio_two):5.2f} x"
    )
    print(f"nothing to do               {nothing * 1000:6.1f} ms")
    print(f"1 % of the people           {statistics.median(few):6.3f} s", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        serve(int(sys.argv[2]), int(sys.argv[3]))
    else:
        for size in [int(size) for size in sys.argv[1:]] or [1_000_000, 100_000]:
            measure(size)
