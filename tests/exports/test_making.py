"""Making exports: the file, whatever is in it, and whatever happens to its workers."""

import os
import threading
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import connection

from apps.accounts.models import Agent
from apps.conversions.selectors import credited
from apps.core import periods
from apps.exports import services
from apps.exports.models import Export
from apps.exports.services import files, making
from apps.goals.drafts import draft_of
from apps.goals.services import delete, save_goal
from apps.hourly import services as hourly
from apps.mail.models import Mail
from tests.exports.rows import (
    a_conversation,
    a_conversion,
    a_rating,
    an_uncredited,
    parse,
    read_csv,
    zip_path,
)

pytestmark = pytest.mark.django_db(transaction=True)
MARCH_2 = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOSTILE = {
    "=1+1": "'=1+1",
    'She said "hi", twice': 'She said "hi", twice',
    "two\r\nlines": "two\r\nlines",
    "Ana\n=1+1": "Ana\n=1+1",
    "🎉 שלום \u202eabc": "🎉 שלום \u202eabc",
    "@SUM(A1)": "'@SUM(A1)",
    "": "",
}


def made(export: Export) -> Export:
    services.make(export_id=export.pk)
    export.refresh_from_db()
    return export


def files_left() -> list[str]:
    place = Path(storages["exports"].path(""))
    return sorted(path.name for path in place.rglob("*.zip"))


def test_the_rows_are_the_credited_conversions_in_order(cast, ask, goal):
    a_conversion(cast, goal, MARCH_2, hit="b")
    a_conversion(cast, goal, MARCH_2, hit="a")
    a_conversion(cast, goal, MARCH_2 - timedelta(microseconds=1), hit="c")
    an_uncredited(cast, goal, MARCH_2, hit="d")
    export = made(ask())
    assert (export.state, export.done, export.total, export.attempts, export.error) == ("done", 3, 3, 1, "")
    rows = read_csv(export)
    assert [row["Timestamp"] for row in rows] == [
        "2026-03-02T09:59:59.999999+01:00",
        "2026-03-02T10:00:00+01:00",
        "2026-03-02T10:00:00+01:00",
    ]
    assert rows[1] == {
        "Timestamp": "2026-03-02T10:00:00+01:00",
        "Goal ID": str(goal.pk),
        "Goal name": "Bought",
        "Agent ID": "ana",
        "Agent name": "Ana",
        "Agent email": "ana@shop.example",
        "Ticket ID": "T1",
        "Total transaction value": "49.90",
        "Satisfaction score": "Unoffered",
        "Contact duration to goal": "90",
    }


def test_both_days_are_whole_in_the_account_s_time_zone_and_agree_with_the_selectors(cast, ask, goal):
    start = datetime(2026, 2, 28, 23, tzinfo=UTC)  # 1 March in Berlin
    end = datetime(2026, 3, 4, 23, tzinfo=UTC)
    instant = timedelta(microseconds=1)
    for hit, at in {"in1": start, "in2": end - instant, "out1": start - instant, "out2": end}.items():
        a_conversion(cast, goal, at, hit=hit)
    export = made(ask())
    since, until = periods.days(export.first_day, export.last_day, periods.zone("Europe/Berlin"))
    counted = credited(account_id=cast.account.pk, goal_id=goal.pk, since=since, until=until)
    assert {row.hit_id for row in counted} == {"in1", "in2"}
    assert len(read_csv(export)) == export.total == counted.count()


def test_hostile_names_come_through_intact_and_harmless(cast, ask, goal):
    for number, name in enumerate(HOSTILE):
        at = MARCH_2 + timedelta(seconds=number)
        a_conversion(cast, goal, at, hit=f"h{number}", ticket=name or "T", agent_name=name, agent_email=name)
    rows = read_csv(made(ask()))
    assert [row["Agent name"] for row in rows] == list(HOSTILE.values())
    assert [row["Agent email"] for row in rows] == list(HOSTILE.values())
    assert [row["Ticket ID"] or "T" for row in rows] == [safe or "T" for safe in HOSTILE.values()]


def test_the_rating_in_force_when_the_file_is_made_counts(cast, ask, goal):
    a_conversion(cast, goal, MARCH_2, hit="a", ticket="T1")
    a_conversion(cast, goal, MARCH_2, hit="b", ticket="T2")
    a_conversion(cast, goal, MARCH_2, hit="c", ticket="T3")
    rated = a_conversation(cast, "T1", MARCH_2)
    later = MARCH_2 + timedelta(hours=1)
    a_rating(rated, "bad", later, id="r0")
    a_rating(rated, "worse", later, seq=1, id="r1")
    a_rating(rated, "good", later, seq=1, id="r2")
    a_rating(rated, "future", MARCH_2 + timedelta(days=30), id="r3")
    a_rating(a_conversation(cast, "T2", MARCH_2), 4.5, later, id="r4")
    scores = [row["Satisfaction score"] for row in read_csv(made(ask()))]
    assert scores == ["good", "4.5", "Unoffered"]


