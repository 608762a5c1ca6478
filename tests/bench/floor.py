"""What storing is measured against: the same rows by COPY into a temporary table and ON CONFLICT DO NOTHING."""

import time

from django.db import connection, transaction

BATCH = 10_000
TEMPORARY = "CREATE TEMPORARY TABLE IF NOT EXISTS floor (LIKE visits_hit) ON COMMIT DELETE ROWS"


def empty() -> None:
    """No hits and nothing that follows from them; identities stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE visits_hit, visits_visit, visits_touched, visits_holder, goals_reach, people_mark, intake_tally,"
            " collect_position"
        )
        cursor.execute("CHECKPOINT")


def copied_out(most: int = 10**6) -> list[bytes]:
    """The stored rows as COPY's text, cut into batches."""
    statement = f"COPY (SELECT * FROM visits_hit LIMIT {most}) TO STDOUT"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        lines = b"".join(bytes(block) for block in copy).splitlines(keepends=True)
    return [b"".join(lines[at : at + BATCH]) for at in range(0, len(lines), BATCH)]


def store(batches: list[bytes]) -> float:
    """Store them; seconds."""
    began = time.perf_counter()
    for batch in batches:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(TEMPORARY)
            with cursor.copy("COPY floor FROM STDIN") as copy:
                copy.write(batch)
            cursor.execute("INSERT INTO visits_hit SELECT * FROM floor ON CONFLICT DO NOTHING")
    return time.perf_counter() - began
