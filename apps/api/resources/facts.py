"""counters/{id}/hits/ and conversation-events/: facts in, many at once; a bad one never spoils its neighbours."""

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from apps.accounts.roles import May
from apps.api import fields
from apps.api.base import Request, Resource, Response
from apps.api.callers import caller
from apps.api.idempotency import repeatable
from apps.core.errors import NotThere
from apps.counters import selectors as counters
from apps.intake import services
from apps.intake.records import MAX_BATCH, EventIn, HitIn, Outcome


class Hits(fields.Shape):
    hits = fields.Batch(HitIn, max_length=MAX_BATCH)
    sent_at = fields.Text(
        required=False,
        max_length=64,
        help_text="When this is sent, by the sender's clock: its hits' times are corrected by what that clock is off by.",
    )


class Events(fields.Shape):
    events = fields.Batch(EventIn, max_length=MAX_BATCH)


class RejectedShape(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="Place in the batch, from 0.")
    id = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class OutcomeShape(serializers.Serializer[Any]):
    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField(help_text="Known before: the first stored wins.")
    rejected = RejectedShape(many=True)


def _answer(outcome: Outcome) -> Response:
    rejected = [asdict(one) for one in outcome.rejected]
    return Response(
        {"accepted": outcome.accepted, "duplicates": outcome.duplicates, "rejected": rejected}, 202
    )


class CounterHits(Resource):
    see = do = May.INGEST
    serializer_class = Hits

    @extend_schema(responses={202: OutcomeShape})
    @repeatable
    def create(self, request: Request, number: int) -> Response:
        """Take hits that servers report, at most 1,000 at once. The first stored of each (id, time) wins."""
        token = caller(request).token
        if token and token.counter_number not in {None, number}:
            raise NotThere  # for a token bound to a counter there is no other
        counter = counters.counter(account_id=self.account_id, number=number)
        told = self.taken()
        return _answer(services.take_hits(counter=counter, raw=told["hits"], sent_at=told.get("sent_at")))


class ConversationEvents(Resource):
    see = do = May.INGEST
    serializer_class = Events

    @extend_schema(responses={202: OutcomeShape})
    @repeatable
    def create(self, request: Request) -> Response:
        """Take conversation events, at most 1,000 at once. The first stored of each (channel, id) wins."""
        token = caller(request).token
        if token and token.counter_number is not None:
            raise PermissionDenied(_("The token is bound to a counter; it sends hits only."), "scope")
        return _answer(services.take_events(account_id=self.account_id, raw=self.taken()["events"]))