def test_name_and_value_are_the_judging_version_s_and_agents_what_they_were(cast, ask, goal):
    a_conversion(cast, goal, MARCH_2, hit="a", agent_name="Ana Alt", agent_email=None)
    draft = draft_of(goal.current)
    new = save_goal(
        account_id=cast.account.pk,
        user_id=cast.owner.user_id,
        goal_id=goal.pk,
        draft=replace(draft, name="Bought again", transaction_value=None),
    )
    a_conversion(cast, goal, MARCH_2, hit="b", version_id=new.current_id, agent_id=cast.ben.pk)
    Agent.objects.filter(pk=cast.ana.pk).update(name="Ana Neu", email="new@shop.example")
    first, second = read_csv(made(ask()))
    assert (first["Goal name"], first["Total transaction value"]) == ("Bought", "49.90")
    assert (first["Agent name"], first["Agent email"]) == ("Ana Alt", "")
    assert (second["Goal name"], second["Total transaction value"]) == ("Bought again", "")
    assert second["Agent ID"] == "ben"


def test_no_rows_are_a_file_with_headings(cast, ask, goal):
    export = made(ask())
    assert read_csv(export) == []
    assert (export.state, export.total) == ("done", 0)


def test_mail_and_file_say_until_when_the_data_is_complete(cast, ask, goal):
    hourly.run_now(account_id=cast.account.pk)
    export = made(ask())
    [mail] = Mail.objects.all()
    assert (mail.key, mail.to, mail.account_id) == (
        f"export-{export.pk}-done",
        cast.owner.user.email,
        cast.account.pk,
    )
    assert mail.subject == "CSV of “Bought”, 2026-03-01 to 2026-03-04"
    assert "The data is complete until 2026-03-05 12:00 UTC." in mail.body
    assert "until 2026-03-19 12:00 UTC" in mail.body
    assert mail.secret not in mail.body
    assert making.digest(mail.secret) == export.token_digest
    with zipfile.ZipFile(zip_path(export)) as archive:
        [name] = archive.namelist()
    assert name == "Bought 2026-03-01 to 2026-03-04, data up to 2026-03-05 12.00.00 UTC.csv"
    assert export.size == zip_path(export).stat().st_size


def test_before_the_first_run_the_mail_says_so(ask):
    made(ask())
    assert "No hourly run has ended yet" in Mail.objects.get().body


def test_making_twice_gives_one_file_and_one_mail(ask):
    export = made(ask())
    file, token = export.file, export.token_digest
    export = made(export)
    assert (export.file, export.token_digest) == (file, token)
    assert files_left() == [file]
    assert Mail.objects.count() == 1


def test_a_worker_that_was_overtaken_leaves_no_file_and_no_mail(ask, at_noon):
    export = ask()
    slow = making._claim(export.pk)
    assert slow
    late = files.write_file(slow, held=making._held(slow))
    at_noon.shift(timedelta(seconds=61))
    export = made(export)  # another worker took it for dead
    making._hand_over(slow, late)
    making.fail(slow, "too late to fail")
    export.refresh_from_db()
    assert (export.state, export.attempts) == ("done", 2)
    assert files_left() == [export.file]
    assert [mail.key for mail in Mail.objects.all()] == [f"export-{export.pk}-done"]


def test_a_living_worker_is_left_alone(ask, at_noon):
    export = ask()
    assert making._claim(export.pk)
    at_noon.shift(timedelta(seconds=59))
    assert made(export).state == "running"
    assert services.sweep_exports() == 0
    at_noon.shift(timedelta(seconds=2))
    assert services.sweep_exports() == 1
    assert made(export).state == "done"


def test_progress_is_seen_while_the_file_is_made_and_cancelling_stops_it(cast, ask, goal, monkeypatch):
    monkeypatch.setattr(files, "CHUNK", 1)
    monkeypatch.setattr(files, "NOTED_EVERY", 0.0)
    for number in range(6):
        a_conversion(cast, goal, MARCH_2, hit=f"h{number}")
    export = ask()
    seen = []

    def look(progress, rows, add=files.Progress.add):
        add(progress, rows)
        seen.append(elsewhere(lambda: Export.objects.values_list("state", "done", "total").get(pk=export.pk)))
        if len(seen) == 3:
            elsewhere(
                lambda: services.cancel_export(
                    account_id=cast.account.pk, user_id=cast.owner.user_id, export_id=export.pk
                )
            )

    monkeypatch.setattr(files.Progress, "add", look)
    assert made(export).state == "cancelled"
    assert seen == [("running", 1, 6), ("running", 2, 6), ("running", 3, 6)]
    assert files_left() == []
    assert not Mail.objects.exists()


