"""Who may do what with each address: the table of `accounts.md` once more, by hand, address by address.

`API` has a row for every address below /api/ that the resolver knows; a missing one fails the test.
Whoever adds an address adds its row here, from the specification, not from the code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.api import bodies
from tests.api.world import Things
from tests.cast import Cast

OWNER = frozenset({"owner", "operator"})
ADMINS = OWNER | {"admin"}
RESULTS = ADMINS | {"analyst"}
CHATS = RESULTS | {"agent"}  # in the matrix's world the conversation is one of the agent's group
NOBODY: frozenset[str] = frozenset()
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")

Ids = Callable[[Cast, Things], dict[str, Any]]


def NO_IDS(cast: Cast, things: Things) -> dict[str, Any]:  # noqa: N802 - a constant
    """For addresses that name nothing."""
    return {}


@dataclass(frozen=True)
class Row:
    """One address. `sees`: for whom it is there; `does`: who may use the methods that write."""

    sees: frozenset[str]
    does: frozenset[str]
    methods: str
    ids: Ids = NO_IDS
    body: Callable[[Cast, Things], Any] = lambda cast, things: {}
    ingest: bool = False  # taken with the scope ingest, never with read
    open: bool = False  # to everybody, signed in or not
    own: bool = False  # only of the member who made it (in this world: the owner)
    only_asks: bool = False  # a POST that writes nothing: for whoever sees, with the scope read too


def _number(thing: str) -> Ids:
    return lambda cast, things: {"number": getattr(things, thing).pk}


def _cast(parameter: str, mine: str, theirs: str, attribute: str) -> Ids:
    """An id of the cast: the first for the own account, the second for the stranger's."""

    def ids(cast: Cast, things: Things) -> dict[str, Any]:
        own = things.goal.account_id == cast.account.pk
        return {parameter: getattr(getattr(cast, mine if own else theirs), attribute)}

    return ids


def _token(cast: Cast, things: Things) -> dict[str, Any]:
    own = things.goal.account_id == cast.account.pk
    return {"key": cast.tokens["ingest" if own else "stranger"].token_key}


def _identity(cast: Cast, things: Things) -> dict[str, Any]:
    return {"number": things.person.pk, "identity": things.identity.pk}


def _good(name: str) -> Callable[[Cast, Things], Any]:
    return lambda cast, things: bodies.good(cast)[name]


def _chat_goal(cast: Cast, things: Things) -> Any:
    return {**bodies.good(cast)["chat-goals"], "channel": things.channel.external_id}


_ACCOUNT = _cast("number", "account", "other", "pk")
_MEMBER = _cast("number", "analyst", "stranger", "pk")
_AGENT = _cast("external_id", "ben", "other_agent", "external_id")
_GROUP = _cast("external_id", "support", "other_group", "external_id")
_COUNTER = _cast("number", "counter", "other_counter", "pk")

