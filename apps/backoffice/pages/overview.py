"""The first page: small and true."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy

from apps.backoffice.pages.base import Page, Paths


class OverviewPage(Page):
    title = gettext_lazy("Overview")
    template_name = "backoffice/overview.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.show()


paths: Paths = [("", OverviewPage, "index")]
