"""What every page does: role, account, time zone, and a service's refusal shown where it belongs."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from apps.accounts import selectors
from apps.accounts.addresses import account_number, account_url, moved_into
from apps.accounts.entering import entered, last_entered
from apps.accounts.models import User
from apps.accounts.roles import May, Role
from apps.accounts.selectors import Context
from apps.backoffice.forms import Form
from apps.backoffice.here import default_account, enter, look, offered
from apps.backoffice.site import site
from apps.core import periods
from apps.core.errors import NotThere, Refused

Paths = list[tuple[str, type["Shell"], str]]


class Shell(View):
    """Whatever is shown in the admin's frame."""

    template_name: ClassVar[str]
    title: ClassVar[Any] = ""
    polled: ClassVar[bool] = False  # asked for by scripts of open pages
    here: Context | None = None

    @classmethod
    def opens_for(cls, user: User | None, number: int | None, last: int) -> bool:
        """Whether this user can be sent here after signing in (accounts.next_page)."""
        if user is None or (number is not None and enter(user, number) is None):
            return False
        return user.is_superuser or default_account(user, last) is not None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        number = account_number(request)
        if number is None:
            return self.without_account(request, *args, **kwargs)
        self.here = look(request)
        if self.here is None:
            return self._shut(number)
        entered(request, self.here, polled=self.polled)
        return self.answer(request, *args, **kwargs)

    def without_account(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Where the address names no account."""
        return self.answer(request, *args, **kwargs)

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page itself."""
        return super().dispatch(request, *args, **kwargs)

    def _shut(self, number: int) -> HttpResponseBase:
        """Of an account whose admin is not theirs: its agents have the workspace, for others it is not there."""
        user = self.request.user
        if isinstance(user, User) and selectors.role_in(user=user, account_id=number):
            return HttpResponseRedirect(account_url("workspace", number, "conversations"))
        raise Http404

    def show(self, template: str | None = None, *, status: int = 200, **context: Any) -> TemplateResponse:
        """The page, in the admin's shell."""
        user = self.request.user
        assert isinstance(user, User)
        shell = site.each_context(self.request)
        role = Role(self.here.role).label if self.here else ""
        page = {
            "lost_zone": _lost_zone(self.here),
            "title": self.title,
            "here": self.here,
            "accounts": offered(user),
            "role_name": role,
        }
        self.request.current_app = site.name
        return TemplateResponse(
            self.request, template or self.template_name, {**shell, **page, **context}, status=status
        )

    def go(self, name: str, *args: Any, say: str = "", level: int = messages.SUCCESS) -> HttpResponse:
        """To another page, with a word."""
        if say:
            messages.add_message(self.request, level, say)
        return HttpResponseRedirect(reverse(f"admin:{name}", args=args))


def _lost_zone(here: Context | None) -> str:
    """The account's time zone, if the portal's zone data does not know it (any more)."""
    return "" if here is None or periods.is_known(here.account.timezone) else here.account.timezone


class OperatorPage(Shell):
    """A page that belongs to no account, for operators; for others it is not there."""

    @classmethod
    def opens_for(cls, user: User | None, number: int | None, last: int) -> bool:
        return user is not None and user.is_superuser and super().opens_for(user, number, last)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (isinstance(request.user, User) and request.user.is_superuser):
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class Page(Shell):
    """A page of an account. Who may not see it gets 404, who sees but may not do gets 403 with the reason.

    Without an account in its address it only leads to the page of one.
    """

    sees: ClassVar[May] = May.SEE_RESULTS
    does: ClassVar[May | None] = None
    here: Context

    @classmethod
    def opens_for(cls, user: User | None, number: int | None, last: int) -> bool:
        if user is None:
            return False
        number = number or default_account(user, last)
        here = enter(user, number) if number else None
        return here is not None and here.may(cls.sees) and (cls.does is None or here.may(cls.does))

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.check()
        with timezone.override(self.here.zone):
            try:
                response = super().answer(request, *args, **kwargs)
            except NotThere:
                raise Http404
            if isinstance(response, TemplateResponse):
                response.render()
        return response

    def without_account(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """An old bookmark leads to the account opened last; a form without an account does nothing."""
        if request.method not in {"GET", "HEAD"}:
            raise Http404
        assert isinstance(request.user, User)
        number = default_account(request.user, last_entered(request))
        if number is None:
            return self.go("new_account")  # an operator of a portal without accounts
        return HttpResponseRedirect(moved_into(request, "admin", number))

    def check(self) -> None:
        """Whether the role suffices."""
        if not self.here.may(self.sees):
            raise Http404
        if self.does:
            self.need(self.does)

    def need(self, may: May) -> None:
        """403 for whoever may see this page, but not do this."""
        if not self.here.may(may):
            raise PermissionDenied(_("Your role in this account lets you see this, but not change it."))

    @property
    def account_id(self) -> int:
        """The account that everything on the page belongs to."""
        return self.here.account.pk


class FormPage(Page):
    """A form whose POST calls one service and goes on."""

    template_name = "backoffice/form.html"
    form_class: ClassVar[type[Form]] = Form
    button: ClassVar[Any] = ""
    back: ClassVar[str]

    def initial(self) -> Mapping[str, Any]:
        """What the fields show at first. Raises NotThere for what is not of this account."""
        return {}

    def form(self, data: Any = None) -> Form:
        """The form, its choices those of this account."""
        return self.form_class(data, initial=dict(self.initial()), here=self.here)

    def act(self, form: Any) -> HttpResponseBase:
        """Call the service and answer; may raise Refused."""
        raise NotImplementedError

    def extra(self) -> Mapping[str, Any]:
        """What the template needs beside the form."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.ask(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.form(request.POST)
        if form.is_valid():
            try:
                return self.act(form)
            except Refused as refused:
                form.refuse(refused)
        return self.ask(form, status=422)

    def ask(self, form: Form, *, status: int = 200) -> HttpResponseBase:
        """The form, with its errors if it has any."""
        return self.show(
            self.template(),
            status=status,
            form=form,
            button=self.button or _("Save"),
            back=reverse(f"admin:{self.back}"),
            **self.extra(),
        )

    def template(self) -> str:
        """The whole page, or only the form for a dialog."""
        return self.template_name


class AskPage(FormPage):
    """A question before an action: a page by itself, a dialog where scripts run. GET asks, POST acts."""

    template_name = "backoffice/ask.html"
    danger: ClassVar[bool] = False

    def question(self) -> str:
        """What is about to happen, in a sentence."""
        return ""

    def extra(self) -> Mapping[str, Any]:
        return {"question": self.question(), "danger": self.danger, "title": self.title}

    def template(self) -> str:
        wants_dialog = self.request.headers.get("X-Dialog") == "1"
        return "backoffice/dialog.html" if wants_dialog else self.template_name
