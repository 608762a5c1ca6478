"""All that a person leaves through every way in, and where it can be looked for."""

import json
import os
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from apps.collect.models import DeadLetter
from apps.core import clock
from apps.core.embedded import binaries
from apps.intake.named import Kind, Pair
from apps.intake.services import import_access_log, take_events, take_pairs
from apps.people.models import Identity
from tests.api.calls import Api
from tests.cast import Cast
from tests.collect.conftest import Door


class Leaver:
    """Somebody whose every mark begins with a word that stands nowhere else."""

    def __init__(self, word: str, number: int) -> None:
        self.word, self.number = word, number
        self.marks: list[str] = []
        self.user = self.mark("user")
        self.client = f"17000000{number}0123456789"
        self.marks.append(self.client)
        self.ticket = self.mark("ticket")

    def mark(self, what: str) -> str:
        text = f"{self.word}{what}"
        self.marks.append(text)
        return text

    @property
    def person(self) -> int:
        return Identity.objects.get(value=self.user).person_id

    def by_tag(self, shop: Door, at: datetime) -> None:
        """Page views and events that a browser sends."""
        view: dict[str, Any] = {
            "id": self.mark("hitid"),
            "time": at.isoformat(),
            "type": "pageview",
            "url": f"https://shop.example/thanks?q={self.mark('url')}",
            "referrer": f"https://search.example/?q={self.mark('referrer')}",
            "title": self.mark("title"),
            "client_id": self.client,
            "user_id": self.user,
            "purchase_id": self.mark("purchase"),
            "click_ids": {"gclid": self.mark("click")},
            "user_agent": f"Mozilla/5.0 {self.word}agent",  # kept nowhere but in the spool
            "params": {"basket": [self.mark("params")]},
        }
        card = {
            "id": f"jivo-{self.number}",
            "time": at.isoformat(),
            "type": "event",
            "name": "jivo_visitor",
            "client_id": self.client,
            "params": {"jivo": {"client_info": {"client_name": self.mark("jivo")}}},
        }
        named = {**card, "id": f"n-{self.number}", "name": self.mark("event"), "params": None}
        assert shop.send({"hits": [view, card, named]}).status == 202

    def by_chat(self, cast: Cast, at: datetime) -> None:
        """A conversation in a messenger, with all that may be said of the person."""
        base = {"conversation": self.ticket, "channel": "chat", "time": at.isoformat()}
        person = {
            "client_id": self.client,
            "telegram": self.mark("telegram"),
            "email": f"{self.mark('mail').lower()}@x.example",
            "phone": f"+49 30 99{self.number}4567",
        }
        self.marks[-1] = self.marks[-1].lower()
        self.marks.append(f"+493099{self.number}4567")
        events: list[dict[str, Any]] = [
            {"type": "assignment", "agent": "ana", "group": "sales", "person": person},
            {"type": "message", "author": {"kind": "person"}, "text": f"I am {self.mark('text')}"},
            {"type": "rating", "rating": {"score": "good", "comment": self.mark("comment")}},
            {"type": "tag", "tag": self.mark("tag")},
        ]
        events = [{**base, **event, "id": f"{self.word}e{n}"} for n, event in enumerate(events)]
        assert take_events(account_id=cast.account.pk, raw=events).accepted == len(events)

    def by_api(self, cast: Cast) -> None:
        """A request that may be repeated, and an event in it that was refused: its answer is kept."""
        event = {"id": f"{self.word}e9", "conversation": self.ticket, "channel": "chat", "type": "status"}
        body = {"events": [{**event, "time": clock.now().isoformat(), "status": self.mark("refused")}]}
        api = Api(cast, "write", **{"Idempotency-Key": f"key-{self.number}"})
        assert api.post("conversation-events/", body).status_code == 202
        self.marks.append(f"{self.word}e9")

    def by_log(self, cast: Cast, folder: Path, at: datetime) -> None:
        """A line of a web server's log; who it was is known by hand."""
        line = (
            f'192.0.2.{self.number} - - [{at:%d/%b/%Y:%H:%M:%S +0000}] "GET /a?{self.mark("log")} HTTP/1.1" 200 5'
            f' "-" "Firefox {self.number}"\n'
        )
        path = folder / f"access-{self.number}.log"
        path.write_text(line)
        known = set(Identity.objects.values_list("pk", flat=True))
        import_access_log(counter=cast.counter, path=path)
        path.unlink()  # the operator's own file
        one = Identity.objects.exclude(pk__in=known).get()
        pair = Pair((Kind.CLIENT_ID, one.value), (Kind.USER_ID, self.user), at)
        take_pairs(account_id=cast.account.pk, pairs=[pair])

    def in_letter_and_log(self, cast: Cast) -> None:
        """A hit that could never be stored, and a program's log that quotes a name."""
        record = json.dumps({"id": "x", "client_id": self.client, "title": self.mark("letter")})
        DeadLetter.objects.create(
            counter_id=cast.counter.pk, at=clock.now(), reason="DataError", record=record.encode()
        )
        (settings.VAR / "log").mkdir(exist_ok=True)
        with (settings.VAR / "log" / "worker.log").open("a") as log:
            log.write(f"ERROR cannot link {self.user} to somebody\n")

    def with_odd_writing(self, cast: Cast) -> None:
        """A name that JSON and addresses write otherwise, in a log in each of these ways."""
        odd = f'{self.word} é"/odd'
        pair = Pair((Kind.VIBER, odd), (Kind.USER_ID, self.user), clock.now())
        take_pairs(account_id=cast.account.pk, pairs=[pair])
        with (settings.VAR / "log" / "worker.log").open("a") as log:
            log.write(f"{odd} {json.dumps(odd)} {quote(odd)}\n")


def leave(who: Leaver, cast: Cast, shop: Door, folder: Path) -> None:
    """All of it."""
    now = clock.now()
    who.by_tag(shop, now)
    who.by_chat(cast, now - timedelta(minutes=1))
    who.by_log(cast, folder, now - timedelta(minutes=2))
    who.in_letter_and_log(cast)
    who.with_odd_writing(cast)


def dump() -> bytes:
    """A logical dump of the database, bytes as they are."""
    known = connection.get_connection_params()
    environment = {
        **os.environ,
        "PGPASSWORD": str(known.get("password") or ""),
        "PGOPTIONS": "-c bytea_output=escape",
    }
    command = [str(binaries.postgres_bin() / "pg_dump"), "-h", str(known["host"]), "-U", str(known["user"])]
    command += ["-p", str(known.get("port") or 5432), "-d", str(known["dbname"])]
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout


def files(folder: Path) -> bytes:
    """All files below a folder, what zips hold unpacked."""
    import zipfile

    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                found += [archive.read(name) for name in archive.namelist()]
        elif path.is_file():
            found.append(path.read_bytes())
    return b"\n".join(found)


def present(marks: list[str], folder: Path) -> list[str]:
    """Those of the marks that stand in the database or in a file."""
    everything = dump() + files(folder)
    return [mark for mark in marks if mark.encode() in everything]
