"""counters/: the sites being measured."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.accounts.roles import May
from apps.api import fields
from apps.api.base import Listed, Request, Resource, Response, one
from apps.api.filters import YesNoFilter, answered, filterset
from apps.api.idempotency import repeatable
from apps.core import clock
from apps.counters import selectors, services
from apps.counters.models import LEAST_TIMEOUT_S, MOST_TIMEOUT_S, Consent, Counter, WithoutConsent
from apps.visits.opened import opened


class CounterShape(fields.Shape):
    id = fields.Id(read_only=True, help_text="The public number.")
    name = fields.Text()
    site = fields.Text(max_length=2000, help_text="Scheme and host, such as https://shop.example.")
    allowed_origins = serializers.ListField(
        child=fields.Text(max_length=2000),
        max_length=100,
        required=False,
        help_text="Origins beside the site's own that may send hits from a browser.",
    )
    excluded_referrers = serializers.ListField(
        child=fields.Text(max_length=2000),
        max_length=100,
        required=False,
        help_text="Hosts of sign-in and payment pages, with all below them: they are never the source of a visit.",
    )
    user_ids = fields.YesNo(required=False, help_text="Whether user IDs that hits name are believed.")
    visit_timeout_s = fields.Whole(
        required=False,
        min_value=LEAST_TIMEOUT_S,
        max_value=MOST_TIMEOUT_S,
        help_text="Hits further apart are two visits; from its change on.",
    )
    consent = fields.Choice(
        choices=Consent.choices, required=False, help_text="When the tag may know a visitor again."
    )
    without_consent = fields.Choice(
        choices=WithoutConsent.choices,
        required=False,
        help_text="What is counted of those who have not agreed.",
    )
    respect_dnt = fields.YesNo(required=False, help_text="Whether Do Not Track means no consent.")
    respect_gpc = fields.YesNo(required=False, help_text="Whether Global Privacy Control means no consent.")
    created_at = serializers.DateTimeField(read_only=True)
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True)


CounterFilter = filterset(
    Counter, {"archived": YesNoFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)}
)


class Counters(Listed):
    see = do = May.CONFIGURE
    serializer_class = CounterShape
    filterset_class = CounterFilter
    model = Counter

    def rows(self) -> QuerySet[Counter]:
        return selectors.counters(account_id=self.account_id, archived=True)

    def retrieve(self, request: Request, number: int) -> Response:
        return self.shown(one(self.rows(), pk=number))

    @repeatable
    def create(self, request: Request) -> Response:
        values = self.taken()
        return self.shown(
            services.make_counter(account_id=self.account_id, user_id=self.user_id, **values), 201
        )

    @extend_schema(request=CounterShape(partial=True))
    def partial_update(self, request: Request, number: int) -> Response:
        values = self.taken(partial=True)
        with self.editing(pk=number):
            counter = services.save_counter(
                account_id=self.account_id, user_id=self.user_id, number=number, **values
            )
        return self.shown(counter)

    def destroy(self, request: Request, number: int) -> Response:
        """Archive a counter: its hits stay, new ones are refused."""
        with self.editing(pk=number):
            services.archive_counter(account_id=self.account_id, user_id=self.user_id, number=number)
        return Response(status=204)


MONTH = timedelta(days=30)


class OpenedQuestion(serializers.Serializer[Any]):
    id = serializers.CharField(
        max_length=255, required=False, trim_whitespace=False, help_text="What was opened."
    )
    to = fields.Instant(required=False, help_text="Exclusive; now.")

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of the language."""
        since = fields.Instant(required=False, help_text="30 days before `to`.")
        return {**super().get_fields(), "from": since}


class OpenedShape(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="As the pixel named it.")
    times = serializers.IntegerField(help_text="Robots' too, such as the proxies of mail hosts.")
    robots = serializers.IntegerField()
    people = serializers.IntegerField(help_text="Identities; openings that name nobody have none.")
    first = serializers.DateTimeField()
    last = serializers.DateTimeField()


class AllOpenedShape(serializers.Serializer[Any]):
    results = OpenedShape(many=True)


class CounterOpened(Resource):
    see = do = May.SEE_RESULTS
    serializer_class = AllOpenedShape
    asks = frozenset({"retrieve"})
    filterset_class = None

    @extend_schema(parameters=[OpenedQuestion])
    def retrieve(self, request: Request, number: int) -> Response:
        """What pixels with an `id` counted, such as mails: how often, by how many, when. The latest thousand."""
        asked = answered(request, OpenedQuestion)
        counter = selectors.counter(account_id=self.account_id, number=number, archived=True)
        until = asked.get("to") or clock.now()
        found = opened(
            account_id=self.account_id,
            counter_id=counter.pk,
            since=asked.get("from") or max(until, clock.BEGINNING + MONTH) - MONTH,
            until=until,
            what=asked.get("id"),
        )
        return self.shown({"results": found})
