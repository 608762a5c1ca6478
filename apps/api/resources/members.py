"""members/: who has which role in the account; invitations/: who is asked to join it."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.accounts import selectors, services
from apps.accounts.models import Account, Invitation, Member
from apps.accounts.roles import May, Role
from apps.api import fields
from apps.api.base import Listed, Request, Response, one
from apps.api.filters import ChoiceFilter, filterset
from apps.api.idempotency import repeatable

AGENT = "External id of the agent that a member with the role agent is tied to."


class MemberShape(fields.Shape):
    id = fields.Whole(read_only=True)
    email = serializers.EmailField(source="user.email", max_length=254, read_only=True)
    name = fields.Text(source="user.name", read_only=True)
    role = fields.Choice(Role.choices)
    agent = fields.Text(
        source="agent.external_id", required=False, allow_null=True, default=None, help_text=AGENT
    )
    active = fields.YesNo(source="user.is_active", read_only=True)


class MemberChange(fields.Shape):
    role = fields.Choice(Role.choices)
    agent = fields.Text(required=False, allow_null=True, default=None)


class InvitationShape(fields.Shape):
    id = fields.Whole(read_only=True)
    email = serializers.EmailField(max_length=254)
    role = fields.Choice(Role.choices)
    agent = fields.Text(
        source="agent.external_id", required=False, allow_null=True, default=None, help_text=AGENT
    )
    state = fields.Choice(
        ["invited", "ended"],
        read_only=True,
        help_text="`ended`: the link works no more; send the invitation again.",
    )
    sent_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)


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

    @extend_schema(request=InvitationShape, responses={201: InvitationShape})
    @repeatable
    def create(self, request: Request) -> Response:
        """Invite an address: it gets a link by mail, and is a member from acceptance on.

        The answer is the same whether the address is known here or not.
        """
        body = InvitationShape(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        invitation = services.invite(
            account_id=self.account_id,
            user_id=self.user_id,
            email=values["email"],
            role=values["role"],
            agent=values["agent"]["external_id"],
        )
        return Response(InvitationShape(invitation).data, 201)

    @extend_schema(request=MemberChange)
    def partial_update(self, request: Request, number: int) -> Response:
        """Give a member another role."""
        change = MemberChange(data=request.data)
        change.is_valid(raise_exception=True)
        with self.editing(pk=number):
            member = services.change_member(
                account_id=self.account_id, user_id=self.user_id, member_id=number, **change.validated_data
            )
        return self.shown(member)

    def destroy(self, request: Request, number: int) -> Response:
        """End a membership; the user stays."""
        with self.editing(pk=number):
            services.remove_member(account_id=self.account_id, user_id=self.user_id, member_id=number)
        return Response(status=204)

    def hold(self, **named: Any) -> None:
        hold_members(self.account_id)


def hold_members(account_id: int) -> None:
    """Changes of members and invitations wait for each other by their account."""
    Account.objects.select_for_update(no_key=True).filter(pk=account_id).first()


class Invitations(Listed):
    """The invitations that wait to be accepted. POST members/ makes one."""

    see = do = May.MANAGE_MEMBERS
    serializer_class = InvitationShape
    bodiless = frozenset({"send_again"})
    model = Invitation

    def rows(self) -> QuerySet[Invitation]:
        return selectors.invitations(account_id=self.account_id)

    def hold(self, **named: Any) -> None:
        hold_members(self.account_id)

    def retrieve(self, request: Request, number: int) -> Response:
        return self.shown(one(self.rows(), pk=number))

    @extend_schema(request=None)
    @repeatable
    def send_again(self, request: Request, number: int) -> Response:
        """Send a new link, for seven days from now; the one before works no more."""
        invitation = services.send_again(
            account_id=self.account_id, user_id=self.user_id, invitation_id=number
        )
        return self.shown(invitation)

    def destroy(self, request: Request, number: int) -> Response:
        """Withdraw an invitation: its link works no more."""
        with self.editing(pk=number):
            services.withdraw(account_id=self.account_id, user_id=self.user_id, invitation_id=number)
        return Response(status=204)
