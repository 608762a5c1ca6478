"""Invitations that wait: sent again, withdrawn, their link copied by an owner where no mail can be sent."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import selectors, services
from apps.accounts.models import Invitation
from apps.accounts.roles import May, Role
from apps.backoffice.pages.base import AskPage, Paths
from apps.backoffice.tables import RowAction
from apps.core.errors import NotThere
from apps.mail.selectors import sends_mail


def invited_row(invitation: Invitation, role: str) -> dict[str, Any]:
    """What the list of members shows of an invitation, with the menu for somebody of this role."""
    arguments = [invitation.pk]
    actions = [
        RowAction(_("Send again"), reverse("admin:invitation_send", args=arguments)),
        RowAction(_("Withdraw"), reverse("admin:invitation_withdraw", args=arguments), danger=True),
    ]
    if role == Role.OWNER and not sends_mail() and not invitation.copied_at and not invitation.has_ended:
        actions.insert(1, RowAction(_("Copy the link"), reverse("admin:invitation_copy", args=arguments)))
    return {"invitation": invitation, "actions": actions}


class InvitationAsk(AskPage):
    """A question about one invitation of the account."""

    sees = May.MANAGE_MEMBERS
    back = "members"

    def invitation(self) -> Invitation:
        waiting = selectors.invitations(account_id=self.account_id)
        found = waiting.filter(pk=self.kwargs["invitation_id"]).first()
        if found is None:
            raise NotThere
        return found

    def who(self) -> dict[str, int]:
        """Which invitation, and who asks."""
        return {
            "account_id": self.account_id,
            "user_id": self.here.user.pk,
            "invitation_id": self.kwargs["invitation_id"],
        }


class SendAgainPage(InvitationAsk):
    title = gettext_lazy("Send the invitation again")
    button = gettext_lazy("Send")

    def question(self) -> str:
        return (
            _("%s gets a new link, for seven days. The one sent before works no more.")
            % self.invitation().email
        )

    def act(self, form: Any) -> HttpResponse:
        invitation = services.send_again(**self.who())
        return self.go("members", say=_("%s is invited again.") % invitation.email)


class WithdrawPage(InvitationAsk):
    title = gettext_lazy("Withdraw the invitation")
    button = gettext_lazy("Withdraw")
    danger = True

    def question(self) -> str:
        return _("The link that %s has works no more.") % self.invitation().email

    def act(self, form: Any) -> HttpResponse:
        invitation = services.withdraw(**self.who())
        return self.go("members", say=_("%s is not invited any more.") % invitation.email)


class CopyPage(InvitationAsk):
    """The link is in the answer to the POST, and nowhere else."""

    title = gettext_lazy("Copy the invitation's link")
    button = gettext_lazy("Show the link")

    def question(self) -> str:
        return _(
            "No mail leaves this machine. The link is shown once, for you to hand to %s and nobody else: "
            "whoever opens it first joins the account."
        ) % (self.invitation().email)

    def act(self, form: Any) -> HttpResponseBase:
        invitation = self.invitation()
        link = services.copy_link(**self.who(), base_url=settings.BASE_URL)
        return self.show(
            "backoffice/invitation_link.html", title=invitation.email, invitation=invitation, link=link
        )


paths: Paths = [
    ("members/invitations/<id:invitation_id>/send/", SendAgainPage, "invitation_send"),
    ("members/invitations/<id:invitation_id>/withdraw/", WithdrawPage, "invitation_withdraw"),
    ("members/invitations/<id:invitation_id>/copy/", CopyPage, "invitation_copy"),
]
