"""`GET /pixel/<counter>.gif`: a page view or an event without a script, for pages and for mails.

| parameter | |
| --- | --- |
| `url`, `title`, `ref` | the page; without `url` the one that the browser names as where it comes from |
| `event` | counts this event and not a page view |
| `id` | what was opened, such as a mail: counts the event `open` (or `event`) with `params.id`, each time anew |
| `client_id`, `user_id` | who it was |
| `value`, `currency` | what it was worth |
| `consent` | `granted` or `none` |

The answer is the same picture always, for whoever shows it can do nothing about it; a header says what was wrong.
"""

import logging
import secrets

from apps.collect import answers, requests
from apps.collect.answers import Answer
from apps.collect.counters import CannotSay
from apps.collect.gate import Entry, Refusal, number_of
from apps.collect.spool import Unwritable
from apps.intake.records import HitIn

log = logging.getLogger(__name__)
OPENED = "open"
MAX_WHAT = 255


def answer(entry: Entry) -> Answer:
    """The picture, whatever happens behind it."""
    try:
        _count(entry)
    except Refusal as refusal:
        return _picture(entry, refusal.code)
    except CannotSay:
        return _picture(entry, "database_away")
    except Unwritable as error:
        log.error("A pixel is not counted: %s", error)  # noqa: TRY400 (the disk's trouble, not the code's)
        return _picture(entry, "spool_full")
    except Exception:  # whatever it was, the page shall not show a broken picture
        log.exception("A pixel failed")
        return _picture(entry, "failed")
    return answers.gif(entry.headers)


def _picture(entry: Entry, reason: str) -> Answer:
    return answers.gif([("X-Not-Counted", reason), *entry.headers])


def _count(entry: Entry) -> None:
    requests.method(entry.environ, "GET")
    site = entry.site(_number(entry.environ["PATH_INFO"]))
    entry.admit(site)
    entry.keep(site, _hit(entry, requests.parameters(entry.environ)))


def _number(path: str) -> int | None:
    return number_of(path.removeprefix("/pixel/").removesuffix(".gif"))


def _hit(entry: Entry, told: requests.Parameters) -> HitIn:
    what = told.get("id") or None
    if what and len(what) > MAX_WHAT:
        entry.unreadable("params")
        what = what[:MAX_WHAT]
    event = told.get("event") or (OPENED if what else None)
    return HitIn(
        id=secrets.token_hex(12),
        time=entry.arrived_at,
        type="event" if event else "pageview",
        url=told.get("url")
        or (None if what else entry.referer),  # a mail program's address is nobody's business
        name=event,
        client_id=told.get("client_id") or None,
        user_id=told.get("user_id") or None,
        referrer=told.get("ref") or None,
        title=told.get("title") or None,
        value=told.get("value") or None,
        currency=told.get("currency") or None,
        params={"id": what} if what else None,
        consent=told.get("consent") or None,
    )
