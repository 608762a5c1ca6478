"""Addresses below /api/. Each is one line: tests/api/matrix.py has a row for it."""

from typing import Any

from django.urls import path

from apps.api.resources import (
    accounts,
    audit,
    chat_goals,
    conversations,
    conversions,
    counters,
    exports,
    facts,
    goals,
    members,
    people,
    persons,
    runs,
    tokens,
    visits,
)
from apps.api.schema import DocsView, SchemaView

LIST: dict[str, str] = {"get": "list"}
LIST_MAKE: dict[str, str] = {"get": "list", "post": "create"}
READ_CHANGE_END: dict[str, str] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
READ_END: dict[str, str] = {"get": "retrieve", "delete": "destroy"}


def _at(route: str, view: Any, actions: dict[str, str], name: str) -> Any:
    return path(f"v1/{route}", view.as_view(actions), name=name)


app_name = "api"
urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    _at("accounts/", accounts.Accounts, LIST, "accounts"),
    _at(
        "accounts/<int:number>/", accounts.Accounts, {"get": "retrieve", "patch": "partial_update"}, "account"
    ),
    _at("members/", members.Members, LIST_MAKE, "members"),
    _at("members/<int:number>/", members.Members, READ_CHANGE_END, "member"),
    _at("invitations/", members.Invitations, LIST, "invitations"),
    _at("invitations/<int:number>/", members.Invitations, READ_END, "invitation"),
    _at("invitations/<int:number>/send/", members.Invitations, {"post": "send_again"}, "invitation-send"),
    _at("agents/", people.Agents, LIST_MAKE, "agents"),
    _at("agents/<path:external_id>/", people.Agents, READ_END, "agent"),
    _at("groups/", people.Groups, LIST_MAKE, "groups"),
    _at("groups/<path:external_id>/", people.Groups, READ_END, "group"),
    _at("channels/", people.Channels, LIST_MAKE, "channels"),
    _at("channels/<path:external_id>/", people.Channels, {"get": "retrieve"}, "channel"),
    _at("people/", persons.People, LIST, "people"),
    _at("people/<int:number>/", persons.OnePerson, READ_END, "person"),
    _at("people/<int:number>/identities/", persons.People, {"post": "link"}, "person-identities"),
    _at(
        "people/<int:number>/identities/<int:identity>/",
        persons.People,
        {"delete": "unlink"},
        "person-identity",
    ),
    _at(
        "people/<int:number>/identities/<int:identity>/restore/",
        persons.People,
        {"post": "relink"},
        "person-identity-restore",
    ),
    _at("people/<int:number>/merge/", persons.People, {"post": "merge"}, "person-merge"),
    _at("people/<int:number>/merges/<int:merge>/", persons.People, {"delete": "unmerge"}, "person-unmerge"),
    _at("people/<int:number>/export/", persons.People, {"post": "export"}, "person-export"),
    _at("erasures/", persons.Erasures, LIST, "erasures"),
    _at("erasures/<int:number>/", persons.Erasures, {"get": "retrieve"}, "erasure"),
    _at("counters/", counters.Counters, LIST_MAKE, "counters"),
    _at("counters/<int:number>/", counters.Counters, READ_CHANGE_END, "counter"),
    _at("counters/<int:number>/opened/", counters.CounterOpened, {"get": "retrieve"}, "opened"),
    _at("counters/<int:number>/hits/", facts.CounterHits, {"post": "create"}, "hits"),
    _at("conversations/", conversations.Conversations, LIST, "conversations"),
    _at("conversations/<int:number>/", conversations.Conversations, {"get": "retrieve"}, "conversation"),
    _at("conversations/<int:number>/timeline/", conversations.Conversations, {"get": "timeline"}, "timeline"),
    _at("conversation-events/", facts.ConversationEvents, {"post": "create"}, "events"),
    _at("messaging-goals/", goals.Goals, LIST_MAKE, "goals"),
    _at("messaging-goals/test-url/", goals.Goals, {"post": "test"}, "test-url"),
    _at("messaging-goals/<int:number>/", goals.Goals, {"put": "update", **READ_CHANGE_END}, "goal"),
    _at("messaging-goals/<int:number>/activate/", goals.Goals, {"post": "activate"}, "activate"),
    _at("messaging-goals/<int:number>/deactivate/", goals.Goals, {"post": "deactivate"}, "deactivate"),
    _at("messaging-goals/<int:number>/duplicate/", goals.Goals, {"post": "duplicate"}, "duplicate"),
    _at("messaging-goals/<int:number>/versions/", goals.Versions, LIST, "versions"),
    _at("chat-goals/", chat_goals.ChatGoals, LIST_MAKE, "chat-goals"),
    _at("chat-goals/<int:number>/", chat_goals.ChatGoals, READ_CHANGE_END, "chat-goal"),
    _at("chat-goals/<int:number>/versions/", chat_goals.ChatVersions, LIST, "chat-versions"),
    _at("reports/chat-goals/", chat_goals.ChatRates, {"get": "retrieve"}, "chat-rates"),
    _at("reports/chat-goals/inquiries/", chat_goals.EndedInquiries, LIST, "inquiries"),
    _at("conversions/", conversions.Conversions, LIST, "conversions"),
    _at("conversions/<str:key>/explanation/", conversions.Conversions, {"get": "explanation"}, "explanation"),
    _at("visits/", visits.Visits, LIST, "visits"),
    _at("exports/", exports.Exports, LIST_MAKE, "exports"),
    _at("exports/<int:number>/", exports.Exports, {"get": "retrieve"}, "export"),
    _at("exports/<int:number>/cancel/", exports.Exports, {"post": "cancel"}, "cancel"),
    _at("runs/", runs.Runs, LIST_MAKE, "runs"),
    _at("runs/<int:number>/", runs.Runs, {"get": "retrieve"}, "run"),
    _at("health/", runs.Health, {"get": "retrieve"}, "health"),
    _at("tokens/", tokens.Tokens, LIST_MAKE, "tokens"),
    _at("tokens/<str:key>/", tokens.Tokens, READ_END, "token"),
    _at("audit/", audit.Audit, LIST, "audit"),
]