def elsewhere(action):
    """Do it on another connection, as the web does."""
    found = []

    def run():
        try:
            found.append(action())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def test_a_file_shows_one_moment_however_long_it_takes(cast, ask, goal, monkeypatch):
    monkeypatch.setattr(files, "CHUNK", 1)
    for number in range(3):
        a_conversion(cast, goal, MARCH_2, hit=f"h{number}")
    numbers = iter(range(100, 200))

    def sell(progress, rows, add=files.Progress.add):
        add(progress, rows)
        elsewhere(lambda: a_conversion(cast, goal, MARCH_2 + timedelta(hours=1), hit=f"h{next(numbers)}"))

    monkeypatch.setattr(files.Progress, "add", sell)
    assert len(read_csv(made(ask()))) == 3


def test_an_export_of_a_goal_deleted_meanwhile_fails_clearly(cast, ask, goal):
    a_conversion(cast, goal, MARCH_2)
    export = ask()
    delete(account_id=cast.account.pk, user_id=cast.owner.user_id, goal_id=goal.pk)
    assert made(export).state == "failed"
    [mail] = Mail.objects.all()
    assert mail.key == f"export-{export.pk}-failed"
    assert "The goal was deleted" in mail.body
    assert files_left() == []


def test_a_goal_deleted_while_its_file_is_written_gives_no_file_either(cast, ask, goal):
    export = ask()
    claimed = making._claim(export.pk)
    assert claimed
    late = files.write_file(claimed, held=making._held(claimed))
    delete(account_id=cast.account.pk, user_id=cast.owner.user_id, goal_id=goal.pk)
    making._hand_over(claimed, late)
    export.refresh_from_db()
    assert (export.state, files_left()) == ("failed", [])


def test_a_member_who_lost_the_role_gets_nothing(cast, ask):
    export = ask(user_id=cast.analyst.user_id)
    cast.analyst.delete()
    assert made(export).state == "failed"
    assert files_left() == []


def test_a_broken_storage_is_tried_five_times_and_mailed_once(ask, at_noon, settings, tmp_path):
    (tmp_path / "exports").write_text("a file where the folder should be")
    export = ask()
    for attempt in range(1, 6):
        with pytest.raises(OSError, match="exports"):
            services.make(export_id=export.pk)
        services.make(export_id=export.pk)  # too early: it rests for a minute
        export.refresh_from_db()
        assert (export.attempts, export.state) == (attempt, "queued" if attempt < 5 else "failed")
        at_noon.shift(timedelta(seconds=61))
    assert "Error" in export.error
    services.sweep_exports()
    assert [mail.key for mail in Mail.objects.all()] == [f"export-{export.pk}-failed"]


def test_a_worker_killed_five_times_is_the_end_of_it(ask, at_noon):
    export = ask()
    for _ in range(5):
        assert making._claim(export.pk)  # and killed
        at_noon.shift(timedelta(seconds=61))
    assert services.sweep_exports() == 0
    assert services.sweep_exports() == 0
    export.refresh_from_db()
    assert (export.state, export.error) == ("failed", "The worker ended five times in the same place.")
    assert Mail.objects.count() == 1


def test_values_that_strain_columns(cast, ask, goal):
    version = goal.current
    type(version).objects.filter(pk=version.pk).update(transaction_value=Decimal("9999999999.9999"))
    a_conversion(cast, goal, MARCH_2, contact_us=90 * 86_400 * 10**6 + 999_999)
    [row] = read_csv(made(ask()))
    assert row["Total transaction value"] == "9999999999.9999"
    assert row["Contact duration to goal"] == str(90 * 86_400)


def test_what_killed_workers_left_is_cleared_away_later(ask, at_noon):
    export = made(ask())
    place = Path(storages["exports"].path(""))
    (place / "7-1-stray.zip").write_bytes(b"left")
    (place / files.MAKING / "half.zip").write_bytes(b"left")
    assert parse(zip_path(export).read_bytes()) == []
    services.delete_ended()
    assert len(files_left()) == 3  # young: somebody may be at them
    long_ago = datetime.now(UTC).timestamp() - 7300
    for path in place.rglob("*.zip"):
        os.utime(path, (long_ago, long_ago))
    services.delete_ended()
    assert files_left() == [export.file]
