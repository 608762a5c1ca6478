"""A counter's tag: the snippet, a mail with it, whether it is installed, and the hits of the last minutes."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.roles import May
from apps.backoffice.forms import Form
from apps.backoffice.pages.base import AskPage, Page, Paths
from apps.core import clock
from apps.counters import selectors, services
from apps.counters.tag import script, snippet, version_of
from apps.visits import selectors as visits
from apps.visits.models import Hit

MINUTES = 5
SHOWN = 50


class TagPage(Page):
    """GET shows it; POST looks again whether hits arrive. Neither asks anything of the site itself."""

    template_name = "backoffice/counter_tag.html"
    sees = May.CONFIGURE

    def get(self, request: HttpRequest, counter_number: int) -> HttpResponseBase:
        return self._page(counter_number)

    def post(self, request: HttpRequest, counter_number: int) -> HttpResponseBase:
        return self._page(counter_number, checked=True)

    def _page(self, number: int, *, checked: bool = False) -> HttpResponseBase:
        counter = selectors.counter(account_id=self.account_id, number=number, archived=True)
        last = visits.last_hit(account_id=self.account_id, counter_id=number)
        sent_by = version_of(last.id) if last else None
        return self.show(
            title=_("Tag of %s") % counter.name,
            counter=counter,
            snippet=snippet(number=number, base_url=settings.BASE_URL),
            base_url=settings.BASE_URL,
            checked=checked,
            last=last,
            sent_by=sent_by,
            present=not counter.archived_at and sent_by == _present_version(number),
            recent=bool(last and last.time > clock.now() - timedelta(minutes=MINUTES)),
            live=_live(self.account_id, number),
        )


def _present_version(number: int) -> str:
    return script(selectors.tag_settings(number=number), settings.BASE_URL).version


def _live(account_id: int, number: int) -> dict[str, Any]:
    since = clock.now() - timedelta(minutes=MINUTES)
    hits = visits.latest_hits(account_id=account_id, counter_id=number, since=since, most=SHOWN)
    rows = [{"hit": hit, "view": hit.kind == Hit.Kind.PAGEVIEW, "detail": hit.detail or {}} for hit in hits]
    return {"rows": rows, "minutes": MINUTES, "most": SHOWN, "at": clock.now()}


class LivePage(Page):
    """The hits of the last minutes as a piece of the page, asked for again every few seconds."""

    template_name = "backoffice/counter_live.html"
    polled = True
    sees = May.CONFIGURE

    def get(self, request: HttpRequest, counter_number: int) -> HttpResponseBase:
        selectors.counter(account_id=self.account_id, number=counter_number, archived=True)
        live = _live(self.account_id, counter_number)
        response = TemplateResponse(request, self.template_name, {"live": live})
        add_never_cache_headers(response)
        return response


class MailForm(Form):
    email = forms.CharField(
        label=gettext_lazy("To"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=gettext_lazy(
            "The mail has the snippet and how to put it in; nothing else can be written into it."
        ),
    )


class MailPage(AskPage):
    title = gettext_lazy("Send the snippet to a developer")
    sees = May.CONFIGURE
    form_class = MailForm
    button = gettext_lazy("Send")
    back = "counters"

    def question(self) -> str:
        counter = selectors.counter(account_id=self.account_id, number=self.kwargs["counter_number"])
        return _("How to install the tag of %s goes by mail to whoever looks after the site.") % counter

    def act(self, form: Any) -> HttpResponse:
        number, to = self.kwargs["counter_number"], form.cleaned_data["email"]
        services.mail_snippet(account_id=self.account_id, user_id=self.here.user.pk, number=number, to=to)
        return self.go("counter_tag", number, say=_("The snippet is on its way to %s.") % to)


paths: Paths = [
    ("counters/<id:counter_number>/tag/", TagPage, "counter_tag"),
    ("counters/<id:counter_number>/tag/live/", LivePage, "counter_live"),
    ("counters/<id:counter_number>/tag/mail/", MailPage, "counter_tag_mail"),
]
