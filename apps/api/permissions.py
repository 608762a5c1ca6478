"""What a caller may do with an address: the table of roles and the scope of the token, for every view alike."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from apps.accounts.roles import May, scope_covers
from apps.api.callers import caller
from apps.api.refusals import BadHeader


@dataclass(frozen=True)
class Needs:
    """What reading takes, and what writing takes beyond it. Who may not read finds nothing there: 404.

    `writes` is False for a POST that only asks: it takes what reading takes, with a token of the scope `read` too.
    """

    see: May
    do: May
    writes: bool = True


class ByRoleAndScope(BasePermission):
    """Each view has `needs`, or `needs_by_action` for some of its actions."""

    def has_permission(self, request: Request, view: Any) -> bool:
        who = caller(request)
        if who.context is None:
            raise BadHeader(
                "X-Account",
                "account_required",
                _("Name the account to work in by its number in the header X-Account."),
            )
        needs: Needs = view.needs_now()
        writing = request.method not in SAFE_METHODS and needs.writes
        may = needs.do if writing else needs.see
        if who.token and not scope_covers(who.token.scope, writing=writing, may=may):
            raise PermissionDenied(
                _("The token's scope is %(scope)s, which does not cover this.") % {"scope": who.token.scope},
                "scope",
            )
        if not who.context.may(needs.see):
            raise NotFound
        if not who.context.may(may):
            raise PermissionDenied(
                _("A member with the role %(role)s may see this, not change it.")
                % {"role": who.context.role},
                "role",
            )
        return True
