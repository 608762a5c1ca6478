"""What is read here: mails that fail, and the mails kept as files."""

import email
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Q, QuerySet

from apps.core import clock
from apps.mail.models import Mail

__all__ = ["KeptMail", "failing", "oldest_queued", "outbox", "sends_mail"]

LINK = re.compile(r"https?://[^\s<>\"]+")
SHOWN = 100


@dataclass(frozen=True)
class KeptMail:
    """A mail in the outbox folder, and the links in its body."""

    name: str
    to: str
    subject: str
    date: datetime
    body: str
    links: tuple[str, ...]


def sends_mail() -> bool:
    """Whether mail leaves this machine; otherwise it is kept as files."""
    return not settings.EMAIL_BACKEND.startswith("apps.mail.outbox.")


def outbox() -> list[KeptMail]:
    """The newest 100 mails kept as files, newest first. They are everybody's: for operators only."""
    folder = Path(settings.OUTBOX)
    newest = sorted((path for path in folder.glob("[!.]*.eml")), key=lambda path: path.name, reverse=True)
    return [_read(path) for path in newest[:SHOWN]]


def _read(path: Path) -> KeptMail:
    message = email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
    part = message.get_body(("plain",))
    body = str(part.get_content()) if part else ""
    return KeptMail(
        name=path.name,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        date=parsedate_to_datetime(str(message["Date"])).replace(tzinfo=UTC),  # Django writes UTC as "-0000"
        body=body,
        links=tuple(LINK.findall(body)),
    )


def failing(*, account_id: int) -> QuerySet[Mail]:
    """The account's mails of the last seven days that were refused, given up or still tried again."""
    since = clock.now() - timedelta(days=7)
    troubled = Q(state=Mail.State.FAILED) | Q(state=Mail.State.QUEUED, attempts__gt=0)
    return Mail.objects.filter(troubled, account_id=account_id, created_at__gte=since).order_by("-created_at")


def oldest_queued() -> datetime | None:
    """Since when the longest waiting untried mail waits."""
    untried = Mail.objects.filter(state=Mail.State.QUEUED, attempts=0)
    return untried.order_by("next_try_at").values_list("next_try_at", flat=True).first()
