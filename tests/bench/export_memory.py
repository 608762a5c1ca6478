"""`python -m tests.bench.export_memory [ROWS]`: an export of a million rows, its memory and its time.

A tenth of the rows is exported first: memory is flat if the whole needs hardly more.
"""

import os
import resource
import sys
import time
from datetime import date

from tests.bench.setup import bench_database

FACTS = """
INSERT INTO conversations_conversation (account_id, channel_id, ticket, begun_at)
SELECT %(account)s, %(channel)s, 'T' || n, '2026-01-01' FROM generate_series(1, %(conversations)s) n;
INSERT INTO conversations_event (account_id, conversation_id, time, seq, id, channel_id, kind, detail, arrived_at)
SELECT c.account_id, c.id, '2026-01-01'::timestamptz + e * interval '1 minute', 0, c.id || '-' || e, c.channel_id,
    CASE WHEN e = 5 AND c.id %% 3 = 0 THEN 30 ELSE 1 + e %% 2 END,
    CASE WHEN e = 5 AND c.id %% 3 = 0 THEN '{"score": "good"}'::jsonb ELSE '{"text": "How can I help?"}' END, now()
FROM conversations_conversation c CROSS JOIN generate_series(1, 10) e;
INSERT INTO conversions_conversion
SELECT %(account)s, %(goal)s, '2026-01-02'::timestamptz + n * interval '1 second', %(counter)s,
    md5(n::text), %(version)s, 1 + n %% 200000, 1, c.first + n %% %(conversations)s, %(agent)s, %(group)s, true,
    n * 1000000::bigint, 'Ana Beispiel', 'ana@shop.example'
FROM generate_series(0, %(rows)s - 1) n, (SELECT min(id) AS first FROM conversations_conversation) c;
"""


def main(rows: int) -> None:
    bench_database("goalline_bench_export")
    wanted = fill(rows)
    print(f"{rows:,} conversions, 100,000 conversations, 1,000,000 events")
    for part in (rows // 10, rows):
        print(measure(part, **wanted))


def fill(rows: int) -> dict[str, int]:
    """Whose exports of which goal to ask for."""
    from django.db import connection

    from apps.conversations.models import Channel
    from tests import cast as casts
    from tests.hourly.shop import a_goal

    cast = casts.make()
    goal = a_goal(cast)
    channel = Channel.objects.create(account=cast.account, external_id="web")
    with connection.cursor() as cursor:
        for statement in FACTS.split(";\n")[:-1]:
            cursor.execute(
                statement,
                {
                    "account": cast.account.pk,
                    "channel": channel.pk,
                    "conversations": 100_000,
                    "goal": goal.pk,
                    "version": goal.current_id,
                    "counter": cast.counter.pk,
                    "agent": cast.ana.pk,
                    "group": cast.sales.pk,
                    "rows": rows,
                },
            )
        cursor.execute("ANALYZE")
    return {"account_id": cast.account.pk, "user_id": cast.owner.user_id, "goal_id": goal.pk}


def measure(rows: int, **wanted: int) -> str:
    """Export about that many of the first rows (86,400 a day), in this process."""
    from datetime import timedelta

    from apps.exports import services
    from apps.exports.models import Export

    first = date(2026, 1, 2)
    last = first + timedelta(days=max(rows // 86_400 - 1, 0) if rows < 1_000_000 else rows // 86_400)
    export = services.request_export(first_day=first, last_day=last, **wanted)
    before, began, cpu = peak(), time.perf_counter(), time.process_time()
    services.make(export_id=export.pk)
    took, used = time.perf_counter() - began, time.process_time() - cpu
    export = Export.objects.get(pk=export.pk)
    assert export.state == Export.State.DONE, export.error
    return (
        f"{export.total:>9,} rows: {took:6.1f} s ({used:.1f} s of it this process's CPU), "
        f"zip {export.size / 1e6:.1f} MB, peak RSS {peak():.0f} MB (before it {before:.0f} MB)"
    )


def peak() -> float:
    """The most memory this process ever had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
