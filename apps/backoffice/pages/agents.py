"""Agents: who answers conversations and can earn credit."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import selectors
from apps.accounts.models import Agent
from apps.accounts.roles import May
from apps.backoffice.forms import Form, OwnedChoice, OwnedChoices, choices_of
from apps.backoffice.pages.base import AskPage, FormPage, Paths
from apps.backoffice.tables import Column, RowAction, TablePage
from apps.core.errors import NotThere
from apps.intake import registry

KINDS = [("", gettext_lazy("Any")), *Agent.Kind.choices]


class AgentFilters(Form):
    q = forms.CharField(label=gettext_lazy("Name, id or e-mail contains"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=KINDS, required=False)
    group = OwnedChoice(label=gettext_lazy("Group"), required=False)

    def prepare(self) -> None:
        assert self.here
        groups = selectors.groups(account_id=self.here.account.pk).order_by("name", "external_id")
        self.fields["group"].choices = choices_of(groups, gettext_lazy("Any"))  # type: ignore[attr-defined]


class AgentsPage(TablePage):
    title = gettext_lazy("Agents")
    template_name = "backoffice/agents.html"
    sees = May.MANAGE_PEOPLE
    filters = AgentFilters
    ordering = "name"
    columns = (
        Column("name", gettext_lazy("Name"), ("name", "external_id")),
        Column("id", gettext_lazy("External id"), ("external_id",)),
        Column("email", gettext_lazy("E-mail"), ("email",)),
        Column("kind", gettext_lazy("Kind"), ("kind",)),
        Column("groups", gettext_lazy("Groups")),
        Column("menu", ""),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Agent]:
        agents = selectors.agents(account_id=self.account_id)
        if text := wanted.get("q"):
            agents = (
                agents.filter(name__icontains=text)
                | agents.filter(external_id__icontains=text)
                | agents.filter(email__icontains=text)
            )
        if wanted.get("kind"):
            agents = agents.filter(kind=wanted["kind"])
        if wanted.get("group"):
            agents = agents.filter(groups=wanted["group"])
        return agents.prefetch_related("groups")

    def decorate(self, rows: list[Any]) -> list[dict[str, Any]]:
        return [
            {
                "agent": agent,
                "groups": sorted(str(group) for group in agent.groups.all()),
                "actions": [
                    RowAction(_("Edit"), reverse("admin:agent", args=[agent.pk]), dialog=False),
                    RowAction(_("Delete"), reverse("admin:agent_delete", args=[agent.pk]), danger=True),
                ],
            }
            for agent in rows
        ]


class AgentForm(Form):
    external_id = forms.CharField(
        label=gettext_lazy("External id"),
        help_text=gettext_lazy("As your chat system calls the agent; an agent with this id is changed."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), required=False)
    email = forms.CharField(label=gettext_lazy("E-mail"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Agent.Kind.choices)
    groups = OwnedChoices(label=gettext_lazy("Groups"), required=False, widget=forms.CheckboxSelectMultiple())

    def prepare(self) -> None:
        assert self.here
        groups = selectors.groups(account_id=self.here.account.pk).order_by("name", "external_id")
        self.fields["groups"].choices = [(group.external_id, str(group)) for group in groups]  # type: ignore[attr-defined]
        self.fields["external_id"].disabled = bool(self.initial.get("external_id"))


class AgentPage(FormPage):
    """Make an agent, or change one as of now."""

    sees = May.MANAGE_PEOPLE
    form_class = AgentForm
    back = "agents"

    def initial(self) -> dict[str, Any]:
        if "agent_id" not in self.kwargs:
            return {}
        agent = found(self.account_id, self.kwargs["agent_id"])
        named = [group.external_id for group in agent.groups.all()]
        return {
            "external_id": agent.external_id,
            "name": agent.name,
            "email": agent.email,
            "kind": agent.kind,
            "groups": named,
        }

    def extra(self) -> dict[str, Any]:
        return {"title": _("Agent") if "agent_id" in self.kwargs else _("New agent")}

    def act(self, form: Any) -> HttpResponse:
        agent, _new = registry.save_agent(account_id=self.account_id, **form.cleaned_data)
        return self.go("agents", say=_("%s is saved.") % agent)


class DeletePage(AskPage):
    title = gettext_lazy("Delete the agent")
    sees = May.MANAGE_PEOPLE
    button = gettext_lazy("Delete")
    danger = True
    back = "agents"

    def question(self) -> str:
        agent = found(self.account_id, self.kwargs["agent_id"])
        return _("%s can no longer be chosen. Past credit stays as it is.") % agent

    def act(self, form: Any) -> HttpResponse:
        agent = registry.delete_agent(account_id=self.account_id, agent_id=self.kwargs["agent_id"])
        return self.go("agents", say=_("%s is deleted.") % agent)


def found(account_id: int, agent_id: int) -> Agent:
    """The agent, if it is the account's."""
    agent = selectors.agents(account_id=account_id).filter(pk=agent_id).first()
    if agent is None:
        raise NotThere
    return agent


paths: Paths = [
    ("agents/", AgentsPage, "agents"),
    ("agents/add/", AgentPage, "agent_add"),
    ("agents/<id:agent_id>/", AgentPage, "agent"),
    ("agents/<id:agent_id>/delete/", DeletePage, "agent_delete"),
]
