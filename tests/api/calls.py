"""Calling the API as one of the cast: `Api(cast, "owner").get("agents/")`, `Api(cast, "write").post(...)`."""

import json
from typing import Any

from django.test import Client

from tests.api import contract
from tests.cast import Cast

ROLES = ("owner", "admin", "analyst", "agent", "stranger")
SESSIONS = ("anonymous", *ROLES, "operator")
TOKENS = ("read", "write", "ingest", "bound", "elsewhere", "expired", "revoked")
BASE = "/api/v1/"


class Api:
    """One caller: a name of SESSIONS signs in by session, a name of TOKENS (or "stranger token") by bearer."""

    def __init__(self, cast: Cast, who: str, **headers: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = headers
        if who == "operator":
            self.client.force_login(cast.operator)
            self.headers = {"X-Account": str(cast.account.pk), **headers}
        elif who in ROLES:
            self.client.force_login(cast.member(who).user)
        elif who != "anonymous":
            secret = cast.secret[who.removesuffix(" token")]
            self.headers = {"Authorization": f"Bearer {secret}", **headers}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        url = path if path.startswith("/") else BASE + path
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {**self.headers, **headers}
        answer = self.client.generic(method, url, data, content_type="application/json", headers=sent)
        contract.check(method, url, data, sent, answer)
        return answer

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any) -> Any:
        return self.call("PATCH", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self.call("PUT", path, body)

    def delete(self, path: str) -> Any:
        return self.call("DELETE", path)


def problem(answer: Any, status: int) -> dict[str, str]:
    """The answer is a problem with this status; `{field: code}` of its errors, or `{"": code}`."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    members = answer.json()
    assert {"type", "title", "status", "code", "detail", "instance"} <= members.keys()
    assert members["status"] == status
    assert answer["Cache-Control"] == "no-store"
    assert ("errors" in members) or status != 400, members
    if "errors" not in members:
        return {"": members["code"]}
    return {_place(one): one["code"] for one in members["errors"]}


def _place(entry: dict[str, str]) -> str:
    """What an entry of `errors` names: one thing, by its name, or the body as a whole ("")."""
    (kind,) = entry.keys() - {"code", "detail"}
    assert kind in {"pointer", "parameter", "header"}
    name = entry[kind]
    return name.removeprefix("#").removeprefix("/").replace("/", ".") if kind == "pointer" else name


def results(answer: Any) -> list[dict[str, Any]]:
    """All rows of a list's page."""
    assert answer.status_code == 200, answer.content
    assert answer.json().keys() == {"results", "next"}
    found: list[dict[str, Any]] = answer.json()["results"]
    return found
