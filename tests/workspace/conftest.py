"""Signing in as somebody of the cast."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from tests.cast import Cast
from tests.portal import PortalClient

SignIn = Callable[[str], PortalClient]


@pytest.fixture(scope="session", autouse=True)
def static_root() -> None:
    """Where `collectstatic` would put its files; whitenoise warns of a missing folder."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def sign_in(cast: Cast) -> SignIn:
    """`sign_in("agent")`: a browser of that member, the stranger or the operator."""

    def as_(who: str) -> PortalClient:
        client = PortalClient(cast.other if who == "stranger" else cast.account)
        client.force_login(cast.operator if who == "operator" else cast.member(who).user)
        if who == "operator":
            client.get("/workspace/")  # enters the account, which is noted
        return client

    return as_
