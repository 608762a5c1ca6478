"""Where every password is checked: the limits hold at each door alike."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from apps.accounts import services
from apps.accounts.models import User


class LimitedBackend(ModelBackend):
    """E-mail and password, no more often than the limits let; `TooManyAttempts` goes through to the page."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        name = username if username is not None else kwargs.get(User.USERNAME_FIELD)
        if name is None or password is None:
            return None
        attempt = services.begin_sign_in(name=name)
        user = super().authenticate(request, username=name, password=password)
        if isinstance(user, User):
            services.sign_in_succeeded(attempt=attempt)
            return user
        services.sign_in_failed(attempt=attempt)
        return None