_V1 = "api/v1/"
_PERSON = f"{_V1}people/<int:number>/"
_GOAL = f"{_V1}messaging-goals/<int:number>/"
API: dict[str, Row] = {
    "api/schema/": Row(RESULTS, NOBODY, "GET", open=True),
    "api/docs/": Row(RESULTS, NOBODY, "GET", open=True),
    f"{_V1}accounts/": Row(RESULTS, OWNER, "GET"),
    f"{_V1}accounts/<int:number>/": Row(RESULTS, OWNER, "GET PATCH", _ACCOUNT),
    f"{_V1}members/": Row(ADMINS, ADMINS, "GET POST", body=_good("members")),
    f"{_V1}members/<int:number>/": Row(
        ADMINS, ADMINS, "GET PATCH DELETE", _MEMBER, lambda cast, things: {"role": "admin"}
    ),
    f"{_V1}invitations/": Row(ADMINS, ADMINS, "GET"),
    f"{_V1}invitations/<int:number>/": Row(ADMINS, ADMINS, "GET DELETE", _number("invitation")),
    f"{_V1}invitations/<int:number>/send/": Row(ADMINS, ADMINS, "POST", _number("invitation")),
    f"{_V1}agents/": Row(ADMINS, ADMINS, "GET POST", body=_good("agents")),
    f"{_V1}agents/<path:external_id>/": Row(ADMINS, ADMINS, "GET DELETE", _AGENT),
    f"{_V1}groups/": Row(ADMINS, ADMINS, "GET POST", body=_good("groups")),
    f"{_V1}groups/<path:external_id>/": Row(ADMINS, ADMINS, "GET DELETE", _GROUP),
    f"{_V1}channels/": Row(ADMINS, ADMINS, "GET POST", body=_good("channels")),
    f"{_V1}channels/<path:external_id>/": Row(
        ADMINS, ADMINS, "GET", lambda cast, things: {"external_id": things.channel.external_id}
    ),
    f"{_V1}people/": Row(ADMINS, ADMINS, "GET"),
    _PERSON: Row(ADMINS, OWNER, "GET DELETE", _number("person")),
    f"{_PERSON}identities/": Row(
        ADMINS, ADMINS, "POST", _number("person"), lambda cast, things: {"kind": "viber", "value": "v=="}
    ),
    f"{_PERSON}identities/<int:identity>/": Row(ADMINS, ADMINS, "DELETE", _identity),
    f"{_PERSON}identities/<int:identity>/restore/": Row(ADMINS, ADMINS, "POST", _identity),
    f"{_PERSON}merge/": Row(
        ADMINS, ADMINS, "POST", _number("person"), lambda cast, things: {"person": things.friend.pk}
    ),
    f"{_PERSON}merges/<int:merge>/": Row(
        ADMINS,
        ADMINS,
        "DELETE",
        lambda cast, things: {"number": things.person.pk, "merge": things.merge.pk},
    ),
    f"{_PERSON}export/": Row(ADMINS, ADMINS, "POST", _number("person")),
    f"{_V1}erasures/": Row(OWNER, OWNER, "GET"),
    f"{_V1}erasures/<int:number>/": Row(OWNER, OWNER, "GET", _number("erasure")),
    f"{_V1}counters/": Row(ADMINS, ADMINS, "GET POST", body=_good("counters")),
    f"{_V1}counters/<int:number>/": Row(ADMINS, ADMINS, "GET PATCH DELETE", _COUNTER),
    f"{_V1}counters/<int:number>/opened/": Row(RESULTS, RESULTS, "GET", _COUNTER),
    f"{_V1}counters/<int:number>/hits/": Row(ADMINS, ADMINS, "POST", _COUNTER, _good("hits"), ingest=True),
    f"{_V1}conversations/": Row(CHATS, CHATS, "GET"),
    f"{_V1}conversations/<int:number>/": Row(CHATS, CHATS, "GET", _number("conversation")),
    f"{_V1}conversations/<int:number>/timeline/": Row(CHATS, CHATS, "GET", _number("conversation")),
    f"{_V1}conversation-events/": Row(ADMINS, ADMINS, "POST", body=_good("events"), ingest=True),
    f"{_V1}messaging-goals/": Row(RESULTS, ADMINS, "GET POST", body=_good("goals")),
    f"{_V1}messaging-goals/test-url/": Row(RESULTS, ADMINS, "POST", body=_good("test-url"), only_asks=True),
    _GOAL: Row(
        RESULTS, ADMINS, "GET PUT PATCH DELETE", _number("goal"), lambda cast, things: {"window_days": 8}
    ),
    f"{_GOAL}activate/": Row(RESULTS, ADMINS, "POST", _number("goal")),
    f"{_GOAL}deactivate/": Row(RESULTS, ADMINS, "POST", _number("goal")),
    f"{_GOAL}duplicate/": Row(RESULTS, ADMINS, "POST", _number("goal")),
    f"{_GOAL}versions/": Row(RESULTS, RESULTS, "GET", _number("goal")),
    f"{_V1}chat-goals/": Row(RESULTS, ADMINS, "GET POST", body=_chat_goal),
    f"{_V1}chat-goals/<int:number>/": Row(
        RESULTS, ADMINS, "GET PATCH DELETE", _number("chat_goal"), lambda cast, things: {"frame_days": 7}
    ),
    f"{_V1}chat-goals/<int:number>/versions/": Row(RESULTS, RESULTS, "GET", _number("chat_goal")),
    f"{_V1}reports/chat-goals/": Row(RESULTS, RESULTS, "GET"),
    f"{_V1}reports/chat-goals/inquiries/": Row(RESULTS, RESULTS, "GET"),
    f"{_V1}conversions/": Row(RESULTS, RESULTS, "GET"),
    f"{_V1}conversions/<str:key>/explanation/": Row(
        RESULTS, RESULTS, "GET", lambda cast, things: {"key": things.conversion}
    ),
    f"{_V1}visits/": Row(RESULTS, RESULTS, "GET"),
    f"{_V1}exports/": Row(
        RESULTS,
        RESULTS,
        "GET POST",
        body=lambda cast, things: {"goal": things.goal.pk, "from": "2026-01-01", "to": "2026-01-31"},
    ),
    f"{_V1}exports/<int:number>/": Row(RESULTS, RESULTS, "GET", _number("export"), own=True),
    f"{_V1}exports/<int:number>/cancel/": Row(RESULTS, RESULTS, "POST", _number("export"), own=True),
    f"{_V1}runs/": Row(RESULTS, ADMINS, "GET POST"),
    f"{_V1}runs/<int:number>/": Row(RESULTS, ADMINS, "GET", _number("run")),
    f"{_V1}health/": Row(RESULTS, RESULTS, "GET"),
    f"{_V1}tokens/": Row(ADMINS, ADMINS, "GET POST", body=_good("tokens")),
    f"{_V1}tokens/<str:key>/": Row(ADMINS, ADMINS, "GET DELETE", _token),
    f"{_V1}audit/": Row(ADMINS, ADMINS, "GET"),
}

