"""members/: who has which role in the account."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.accounts import selectors, services
from apps.accounts.models import Member
from apps.accounts.roles import May, Role
from apps.api import fields
from apps.api.base import Listed, Request, Response, one
from apps.api.filters import ChoiceFilter, filterset
from apps.api.idempotency import repeatable


class MemberShape(fields.Shape):
    id = fields.Whole(read_only=True)
    email = serializers.EmailField(source="user.email", max_length=254)
    name = fields.Text(source="user.name", required=False, allow_blank=True)
    role = fields.Choice(Role.choices)
    agent = fields.Text(
        source="agent.external_id",
        required=False,
        allow_null=True,
        default=None,
        help_text="External id of the agent that a member with the role agent is tied to.",
    )
    active = fields.YesNo(source="user.is_active", read_only=True)


class MemberChange(fields.Shape):
    role = fields.Choice(Role.choices)
    agent = fields.Text(required=False, allow_null=True, default=None)


MemberFilter = filterset(Member, {"role": ChoiceFilter(choices=Role.choices)})


class Members(Listed):
    see = do = May.MANAGE_MEMBERS
    serializer_class = MemberShape
    filterset_class = MemberFilter
    model = Member

    def rows(self) -> QuerySet[Member]:
        return selectors.members(account_id=self.account_id)

    def retrieve(self, request: Request, number: int) -> Response:
        return self.shown(one(self.rows(), pk=number))

    @repeatable
    def create(self, request: Request) -> Response:
        values = self.taken()
        member = services.make_member(
            account_id=self.account_id,
            user_id=self.user_id,
            email=values["user"]["email"],
            name=values["user"].get("name", ""),
            role=values["role"],
            agent=values["agent"]["external_id"],
        )
        return self.shown(member, 201)

    @extend_schema(request=MemberChange)
    def partial_update(self, request: Request, number: int) -> Response:
        """Give a member another role."""
        change = MemberChange(data=request.data)
        change.is_valid(raise_exception=True)
        member = services.change_member(
            account_id=self.account_id, user_id=self.user_id, member_id=number, **change.validated_data
        )
        return self.shown(member)

    def destroy(self, request: Request, number: int) -> Response:
        """End a membership; the user stays."""
        services.remove_member(account_id=self.account_id, user_id=self.user_id, member_id=number)
        return Response(status=204)
