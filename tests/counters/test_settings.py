"""A counter's settings hold from their save on, and what held before is not forgotten."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from apps.accounts.models import AuditEntry
from apps.core import clock
from apps.core.errors import NotThere, Refused
from apps.counters import selectors, services
from apps.counters.models import Counter, CounterSettings

PLAIN = (1800, "not_required", "cookieless", False, False)


def save(cast, **values):
    return services.save_counter(
        account_id=cast.account.pk, user_id=cast.owner.user_id, number=cast.counter.pk, **values
    )


def history(cast):
    number = cast.counter.pk
    steps = selectors.settings_history(numbers=[number])[number]
    return [
        (one.visit_timeout_s, one.consent, one.without_consent, one.respect_dnt, one.respect_gpc)
        for one in steps
    ]


def test_a_new_counter_asks_for_no_consent_and_ends_visits_after_half_an_hour(cast):
    assert history(cast) == [PLAIN]
    assert CounterSettings.objects.get(counter=cast.counter).at == cast.counter.created_at


def test_each_change_is_remembered_with_its_instant_and_in_the_audit_log(cast):
    AuditEntry.objects.all().delete()
    before = clock.now()
    save(cast, visit_timeout_s=3600, consent="required", without_consent="nothing")
    save(cast, respect_dnt=True, respect_gpc=True)
    save(cast, respect_dnt=True, name="No setting")
    assert history(cast) == [
        PLAIN,
        (3600, "required", "nothing", False, False),
        (3600, "required", "nothing", True, True),
    ]
    instants = [one.at for one in selectors.settings_history(numbers=[cast.counter.pk])[cast.counter.pk]]
    assert clock.to_us(before) < instants[1] < instants[2] < clock.to_us(clock.now())
    assert AuditEntry.objects.filter(action="counter.changed").count() == 3
    first = AuditEntry.objects.earliest("pk")
    assert first.before == {
        "visit_timeout_s": 1800,
        "consent": "not_required",
        "without_consent": "cookieless",
    }


def test_counters_are_asked_for_together(cast, django_assert_num_queries):
    numbers = [cast.counter.pk, cast.other_counter.pk, 1]
    with django_assert_num_queries(1):
        found = selectors.settings_history(numbers=numbers)
    assert {number: len(steps) for number, steps in found.items()} == dict(
        zip(numbers, [1, 1, 0], strict=True)
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("visit_timeout_s", 1799),
        ("visit_timeout_s", 21601),
        ("visit_timeout_s", -1),
        ("consent", "perhaps"),
        ("consent", ""),
        ("without_consent", "all"),
        ("consent", "required\x00"),
    ],
)
def test_a_wrong_setting_is_refused_by_name_and_by_the_database(cast, field, value):
    with pytest.raises(Refused) as refused:
        save(cast, **{field: value})
    assert {problem.field for problem in refused.value.problems} == {field}
    assert history(cast) == [PLAIN]
    if "\x00" in str(value):
        return
    for rows in (Counter.objects.all(), CounterSettings.objects.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**{field: value})


@pytest.mark.parametrize("seconds", [1800, 21600])
def test_the_bounds_of_the_timeout_are_taken(cast, seconds):
    assert save(cast, visit_timeout_s=seconds).visit_timeout_s == seconds


def test_the_tag_reads_all_in_one_place(cast):
    save(cast, consent="by_category", respect_gpc=True, allowed_origins=["https://m.shop.example"])
    told = selectors.tag_settings(number=cast.counter.pk)
    assert (told.consent, told.without_consent, told.respect_gpc, told.user_ids) == (
        "by_category",
        "cookieless",
        True,
        True,
    )
    assert (told.site, told.allowed_origins) == ("https://shop.example", ("https://m.shop.example",))
    services.archive_counter(account_id=cast.account.pk, user_id=None, number=cast.counter.pk)
    for number in (cast.counter.pk, 7):
        with pytest.raises(NotThere):
            selectors.tag_settings(number=number)


def test_a_change_at_the_very_instant_of_the_last_takes_its_place(cast):
    save(cast, visit_timeout_s=3600)
    with time_machine.travel(clock.now() + timedelta(seconds=1), tick=False):
        save(cast, visit_timeout_s=5400)
        save(cast, visit_timeout_s=7200)
    assert [one[0] for one in history(cast)] == [1800, 3600, 7200]
