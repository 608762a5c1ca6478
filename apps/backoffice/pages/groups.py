"""Groups of agents."""

from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import selectors
from apps.accounts.models import Group
from apps.accounts.roles import May
from apps.backoffice.forms import Form
from apps.backoffice.pages.base import AskPage, FormPage, Paths
from apps.backoffice.tables import Column, RowAction, TablePage
from apps.core.errors import NotThere
from apps.intake import registry


class GroupFilters(Form):
    q = forms.CharField(label=gettext_lazy("Name or id contains"), required=False)


class GroupsPage(TablePage):
    title = gettext_lazy("Groups")
    template_name = "backoffice/groups.html"
    sees = May.MANAGE_PEOPLE
    filters = GroupFilters
    ordering = "name"
    columns = (
        Column("name", gettext_lazy("Name"), ("name", "external_id")),
        Column("id", gettext_lazy("External id"), ("external_id",)),
        Column("agents", gettext_lazy("Agents"), ("agent_count",), numeric=True),
        Column("state", gettext_lazy("State"), ("archived_at",)),
        Column("menu", ""),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Group]:
        present = Q(agents__deleted_at=None)
        groups = selectors.groups(account_id=self.account_id).annotate(
            agent_count=Count("agents", filter=present)
        )
        if text := wanted.get("q"):
            groups = groups.filter(Q(name__icontains=text) | Q(external_id__icontains=text))
        return groups

    def decorate(self, rows: list[Any]) -> list[dict[str, Any]]:
        return [{"group": group, "actions": _actions(group)} for group in rows]


def _actions(group: Group) -> list[RowAction]:
    edit = RowAction(_("Edit"), reverse("admin:group", args=[group.pk]), dialog=False)
    if group.archived_at:
        return [edit]
    return [edit, RowAction(_("Archive"), reverse("admin:group_archive", args=[group.pk]), danger=True)]


class GroupForm(Form):
    external_id = forms.CharField(
        label=gettext_lazy("External id"),
        help_text=gettext_lazy("As your chat system calls the group; a group with this id is renamed."),
    )
    name = forms.CharField(label=gettext_lazy("Name"))

    def prepare(self) -> None:
        self.fields["external_id"].disabled = bool(self.initial.get("external_id"))


class GroupPage(FormPage):
    """Make a group or rename one."""

    sees = May.MANAGE_PEOPLE
    form_class = GroupForm
    back = "groups"

    def initial(self) -> dict[str, Any]:
        if "group_id" not in self.kwargs:
            return {}
        group = found(self.account_id, self.kwargs["group_id"])
        return {"external_id": group.external_id, "name": group.name}

    def extra(self) -> dict[str, Any]:
        return {"title": _("Group") if "group_id" in self.kwargs else _("New group")}

    def act(self, form: Any) -> HttpResponse:
        group, _new = registry.save_group(account_id=self.account_id, **form.cleaned_data)
        return self.go("groups", say=_("%s is saved.") % group)


class ArchivePage(AskPage):
    title = gettext_lazy("Archive the group")
    sees = May.MANAGE_PEOPLE
    button = gettext_lazy("Archive")
    danger = True
    back = "groups"

    def question(self) -> str:
        group = found(self.account_id, self.kwargs["group_id"])
        return _("%s cannot be chosen for goals any more. Goals that name it go on as they are.") % group

    def act(self, form: Any) -> HttpResponse:
        group = registry.archive_group(account_id=self.account_id, group_id=self.kwargs["group_id"])
        return self.go("groups", say=_("%s is archived.") % group)


def found(account_id: int, group_id: int) -> Group:
    """The group, if it is the account's."""
    group = selectors.groups(account_id=account_id).filter(pk=group_id).first()
    if group is None:
        raise NotThere
    return group


paths: Paths = [
    ("groups/", GroupsPage, "groups"),
    ("groups/add/", GroupPage, "group_add"),
    ("groups/<id:group_id>/", GroupPage, "group"),
    ("groups/<id:group_id>/archive/", ArchivePage, "group_archive"),
]
