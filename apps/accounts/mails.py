"""The words of the mails about getting in. Names that others chose stand on one line."""

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.accounts.models import Invitation
from apps.accounts.roles import Role


class Text(NamedTuple):
    """A mail's subject and body."""

    subject: str
    body: str


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def invitation(invitation: Invitation, link: str) -> Text:
    """To the invited address: who asks it to join which account."""
    account = _one_line(invitation.account.name)
    words = _(
        "%(inviter)s invites you to join the account “%(account)s” of Goalline, with the role %(role)s.\n\n"
        "%(link)s\n\n"
        "The link works once, for this address only, until %(until)s.\n"
        "If you do not know what this is about, do nothing.\n"
    )
    return Text(
        _("Join “%(account)s” on Goalline") % {"account": account[:150]},
        words
        % {
            "inviter": invitation.invited_by.email if invitation.invited_by else _("The operator"),
            "account": account,
            "role": Role(invitation.role).label,
            "link": link,
            "until": _instant(invitation.expires_at),
        },
    )


def reset(link: str) -> Text:
    """To somebody who asked for it, or for whom somebody who manages members did."""
    words = _(
        "With this link you choose a new password for Goalline:\n\n"
        "%(link)s\n\n"
        "It works once, within an hour. All your sessions end then.\n"
        "If you did not ask for it, do nothing: your password stays as it is.\n"
    )
    return Text(_("Choose a new password for Goalline"), words % {"link": link})


def lock_out(at: datetime, link: str) -> Text:
    """To somebody whose name was tried too often."""
    words = _(
        "Somebody tried to sign in to Goalline with your address and a wrong password, too often: at %(at)s we stopped "
        "taking passwords for it, for up to an hour.\n\n"
        "If that was not you, nothing else is needed. If it was, choose a new password here:\n\n"
        "%(link)s\n"
    )
    return Text(_("Too many attempts to sign in as you"), words % {"at": _instant(at), "link": link})


def email_change(present: str, link: str, until: datetime) -> Text:
    """To the new address of a user."""
    words = _(
        "The user %(present)s of Goalline wants this address instead. If that is you, open this link where you are "
        "signed in:\n\n"
        "%(link)s\n\n"
        "It works until %(until)s. If that is not you, do nothing.\n"
    )
    said = {"present": present, "link": link, "until": _instant(until)}
    return Text(_("Your new address for Goalline"), words % said)


def email_changed(address: str) -> Text:
    """To the address that the user had before."""
    words = _(
        "Your address for Goalline is %(address)s from now on. If you did not do this, tell your operator.\n"
    )
    return Text(_("Your address for Goalline was changed"), words % {"address": address})
