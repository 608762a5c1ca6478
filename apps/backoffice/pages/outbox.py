"""The mails kept as files, where no mail server is named. They are everybody's: for operators."""

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy

from apps.backoffice.pages.base import OperatorPage, Paths
from apps.mail import selectors


def kept() -> bool:
    """Whether mails are kept as files."""
    return settings.EMAIL_BACKEND == "apps.mail.outbox.OutboxBackend"


class OutboxPage(OperatorPage):
    title = gettext_lazy("Outbox")
    template_name = "backoffice/outbox.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not kept():
            raise Http404
        return self.show(mails=selectors.outbox(), folder=settings.OUTBOX.name)


paths: Paths = [("outbox/", OutboxPage, "outbox")]
