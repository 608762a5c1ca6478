"""people/ and erasures/: who somebody is, by which names; linking, merging, access and erasure."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer

from apps.accounts.roles import May
from apps.api import fields
from apps.api.base import Listed, Request, Response, one
from apps.api.filters import CharFilter, filterset
from apps.api.idempotency import repeatable
from apps.api.problems import Named as Problems
from apps.api.resources.person_shapes import CardShape, PairShape
from apps.conversations.models import Conversation
from apps.core.errors import NotThere, Problem
from apps.erasure import selectors as erasing
from apps.erasure import services as erasure
from apps.erasure.models import Erasure
from apps.intake import services as intake
from apps.intake.named import FIELDS, KIND_NAMES, Named, named
from apps.people import selectors
from apps.people.models import Identity, Person
from apps.people.pairs import pairs_of
from apps.reports.visitors import visitor_card

SHOWN = 50
_KINDS = [(name, name) for name in FIELDS]


def _named(kind: str) -> CharFilter:
    """A filter by an identity, written in any way."""

    def by(rows: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        known = named(kind, value, country="")
        text = known.value if isinstance(known, Named) else value
        same = Identity.objects.filter(kind=FIELDS[kind], value=text, account_id=OuterRef("account_id"))
        return rows.filter(
            Q(pk__in=same.values("owner_id")) | Q(pk__in=same.filter(owner_id=0).values("person_id"))
        )

    return CharFilter(method=by, max_length=255)


def _of_ticket(rows: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
    same = Conversation.objects.filter(
        ticket=value, account_id=OuterRef("account_id"), person_id__isnull=False
    )
    return rows.filter(pk__in=same.values("person_id"))


PersonFilter = filterset(
    Person,
    {**{kind: _named(kind) for kind in FIELDS}, "ticket": CharFilter(method=_of_ticket, max_length=255)},
)


class KnownAs(fields.Shape):
    id = fields.Whole()
    kind = serializers.SerializerMethodField()
    value = fields.Text()
    written = fields.Text(help_text="As it came first, where that differs.")

    def get_kind(self, known: dict[str, Any]) -> str:
        return KIND_NAMES[known["kind"]]


class PersonShape(fields.Shape):
    id = fields.Id(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    identities = KnownAs(many=True, read_only=True, source="known_as")


class WholePersonShape(PersonShape):
    card = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    @extend_schema_field(CardShape)
    def get_card(self, person: Person) -> Any:
        return CardShape(visitor_card(person.account_id, person.pk)).data

    @extend_schema_field(PairShape(many=True))
    def get_links(self, person: Person) -> Any:
        known = list(selectors.identities_of(account_id=person.account_id, person_id=person.pk))
        return PairShape(pairs_of(account_id=person.account_id, identities=known), many=True).data


class NewIdentity(fields.Shape):
    kind = fields.Choice(_KINDS)
    value = fields.Text(max_length=255)
    at = fields.Instant(required=False, help_text="Since when; now unless said.")


class Other(fields.Shape):
    person = fields.Id()


class ErasureShape(fields.Shape):
    id = fields.Id(read_only=True)
    person = fields.Whole(source="person_id", read_only=True)
    state = fields.Choice(Erasure.State.choices, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    deleted = fields.Whole(read_only=True, help_text="Rows and copies deleted so far.")


class MergeShape(fields.Shape):
    id = fields.Id(read_only=True)
    kept = fields.Whole(source="kept_id", read_only=True)
    gone = fields.Whole(source="gone_id", read_only=True)
    undone_at = serializers.DateTimeField(read_only=True, allow_null=True)


class Zip(BaseRenderer):
    media_type, format = "application/zip", "zip"


class People(Listed):
    """An address of somebody who was linked to another person leads to that one."""

    see = do = May.MANAGE_PEOPLE
    serializer_class = PersonShape
    bodiless = frozenset({"relink", "export"})
    may_be_overtaken = frozenset({"link", "merge", "unmerge"})
    produces = ("application/zip",)
    filterset_class = PersonFilter
    ordering = ("-id",)
    model = Person

    def rows(self) -> QuerySet[Person]:
        mine = Identity.objects.filter(
            Q(owner_id=OuterRef("pk")) | Q(owner_id=0, person_id=OuterRef("pk")),
            account_id=OuterRef("account_id"),
        ).order_by("kind", "pk")
        known = JSONObject(id="pk", kind="kind", value="value", written="written")
        people = selectors.people(account_id=self.account_id)
        return people.annotate(known_as=ArraySubquery(mine.values(json=known)[:SHOWN]))

    def person(self, number: int) -> int:
        found = selectors.owner_of(account_id=self.account_id, person_id=number)
        if found is None:
            raise NotThere
        return found

    def whole(self, number: int, status: int = 200) -> Response:
        now = selectors.number_now(account_id=self.account_id, person_id=number)
        return self.tagged(WholePersonShape(one(self.rows(), pk=now)).data, status)

    @extend_schema(request=NewIdentity, responses={200: WholePersonShape, 201: WholePersonShape})
    @repeatable
    def link(self, request: Request, number: int) -> Response:
        """Say that an identity is this person's: 201, or 200 if that is so already. What it changes is judged again."""
        body = NewIdentity(data=request.data)
        body.is_valid(raise_exception=True)
        new = intake.link_identity(account_id=self.account_id, person_id=number, **body.validated_data)
        return self.whole(number, 201 if new else 200)

    @extend_schema(responses={204: None})
    def unlink(self, request: Request, number: int, identity: int) -> Response:
        """Undo what links this identity with the person's others; what is seen later links again."""
        mine = selectors.identities_of(account_id=self.account_id, person_id=self.person(number))
        known = one(mine, pk=identity)
        intake.unlink_identity(account_id=self.account_id, identity_id=known.pk, user_id=self.user_id)
        return Response(status=204)

    @extend_schema(request=None, responses={201: WholePersonShape})
    @repeatable
    def relink(self, request: Request, number: int, identity: int) -> Response:
        """Take the undoing back."""
        self.person(number)
        intake.relink_identity(account_id=self.account_id, identity_id=identity, user_id=self.user_id)
        return self.whole(number, 201)

    @extend_schema(request=Other, responses={201: MergeShape})
    @repeatable
    def merge(self, request: Request, number: int) -> Response:
        """Make another person and this one the same."""
        body = Other(data=request.data)
        body.is_valid(raise_exception=True)
        gone = body.validated_data["person"]
        if selectors.owner_of(account_id=self.account_id, person_id=gone) is None:
            raise Problems(Problem("person", "unknown_person", _("There is no such person.")))
        merge = intake.merge_people(account_id=self.account_id, kept=number, gone=gone, user_id=self.user_id)
        return Response(MergeShape(merge).data, 201)

    @extend_schema(responses={200: MergeShape})
    def unmerge(self, request: Request, number: int, merge: int) -> Response:
        """Take a merge back."""
        self.person(number)
        undone = intake.undo_merge(account_id=self.account_id, merge_id=merge, user_id=self.user_id)
        return Response(MergeShape(undone).data)

    def get_renderers(self) -> list[Any]:
        """Who asks for the zip by its type gets it; problems are JSON all the same."""
        return [*super().get_renderers(), *([Zip()] if self.action == "export" else [])]

    @extend_schema(request=None, responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def export(self, request: Request, number: int) -> HttpResponse:
        """All that is kept of a person, as a zip with JSON and a page to read."""
        file = erasure.access_zip(
            account_id=self.account_id, person_id=self.person(number), user_id=self.user_id
        )
        headers = {"Content-Disposition": f'attachment; filename="person-{number}.zip"'}
        return HttpResponse(file, content_type="application/zip", headers=headers)


class OnePerson(People):
    """Seen by those who manage people, erased by owners."""

    do = May.RUN_ACCOUNT
    serializer_class = WholePersonShape

    @extend_schema(responses=WholePersonShape)
    def retrieve(self, request: Request, number: int) -> Response:
        return self.whole(number)

    @extend_schema(responses={202: ErasureShape})
    def destroy(self, request: Request, number: int) -> Response:
        """Erase a person: all that is kept, everywhere. `erasures/` tells how far it is."""
        person = self.person(number)
        with self.editing(pk=person):
            asked = erasure.request_erasure(
                account_id=self.account_id, user_id=self.user_id, person_id=person
            )
        return Response(ErasureShape(asked).data, 202)

    def hold(self, **named: Any) -> None:
        """Nothing: whatever came a moment ago is erased as well."""


class Erasures(Listed):
    see = do = May.RUN_ACCOUNT
    serializer_class = ErasureShape
    ordering = ("-created_at", "-id")
    model = Erasure

    def rows(self) -> QuerySet[Erasure]:
        return erasing.erasures(account_id=self.account_id)

    def retrieve(self, request: Request, number: int) -> Response:
        return self.shown(one(self.rows(), pk=number))


__all__ = ["Erasures", "OnePerson", "People"]
