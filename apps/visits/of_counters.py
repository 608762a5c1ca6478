"""What of a counter's settings its visits depend on."""

from collections.abc import Collection

from apps.counters.models import Counter
from apps.counters.selectors import settings_history
from apps.visits import sessions
from apps.visits.sessions import Timeouts
from apps.visits.sources import OwnSites, own_sites


def timeouts(numbers: Collection[int]) -> dict[int, Timeouts]:
    """Each counter's visit timeout through time."""
    return {
        number: Timeouts([(step.at, step.visit_timeout_s * sessions.SECOND_US) for step in steps])
        for number, steps in settings_history(numbers=numbers).items()
    }


def sites(numbers: Collection[int]) -> dict[int, OwnSites]:
    """Each counter's own sites and excluded referrers: what comes from there came from nowhere else."""
    rows = Counter.objects.filter(pk__in=numbers)
    return {
        number: own_sites([site, *allowed], excluded)
        for number, site, allowed, excluded in rows.values_list(
            "pk", "site", "allowed_origins", "excluded_referrers"
        )
    }
