"""A person's access to all that is kept of them: a zip that machines and people can read."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.template.loader import render_to_string

from apps.accounts.services import audit
from apps.conversations.models import Conversation, Event
from apps.conversions.models import Correction
from apps.conversions.selectors import conversions, of_person
from apps.core import clock
from apps.core.errors import NotThere
from apps.core.retry import transactional
from apps.intake.named import KIND_NAMES
from apps.people.holding import Held, held_by
from apps.people.pairs import pairs_of
from apps.reports.visitors import visitor_card
from apps.visits.of_person import Stretch, person_hits

IN_MEMORY = 8 << 20
PAGE_ROWS = 1_000  # hits and events that the page shows; the other files have all


@transactional
def access_zip(*, account_id: int, person_id: int, user_id: int | None) -> IO[bytes]:
    """All that is kept of a person; the file is at its beginning. The audit log notes who asked."""
    held = held_by(account_id=account_id, person_id=person_id)
    if not held:
        raise NotThere
    known = _known(account_id, person_id, held)
    hits = list(_hits(account_id, held))
    events = list(_events(account_id, person_id))
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the caller sends and closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", json.dumps(known, ensure_ascii=False, indent=1, default=str))
        archive.writestr("hits.jsonl", _lines(hits))
        archive.writestr("conversation-events.jsonl", _lines(events))
        page = {**known, "hits": hits[:PAGE_ROWS], "events": events[:PAGE_ROWS]}
        archive.writestr("index.html", render_to_string("erasure/access.html", page))
    audit(account_id=account_id, user=user_id, action="person.access_given", target=f"person {person_id}")
    file.seek(0)
    return file


def _known(account_id: int, person_id: int, held: list[Held]) -> dict[str, Any]:
    identities = {one.identity.pk: one.identity for one in held}
    names = {pk: f"{KIND_NAMES[one.kind]} {one.value}" for pk, one in identities.items()}
    pairs = pairs_of(account_id=account_id, identities=list(identities.values()))
    every = conversions(account_id=account_id)
    results = of_person(rows=every, account_id=account_id, person_id=person_id).order_by("time")
    mine = {(one.goal_id, one.time, one.counter_id, one.hit_id) for one in results}
    changed = Correction.objects.filter(account_id=account_id, hit_id__in={key[3] for key in mine})
    return {
        "made_at": clock.now(),
        "person": person_id,
        "identities": [
            {
                "kind": KIND_NAMES[one.identity.kind],
                "value": one.identity.value,
                "written": one.identity.written,
                "from": one.since,
                "to": one.until,
            }
            for one in held
        ],
        "links": [
            {
                **pair._asdict(),
                "one": names.get(pair.one, "another"),
                "other": names.get(pair.other, "another"),
            }
            for pair in pairs
        ],
        "card": asdict(visitor_card(account_id, person_id)),
        "conversions": list(results.values()),
        "corrections": [
            row
            for row in changed.values()
            if (row["goal_id"], row["time"], row["counter_id"], row["hit_id"]) in mine
        ],
    }


def _hits(account_id: int, held: list[Held]) -> Iterator[dict[str, Any]]:
    stretches = [Stretch(one.identity.pk, one.since, one.until) for one in held]
    for hits in person_hits(account_id=account_id, stretches=stretches):
        yield from (hit._asdict() for hit in hits)


def _events(account_id: int, person_id: int) -> Iterator[dict[str, Any]]:
    rows = Conversation.objects.filter(account_id=account_id, person_id=person_id).order_by("begun_at", "pk")
    for number, channel, ticket in rows.values_list("pk", "channel__external_id", "ticket"):
        events = Event.objects.filter(account_id=account_id, conversation_id=number).order_by(
            "time", "seq", "id"
        )
        for event in events.iterator():
            yield {
                "channel": channel,
                "conversation": ticket,
                "time": event.time,
                "id": event.id,
                "what": str(Event.Kind(event.kind).label),
                "detail": event.detail,
            }


def _lines(rows: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)
