"""agents/, groups/ and channels/: known by external id. POST makes one or changes the one of that id."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.accounts import selectors
from apps.accounts.models import Agent, Group
from apps.accounts.roles import May
from apps.accounts.services import ensure_groups
from apps.api import fields
from apps.api.base import Listed, Request, Response, one
from apps.api.filters import ChoiceFilter, NamedFilter, YesNoFilter, filterset
from apps.api.idempotency import repeatable
from apps.conversations.models import Channel
from apps.core.locks import Lock, take
from apps.intake import registry


class ByExternalId(Listed):
    """What is named by external id in the address; external ids may hold slashes."""

    by_external_id = True

    def retrieve(self, request: Request, external_id: str) -> Response:
        return self.shown(one(self.rows(), external_id=external_id))


class GroupNames(serializers.ListField):
    """Groups by external id; unknown ones become placeholders."""

    child = fields.Text()

    def to_representation(self, data: Any) -> list[str]:
        return sorted(group.external_id for group in data.all())


class AgentShape(fields.Shape):
    external_id = fields.Text()
    name = fields.Text(allow_blank=True)
    email = fields.Text(required=False, allow_blank=True, max_length=254)
    kind = fields.Choice(Agent.Kind.choices)
    groups = GroupNames(max_length=1000)
    placeholder = fields.YesNo(
        read_only=True, help_text="Named by an event, not yet by anybody who knows it."
    )


AgentFilter = filterset(
    Agent,
    {
        "group": NamedFilter(
            lambda a: selectors.groups(account_id=a), "external_id", field_name="groups", label="group"
        ),
        "kind": ChoiceFilter(choices=Agent.Kind.choices),
        "placeholder": YesNoFilter(field_name="placeholder"),
    },
)


class Agents(ByExternalId):
    see = do = May.MANAGE_PEOPLE
    serializer_class = AgentShape
    filterset_class = AgentFilter
    model = Agent

    def rows(self) -> QuerySet[Agent]:
        return selectors.agents(account_id=self.account_id).prefetch_related("groups")

    @extend_schema(responses={200: AgentShape, 201: AgentShape})
    @repeatable
    def create(self, request: Request) -> Response:
        """Make an agent (201), or change the one of this external id (200)."""
        values = self.taken()
        with self.editing(external_id=values["external_id"]):
            agent, new = registry.save_agent(account_id=self.account_id, **values)
        return self.shown(agent, 201 if new else 200)

    def hold(self, **named: Any) -> None:
        take(Lock.GOALS, self.account_id)
        if self.action == "create":
            body: Any = self.request.data
            ensure_groups(account_id=self.account_id, external_ids=body["groups"])
        super().hold(**named)

    def destroy(self, request: Request, external_id: str) -> Response:
        """Delete an agent; past credit stays."""
        with self.editing(external_id=external_id):
            agent: Agent = one(self.rows(), external_id=external_id)
            registry.delete_agent(account_id=self.account_id, agent_id=agent.pk)
        return Response(status=204)


class GroupShape(fields.Shape):
    external_id = fields.Text()
    name = fields.Text(allow_blank=True)
    placeholder = fields.YesNo(read_only=True)
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True)


GroupFilter = filterset(
    Group,
    {
        "archived": YesNoFilter(field_name="archived_at", lookup_expr="isnull", exclude=True),
        "placeholder": YesNoFilter(field_name="placeholder"),
    },
)


class Groups(ByExternalId):
    see = do = May.MANAGE_PEOPLE
    serializer_class = GroupShape
    filterset_class = GroupFilter
    model = Group

    def rows(self) -> QuerySet[Group]:
        return selectors.groups(account_id=self.account_id)

    @extend_schema(responses={200: GroupShape, 201: GroupShape})
    @repeatable
    def create(self, request: Request) -> Response:
        """Make a group (201), or change the one of this external id (200)."""
        values = self.taken()
        with self.editing(external_id=values["external_id"]):
            group, new = registry.save_group(account_id=self.account_id, **values)
        return self.shown(group, 201 if new else 200)

    def destroy(self, request: Request, external_id: str) -> Response:
        """Archive a group: goals that name it go on, new ones cannot."""
        with self.editing(external_id=external_id):
            group: Group = one(self.rows(), external_id=external_id)
            registry.archive_group(account_id=self.account_id, group_id=group.pk)
        return Response(status=204)


class ChannelShape(fields.Shape):
    external_id = fields.Text()
    name = fields.Text(allow_blank=True)
    kind = fields.Choice(Channel.Kind.choices)
    placeholder = fields.YesNo(read_only=True)


ChannelFilter = filterset(
    Channel,
    {
        "kind": ChoiceFilter(choices=Channel.Kind.choices),
        "placeholder": YesNoFilter(field_name="placeholder"),
    },
)


class Channels(ByExternalId):
    see = do = May.CONFIGURE
    serializer_class = ChannelShape
    filterset_class = ChannelFilter
    model = Channel

    def rows(self) -> QuerySet[Channel]:
        return Channel.objects.filter(account_id=self.account_id)

    @extend_schema(responses={200: ChannelShape, 201: ChannelShape})
    @repeatable
    def create(self, request: Request) -> Response:
        """Make a channel (201), or change the one of this external id (200)."""
        values = self.taken()
        with self.editing(external_id=values["external_id"]):
            channel, new = registry.save_channel(account_id=self.account_id, **values)
        return self.shown(channel, 201 if new else 200)
