"""Signing in as somebody of the cast."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.cast import Cast

SignIn = Callable[[str], Client]


@pytest.fixture(scope="session", autouse=True)
def static_root() -> None:
    """Where `collectstatic` would put its files; whitenoise warns of a missing folder."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def sign_in(cast: Cast) -> SignIn:
    """`sign_in("agent")`: a browser of that member, the stranger or the operator."""

    def as_(who: str) -> Client:
        client = Client()
        client.force_login(cast.operator if who == "operator" else cast.member(who).user)
        if who == "operator":
            client.post("/workspace/account/", {"account": cast.account.pk})
        return client

    return as_
