"""Pages in the frame of the sign-in: of a person, not of an account, and for agents too."""

from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from apps.accounts.models import User
from apps.backoffice.site import site


@method_decorator(never_cache, "dispatch")
class PlainPage(View):
    """For whoever comes, signed in or not."""

    template_name: ClassVar[str]

    def show(self, *, title: Any, status: int = 200, **context: Any) -> TemplateResponse:
        """The page."""
        page = {**site.each_context(self.request), "title": title, **context}
        return TemplateResponse(self.request, self.template_name, page, status=status)


class UserPage(LoginRequiredMixin, PlainPage):
    """For whoever is signed in, in whatever role."""

    request: HttpRequest

    @classmethod
    def opens_for(cls, user: User | None, number: int | None, last: int) -> bool:  # noqa: ARG003 - of no account
        return user is not None

    @property
    def user(self) -> User:
        """Who is signed in."""
        assert isinstance(self.request.user, User)
        return self.request.user
