"""A URL tried against a goal's conditions as they are typed."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.roles import May
from apps.backoffice.pages.base import Page, Paths
from apps.backoffice.pages.goal_form import conditions_in
from apps.goals import selectors


class TryUrlPage(Page):
    """Which of the conditions as typed a URL meets. Writes nothing."""

    does = May.CONFIGURE
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        url = request.POST.get("try_url", "").strip()
        if not url:
            return JsonResponse({"words": _("Type a URL to try.")})
        found = selectors.test_url(conditions=list(conditions_in(request.POST)), url=url)
        if not found.matched:
            words = _("No condition is met. Compared as: %s") % found.normalised
        else:
            places = ", ".join(str(place + 1) for place in found.matched)
            met = ngettext("Condition %s is met.", "Conditions %s are met.", len(found.matched)) % places
            words = met + " " + _("Compared as: %s") % found.normalised
        return JsonResponse({"words": words, "matched": list(found.matched)})


paths: Paths = [("goals/try-url/", TryUrlPage, "goal_try_url")]
