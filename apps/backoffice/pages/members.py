"""Members: who works in the account, with which role."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import selectors, services
from apps.accounts.models import Member
from apps.accounts.roles import May, Role
from apps.backoffice.forms import Form, OwnedChoice
from apps.backoffice.pages.base import AskPage, FormPage, Paths
from apps.backoffice.pages.member_invitations import invited_row
from apps.backoffice.tables import Column, RowAction, TablePage
from apps.core.errors import NotThere

INVITED_SHOWN = 200


class MemberFilters(Form):
    q = forms.CharField(label=gettext_lazy("Name or e-mail contains"), required=False)
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=[("", gettext_lazy("Any")), *Role.choices], required=False
    )


class MembersPage(TablePage):
    title = gettext_lazy("Members")
    template_name = "backoffice/members.html"
    sees = May.MANAGE_MEMBERS
    filters = MemberFilters
    ordering = "email"
    columns = (
        Column("email", gettext_lazy("E-mail"), ("user__email",)),
        Column("name", gettext_lazy("Name"), ("user__name",)),
        Column("role", gettext_lazy("Role"), ("role",)),
        Column("agent", gettext_lazy("Agent"), ("agent__name",)),
        Column("seen", gettext_lazy("Last signed in"), ("user__last_login",)),
        Column("menu", ""),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Member]:
        members = selectors.members(account_id=self.account_id)
        if text := wanted.get("q"):
            members = members.filter(Q(user__email__icontains=text) | Q(user__name__icontains=text))
        if wanted.get("role"):
            members = members.filter(role=wanted["role"])
        return members

    def decorate(self, rows: list[Any]) -> list[dict[str, Any]]:
        return [{"member": member, "actions": self._actions(member)} for member in rows]

    def extra(self) -> dict[str, Any]:
        if self.request.GET.get("page", "1") != "1":
            return {}
        invited = selectors.invitations(account_id=self.account_id).order_by("-sent_at", "-pk")
        return {"invited": [invited_row(row, self.here.role) for row in invited[:INVITED_SHOWN]]}

    def _actions(self, member: Member) -> list[RowAction]:
        return [
            RowAction(_("Change the role"), reverse("admin:member", args=[member.pk]), dialog=False),
            RowAction(_("Send a link for a new password"), reverse("admin:member_link", args=[member.pk])),
            RowAction(_("Remove"), reverse("admin:member_remove", args=[member.pk]), danger=True),
        ]


class RoleForm(Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices, initial=Role.ANALYST)
    agent = OwnedChoice(
        label=gettext_lazy("Agent"),
        required=False,
        help_text=gettext_lazy("Only for the role agent: whose conversations are theirs."),
    )

    def prepare(self) -> None:
        assert self.here
        agents = selectors.agents(account_id=self.here.account.pk).order_by("name", "external_id")
        named = [(agent.external_id, str(agent)) for agent in agents]
        self.fields["agent"].choices = [("", "–"), *named]  # type: ignore[attr-defined]

    def clean_agent(self) -> str | None:
        """No choice is no agent."""
        return self.cleaned_data["agent"] or None


class InviteForm(RoleForm):
    email = forms.CharField(label=gettext_lazy("E-mail"), widget=forms.EmailInput())
    field_order = ("email", "role", "agent")


class InvitePage(FormPage):
    """Whoever invites learns nothing of the address but that it is invited."""

    title = gettext_lazy("Invite a member")
    sees = May.MANAGE_MEMBERS
    form_class = InviteForm
    button = gettext_lazy("Invite")
    back = "members"

    def act(self, form: Any) -> HttpResponse:
        invitation = services.invite(
            account_id=self.account_id, user_id=self.here.user.pk, **form.cleaned_data
        )
        return self.go("members", say=_("%s is invited.") % invitation.email)


class MemberPage(FormPage):
    """Another role for a member."""

    sees = May.MANAGE_MEMBERS
    form_class = RoleForm
    back = "members"

    def initial(self) -> dict[str, Any]:
        member = found(self.account_id, self.kwargs["member_id"])
        return {"role": member.role, "agent": member.agent.external_id if member.agent else ""}

    def extra(self) -> dict[str, Any]:
        return {"title": found(self.account_id, self.kwargs["member_id"]).user.email}

    def act(self, form: Any) -> HttpResponse:
        member = services.change_member(
            account_id=self.account_id,
            member_id=self.kwargs["member_id"],
            user_id=self.here.user.pk,
            **form.cleaned_data,
        )
        return self.go("members", say=_("%s has another role now.") % member.user.email)


class NewLinkPage(AskPage):
    """For whoever cannot sign in. Nobody but the member sees the link."""

    title = gettext_lazy("Send a link for a new password")
    sees = May.MANAGE_MEMBERS
    button = gettext_lazy("Send")
    back = "members"

    def question(self) -> str:
        member = found(self.account_id, self.kwargs["member_id"])
        return _("%s gets a mail with a link by which they choose a new password.") % member.user.email

    def act(self, form: Any) -> HttpResponse:
        member = services.send_new_link(
            account_id=self.account_id, member_id=self.kwargs["member_id"], user_id=self.here.user.pk
        )
        return self.go("members", say=_("A link is on its way to %s.") % member.user.email)


class RemovePage(AskPage):
    title = gettext_lazy("Remove the member")
    sees = May.MANAGE_MEMBERS
    button = gettext_lazy("Remove")
    danger = True
    back = "members"

    def question(self) -> str:
        member = found(self.account_id, self.kwargs["member_id"])
        return _("%s can no longer enter this account.") % member.user.email

    def act(self, form: Any) -> HttpResponse:
        services.remove_member(
            account_id=self.account_id, member_id=self.kwargs["member_id"], user_id=self.here.user.pk
        )
        return self.go("members", say=_("The member is removed."))


def found(account_id: int, member_id: int) -> Member:
    """The member, if it is the account's."""
    member = selectors.members(account_id=account_id).filter(pk=member_id).first()
    if member is None:
        raise NotThere
    return member


paths: Paths = [
    ("members/", MembersPage, "members"),
    ("members/add/", InvitePage, "member_add"),
    ("members/<id:member_id>/", MemberPage, "member"),
    ("members/<id:member_id>/link/", NewLinkPage, "member_link"),
    ("members/<id:member_id>/remove/", RemovePage, "member_remove"),
]
