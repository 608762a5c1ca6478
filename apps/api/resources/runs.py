"""runs/ and health/: the hourly job and the state of the pipeline."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.accounts.roles import May
from apps.api.base import Listed, Request, Resource, Response, one
from apps.api.filters import ChoiceFilter, filterset, period
from apps.api.idempotency import repeatable
from apps.hourly import selectors, services
from apps.hourly.models import Run

RunFilter = filterset(Run, {"state": ChoiceFilter(choices=Run.State.choices), **period("created_at")})


class RunShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    hour = serializers.DateTimeField(
        allow_null=True, help_text="Start of the hour it completes; null: asked for."
    )
    state = serializers.ChoiceField(Run.State.choices)
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    complete_until = serializers.DateTimeField(
        allow_null=True, help_text="Facts that arrived before are judged."
    )
    total = serializers.IntegerField(help_text="People waiting when it began.")
    people = serializers.IntegerField(help_text="People judged.")
    reaches = serializers.IntegerField()
    credited = serializers.IntegerField()
    uncredited = serializers.IntegerField()
    dropped = serializers.IntegerField()
    corrected = serializers.IntegerField()
    closed_hits = serializers.IntegerField(help_text="Hits that arrived too old for a result.")
    error = serializers.CharField()


class Runs(Listed):
    see, do = May.SEE_HEALTH, May.MANAGE_PEOPLE
    serializer_class = RunShape
    filterset_class = RunFilter
    bodiless = frozenset({"create"})
    ordering = ("-created_at", "-id")
    model = Run

    def rows(self) -> QuerySet[Run]:
        return selectors.runs(account_id=self.account_id)

    def retrieve(self, request: Request, number: int) -> Response:
        return self.shown(one(self.rows(), pk=number))

    @extend_schema(request=None, responses={202: RunShape})
    @repeatable
    def create(self, request: Request) -> Response:
        """Ask for a run now; one that waits already is answered instead of a second one."""
        return self.shown(services.request_run(account_id=self.account_id, user_id=self.user_id), 202)


class PartShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    age_s = serializers.FloatField(allow_null=True)
    alive = serializers.BooleanField()


class WithoutConsentShape(serializers.Serializer[Any]):
    counted = serializers.IntegerField(help_text="Page views that were stored without a name.")
    left_out = serializers.IntegerField(help_text="Not stored.")


class HealthShape(serializers.Serializer[Any]):
    last_complete_hour = serializers.DateTimeField(allow_null=True)
    complete_until = serializers.DateTimeField(allow_null=True)
    next_run = serializers.DateTimeField()
    people_waiting = serializers.IntegerField()
    hits_waiting = serializers.IntegerField()
    lag_s = serializers.FloatField(help_text="Age of the oldest hit that is not stored yet.")
    conversations = serializers.IntegerField(help_text="Begun in the last seven days.")
    conversations_with_hits = serializers.IntegerField(help_text="Of those, whose person has hits.")
    share_with_hits = serializers.FloatField(allow_null=True)
    last_run = RunShape(allow_null=True)
    failing_mails = serializers.IntegerField()
    parts = PartShape(many=True)
    without_consent = WithoutConsentShape(help_text="Hits of the last seven days.")
    mended = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Hits of the last seven days whose optional details were cut or dropped, by the detail.",
    )


class Health(Resource):
    see = do = May.SEE_HEALTH
    serializer_class = HealthShape

    @extend_schema(responses=HealthShape)
    def retrieve(self, request: Request) -> Response:
        """Whether facts come in, get judged and go out."""
        return self.shown(selectors.health(account_id=self.account_id))