ELSEWHERE = frozenset(
    {
        "healthz/live",
        "healthz/ready",
        "cookies/<int:number>/",
        "tag/<int:number>.js",
        "tag/<int:number>.<slug:version>.js",
    }
)
"""Addresses that belong to no account and are tested where they are made."""

BACKOFFICE = (
    "admin/", "email-change/", "exports/", "invitations/", "login-link/", "password-reset/", "user/", "workspace/",
)  # fmt: skip
"""Addresses below these have their rows in tests/backoffice/addresses.py and tests/workspace/addresses.py; so does
the front page."""


def expected(row: Row, method: str, who: str) -> set[int]:
    """The statuses that the table allows for this cell."""
    good = {200, 201, 202, 204, 400, 409}
    if method == "OPTIONS":
        return {204}
    offered = method.replace("HEAD", "GET") in row.methods.split()
    if row.open:
        return {200} if offered else {405}
    if who in {"anonymous", "expired", "revoked"}:
        return {401}
    if who in {"read", "write", "ingest", "bound", "elsewhere"}:
        if (refused := _scope(row, method, who)) is not None:
            return refused
        who = "owner"
    if who not in row.sees and who != "stranger":
        return {404}
    if who == "stranger":  # the owner of another account: what the address names is not there
        return {405} if not offered else {404} if row.ids is not NO_IDS else good | {404}
    does = row.sees if row.only_asks and method == "POST" else row.does
    if method not in {"GET", "HEAD"} and who not in does:
        return {403}
    if not offered:
        return {405}
    return {404} if row.own and who != "owner" else {200} if method in {"GET", "HEAD"} else good


def _scope(row: Row, method: str, who: str) -> set[int] | None:
    """What a token's scope refuses, before its maker's role is asked; None where it covers."""
    writing = method not in {"GET", "HEAD"} and not (row.only_asks and method == "POST")
    if who == "write":
        return None
    if who == "read":
        return {403} if writing or row.ingest else None
    if not (row.ingest and writing):
        return {403}
    if method not in row.methods.split():
        return None
    if who in {"bound", "elsewhere"} and row.ids is NO_IDS:
        return {403}  # bound to a counter: hits only
    return {404} if who == "elsewhere" else None
