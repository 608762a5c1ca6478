"""The mail backend of the embedded default: mails are kept as files, shown on a page, and reach nobody."""

import os
import secrets
import tempfile
from collections.abc import Sequence
from datetime import datetime
from email.message import Message
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from apps.core import clock


class OutboxBackend(BaseEmailBackend):
    """Writes each mail whole or not at all; file names sort by time."""

    answer = ""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.OUTBOX)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            path = keep(folder, message.message(), clock.now())
            self.answer = f"Kept as {path.name}; without EMAIL_HOST no mail leaves this machine."
        return len(email_messages)


def keep(folder: Path, message: Message, at: datetime) -> Path:
    """Write one mail for its owner's eyes only."""
    path = folder / f"{at:%Y%m%dT%H%M%S.%f}Z-{secrets.token_hex(4)}.eml"
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        file.write(message.as_bytes())
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
    return path
