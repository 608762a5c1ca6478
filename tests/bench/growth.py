"""Whether storing costs the same per hit when ten times as many are stored already.

`make bench ARGS=growth`, outside CI: takes about 4 GB below `var/bench` and ten minutes; the database is dropped at
the end. Hits of ten days are filled in by COPY, a million and then ten; the drain's price is measured after each.
"""

import shutil
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bench.setup import bench_database, drop_database

NAME = "goalline_bench_growth"
bench_database(NAME)

from django.db import connection  # noqa: E402 - settings are made by the lines above

from apps.core import clock  # noqa: E402
from apps.visits import partitions  # noqa: E402
from tests.bench import cpu, shop  # noqa: E402
from tests.bench.spooling import drain, spooled  # noqa: E402

SMALL, LARGE = 1_000_000, 10_000_000
DAYS = 10
MEASURED = 100_000  # hits
REPEATS = 5
SLICE = 500_000

_FILL = """
INSERT INTO visits_hit (account_id, counter_id, id, time, identity_id, kind, robot, url, name, detail)
SELECT %(account)s, %(counter)s, md5(n::text), %(since)s + (n %% %(days)s) * interval '1 day'
    + random() * interval '24 hours', 1 + (random() * 200000)::bigint, 1, false,
    'https://shop.example/catalogue/item-' || (random() * 1000000)::int || '/?utm_source=newsletter', NULL,
    '{"referrer": "https://shop.example/", "title": "Running shoes for every weather", "device": "desktop"}'
FROM generate_series(%(first)s, %(last)s) n
"""


def fill(made: shop.Shop, first: int, last: int) -> None:
    """Hits of these numbers, spread over the last days."""
    since = datetime.now(UTC) - timedelta(days=DAYS)
    partitions.ensure_days(since.date() + timedelta(days=n) for n in range(DAYS + 1))
    for begin in range(first, last, SLICE):
        said: dict[str, Any] = {
            "account": made.account,
            "counter": made.counter,
            "since": since,
            "days": DAYS,
        }
        with connection.cursor() as cursor:
            cursor.execute(_FILL, {**said, "first": begin, "last": min(begin + SLICE, last) - 1})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE visits_hit")
        cursor.execute("CHECKPOINT")


def price(made: shop.Shop, seed: int) -> tuple[float, float]:
    """Microseconds a hit of the drain and PostgreSQL: by the clock, of CPU."""
    folder = spooled(made.counter, MEASURED, seed)
    wall, own, database = time.perf_counter(), time.process_time(), cpu.database()
    drain(folder)
    took = time.perf_counter() - wall
    shutil.rmtree(folder)
    used = time.process_time() - own + cpu.database() - database
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM visits_hit WHERE time >= %s AND id LIKE %s",
            [clock.now() - timedelta(hours=3), f"{seed:08x}%"],
        )
        cursor.execute("VACUUM visits_hit")
        cursor.execute("CHECKPOINT")
    return took / MEASURED * 1e6, used / MEASURED * 1e6


def prices(made: shop.Shop, seed: int) -> tuple[float, float]:
    """Medians."""
    price(made, seed)
    found = [price(made, seed + n) for n in range(1, REPEATS + 1)]
    return statistics.median(wall for wall, _ in found), statistics.median(used for _, used in found)


def hour(made: shop.Shop) -> float:
    """Milliseconds to count the hits of one hour."""
    began, until = time.perf_counter(), clock.now() - timedelta(days=2)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM visits_hit WHERE account_id = %s AND time >= %s AND time < %s",
            [made.account, until - timedelta(hours=1), until],
        )
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Fill, measure, fill, measure, print."""
    made = shop.make()
    fill(made, 0, SMALL)
    small, small_hour = prices(made, 100), min(hour(made) for _ in range(5))
    fill(made, SMALL, LARGE)
    large, large_hour = prices(made, 200), min(hour(made) for _ in range(5))
    print(
        f"Storing {MEASURED:,} hits, medians of {REPEATS}, with {SMALL:,} and {LARGE:,} stored over {DAYS} days:"
    )
    print(f"  by the clock  {small[0]:6.1f} and {large[0]:6.1f} us a hit   {large[0] / small[0]:.2f} x")
    print(f"  CPU           {small[1]:6.1f} and {large[1]:6.1f} us a hit   {large[1] / small[1]:.2f} x")
    print("  target: at most 1.2 x")
    print(f"  counting one hour of them: {small_hour:.0f} and {large_hour:.0f} ms")
    drop_database(NAME)


if __name__ == "__main__":
    main()
