"""visits/: who came when, from where, on what, and how much they looked at."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from apps.accounts.roles import May
from apps.api.base import Listed
from apps.api.filters import (
    CharFilter,
    ChoiceFilter,
    NumberedFilter,
    PersonFilter,
    YesNoFilter,
    filterset,
    period,
)
from apps.counters import selectors as counters
from apps.visits import selectors
from apps.visits.models import Visit


class _Robots(YesNoFilter):
    """true: robots' visits; otherwise those of people."""

    def filter(self, qs: QuerySet[Visit], value: bool | None) -> QuerySet[Visit]:  # noqa: FBT001 - as its parent has it
        return qs.filter(robot=bool(value))


class SourceShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(Visit.Source.choices)
    name = serializers.CharField(help_text="A search engine, a network, a host, or what utm_source says.")
    campaign = serializers.CharField()


class VisitShape(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="May change when late hits change the visit.")
    counter = serializers.IntegerField(source="counter_id")
    person = serializers.SerializerMethodField(help_text="null: known for a day only.")
    robot = serializers.BooleanField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(help_text="The last hit's instant.")
    pages = serializers.IntegerField()
    events = serializers.IntegerField()
    landing_page = serializers.CharField()
    referrer = serializers.CharField()
    source = serializers.SerializerMethodField()  # type: ignore[assignment]  # a field of that name, not its argument
    first_source = serializers.SerializerMethodField(help_text="That of the person's first visit.")
    last_significant_source = serializers.SerializerMethodField(
        help_text="The visit's own, or the last before it that was neither direct nor internal."
    )
    utm_source = serializers.CharField()
    utm_medium = serializers.CharField(source="medium")
    utm_campaign = serializers.CharField(source="campaign")
    utm_term = serializers.CharField(source="term")
    utm_content = serializers.CharField(source="content")
    click_ids = serializers.DictField(child=serializers.CharField())
    device = serializers.CharField(help_text="desktop, phone, tablet, other; empty: not known.")
    browser = serializers.CharField()
    os = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2; empty: not known.")
    city = serializers.CharField()

    def get_person(self, visit: Visit) -> int | None:
        return visit.person_id or None

    def get_source(self, visit: Visit) -> dict[str, str]:
        return _source(visit.source, visit.source_name, visit.campaign)

    def get_first_source(self, visit: Visit) -> dict[str, str]:
        return _source(visit.first_source, visit.first_name, visit.first_campaign)

    def get_last_significant_source(self, visit: Visit) -> dict[str, str]:
        return _source(visit.significant_source, visit.significant_name, visit.significant_campaign)


def _source(kind: str, name: str, campaign: str) -> dict[str, str]:
    return {"kind": kind, "name": name, "campaign": campaign}


VisitFilter = filterset(
    Visit,
    {
        **period("started_at"),
        "counter": NumberedFilter(
            lambda a: counters.counters(account_id=a, archived=True), field_name="counter_id", label="counter"
        ),
        "person": PersonFilter(field_name="person_id", label="person"),
        "source": ChoiceFilter(field_name="source", choices=Visit.Source.choices),
        "device": ChoiceFilter(field_name="device", choices=Visit.Device.choices),
        "country": CharFilter(field_name="country", lookup_expr="iexact"),
        "robot": _Robots(field_name="robot"),
    },
)


class Visits(Listed):
    """Visits, newest first, at most a minute behind; robots' only with `robot=true`."""

    see = do = May.SEE_RESULTS
    serializer_class = VisitShape
    filterset_class = VisitFilter
    ordering = ("-started_at", "-id")
    model = Visit

    def rows(self) -> QuerySet[Visit]:
        return selectors.visits(account_id=self.account_id)
