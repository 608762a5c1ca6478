"""Handing one message to the mail backend, and its answer in words."""

import smtplib
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import get_connection

from apps.mail.messages import FoldedMessage


@dataclass(frozen=True)
class Answer:
    """What became of a message; `permanent`: trying again is of no use."""

    accepted: bool
    words: str
    permanent: bool = False


def send(*, to: str, subject: str, body: str, message_id: str) -> Answer:
    """Hand the message over. The same `message_id` lets mailboxes drop a copy that was sent twice."""
    connection = get_connection()
    message = FoldedMessage(
        subject=subject,
        body=body,
        to=[to],
        connection=connection,
        headers={"Message-ID": f"<{message_id}@{_domain()}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is an answer, kept on the row
        return _refusal(error, in_doubt=getattr(connection, "in_doubt", False))
    return Answer(accepted=True, words=getattr(connection, "answer", "") or "Accepted.")


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"


def _refusal(error: Exception, *, in_doubt: bool) -> Answer:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _replied(*next(iter(error.recipients.values())))
    if isinstance(error, smtplib.SMTPAuthenticationError):  # ours to mend: the mail itself is well
        return Answer(accepted=False, words=_replied(error.smtp_code, error.smtp_error).words)
    if isinstance(error, smtplib.SMTPResponseException):
        return _replied(error.smtp_code, error.smtp_error)
    words = _unreached(error)
    if in_doubt:
        words += " The message had been handed over, so it may arrive twice."
    return Answer(accepted=False, words=words)


def _replied(code: int, words: Any) -> Answer:
    text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    return Answer(accepted=False, words=f"{code} {text}", permanent=500 <= code < 600)


def _unreached(error: Exception) -> str:
    host, port = settings.EMAIL_HOST, settings.EMAIL_PORT
    if isinstance(error, TimeoutError) or "timed out" in str(error):  # smtplib hides the one in the other
        return f"{host}:{port} did not answer within {settings.EMAIL_TIMEOUT} s."
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return f"{host}:{port} closed the connection."
    if isinstance(error, OSError):
        return f"{host}:{port} cannot be reached: {error.strerror or error}."
    return f"{type(error).__name__}: {error}"
