"""Results outlive their hits."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from apps.accounts.models import Account
from apps.conversions import selectors
from apps.conversions.models import Conversion
from apps.core import clock
from apps.goals import services as goals
from apps.hourly.services import run_now
from apps.intake.services import take_hits
from apps.visits.models import Hit
from apps.visits.services import drop_old_hits
from tests.goals.drafting import a_draft
from tests.intake.test_hits import a_hit

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_a_result_stays_when_its_hit_goes_and_its_explanation_says_so(cast):
    with time_machine.travel(NOON, tick=False) as traveller:
        with clock.set_back(timedelta(hours=1)):
            draft = a_draft(cast.account, active=True, start_date=NOON.date())
            goals.save_goal(account_id=cast.account.pk, user_id=None, draft=draft)
        take_hits(counter=cast.counter, raw=[a_hit(1, client_id="17")])
        run_now(account_id=cast.account.pk)
        result = Conversion.objects.get()
        key = selectors.encode_id(
            goal_id=result.goal_id, counter_id=result.counter_id, time=result.time, hit_id=result.hit_id
        )
        before = selectors.explain(account_id=cast.account.pk, conversion_id=key)
        traveller.shift(timedelta(days=43))
        Account.objects.filter(pk=cast.account.pk).update(hits_days=42)
        drop_old_hits()
        assert not Hit.objects.exists()
        run_now(account_id=cast.account.pk)
        assert Conversion.objects.count() == 1
        after = selectors.explain(account_id=cast.account.pk, conversion_id=key)
    assert (before.url, after.url) == ("https://shop.example/thanks", "")
    assert after.limits == [*before.limits, "The hit itself is no longer kept."]
    assert after.closed
