"""Sending a POST again without doing it again: the header Idempotency-Key."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.callers import caller, here
from apps.api.models import Answer
from apps.api.problems import BadHeader, Conflict, InProgress
from apps.core import clock
from apps.core.locks import Lock, try_take

HEADER = "Idempotency-Key"
LASTS = timedelta(hours=25)
SECRET = "secret"  # noqa: S105 - a name, not a password
"""A member of answers that is shown once: it is not kept, and null when the answer is given again."""
KEY_PATTERN = "^[!-~]{1,255}$"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(KEY_PATTERN.strip("^$"))
_CLEANED_AT_ONCE = 100

Handler = Callable[..., Response]


def repeatable(handler: Handler) -> Handler:
    """For POST handlers. With a key: the same body gets the same answer for a day, another body 409.

    Refusals are not kept: nothing happened, and the next try may succeed.
    """

    @wraps(handler)
    def wrapped(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not _KEY.fullmatch(key):
            detail = _("An Idempotency-Key has 1 to 255 visible ASCII characters.")
            raise BadHeader(HEADER, "invalid_key", detail)
        with transaction.atomic():
            return _once(request, key) or _keep(request, key, handler(view, request, *args, **kwargs))

    wrapped.repeatable = True  # type: ignore[attr-defined]
    return wrapped


def _once(request: Request, key: str) -> Response | None:
    """The kept answer, if there is one; from here on nobody else answers this key."""
    actor = caller(request).actor
    digest = hashlib.sha256(f"{here(request).account.pk} {actor} {key}".encode()).digest()
    if not try_take(Lock.IDEMPOTENCY, int.from_bytes(digest[:8])):
        raise InProgress(_("Another request with this Idempotency-Key is being answered now."), "key_in_use")
    kept = Answer.objects.filter(account=here(request).account, actor=actor, key=key).first()
    if kept is None:
        return None
    if kept.expires_at <= clock.now():
        kept.delete()
        return None
    if kept.request_hash != _hash(request):
        raise Conflict(_("This Idempotency-Key was used with another request."), "key_reused")
    return Response(kept.body, kept.status, headers={REPLAYED: "true"})


def _keep(request: Request, key: str, response: Response) -> Response:
    now = clock.now()
    body = response.data
    if isinstance(body, dict) and SECRET in body:
        body = {**body, SECRET: None}
    Answer.objects.create(
        account=here(request).account,
        actor=caller(request).actor,
        key=key,
        request_hash=_hash(request),
        status=response.status_code,
        body=None if body is None else json.loads(JSONRenderer().render(body)),
        expires_at=now + LASTS,
    )
    ended = Answer.objects.filter(expires_at__lte=now).order_by("expires_at")[:_CLEANED_AT_ONCE]
    ended = ended.select_for_update(skip_locked=True)
    Answer.objects.filter(pk__in=list(ended.values_list("pk", flat=True))).delete()
    return response


def _hash(request: Request) -> str:
    said = json.dumps([request.method, request.path, request.data], sort_keys=True, default=str)
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()
