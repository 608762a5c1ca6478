"""One module a page. Each has `paths`: its addresses below /admin/."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from apps.backoffice import converters as converters
from apps.backoffice.pages import (
    account_settings,
    accounts,
    agents,
    audit,
    channels,
    chat_analytics,
    chat_goals,
    conversions,
    counter_tag,
    counters,
    explanation,
    exports,
    goal_actions,
    goal_form,
    goal_history,
    goal_try,
    goals,
    groups,
    health,
    member_invitations,
    members,
    outbox,
    overview,
    password,
    person_actions,
    persons,
    runs,
    tokens,
    visits,
)

MODULES = (
    overview,
    goals,
    goal_form,
    goal_try,
    goal_actions,
    goal_history,
    chat_goals,
    chat_analytics,
    conversions,
    explanation,
    visits,
    exports,
    persons,
    person_actions,
    agents,
    groups,
    channels,
    counters,
    counter_tag,
    members,
    member_invitations,
    tokens,
    account_settings,
    audit,
    runs,
    health,
    outbox,
    accounts,
    password,
)


def paths(admin_view: Callable[..., Any]) -> list[URLPattern]:
    """Every page's address, each behind the sign-in."""
    return [
        path(route, admin_view(page.as_view()), name=name)
        for module in MODULES
        for route, page, name in module.paths
    ]
