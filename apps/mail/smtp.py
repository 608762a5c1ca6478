"""Django's SMTP backend, which keeps what the server answered."""

import contextlib
import smtplib
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend


class _Listening:
    """Keeps the answer to DATA; `in_doubt` while the message is handed over and not answered."""

    answer = ""
    in_doubt = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.in_doubt = True
        code, words = super().data(msg)  # type: ignore[misc]
        self.in_doubt = False
        self.answer = f"{code} {words.decode(errors='replace')}"
        return code, words


class _Plain(_Listening, smtplib.SMTP):
    pass


class _Tls(_Listening, smtplib.SMTP_SSL):
    pass


class Backend(EmailBackend):
    """`answer` holds the server's last word; `in_doubt` says that a failed message may have arrived."""

    answer = ""
    in_doubt = False

    @property
    def connection_class(self) -> type[Any]:
        return _Tls if self.use_ssl else _Plain

    def _send(self, email_message: EmailMessage) -> bool:
        try:
            return bool(super()._send(email_message))  # type: ignore[misc]
        finally:
            self.answer = self.connection.answer  # type: ignore[union-attr]
            self.in_doubt = self.connection.in_doubt  # type: ignore[union-attr]

    def _close_connection(self, connection: Any) -> None:
        """A QUIT that fails takes nothing back: the message was accepted or refused before it."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            super()._close_connection(connection)  # type: ignore[misc]
            return
        connection.close()
