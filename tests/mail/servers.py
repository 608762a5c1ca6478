"""Real SMTP servers for the tests, each with one way of treating a message."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class Mailbox:
    """Takes everything."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.keep(envelope.content)
        return "250 Taken as 4711"

    def keep(self, content: bytes) -> None:
        message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
        self.messages.append(message)


class Refusing(Mailbox):
    """Answers RCPT with one reply."""

    def __init__(self, reply: str) -> None:
        super().__init__()
        self.reply = reply

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        return self.reply


class RefusingContent(Mailbox):
    """Answers the finished message with one reply."""

    def __init__(self, reply: str) -> None:
        super().__init__()
        self.reply = reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return self.reply


class Hanging(Mailbox):
    """Takes its time with RCPT."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        await asyncio.sleep(1.5)
        return "451 Too late"


class Cutting(Mailbox):
    """Keeps the first message and hangs up before saying so: the 250 is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.cut = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.keep(envelope.content)
        if not self.cut:
            self.cut = True
            server.transport.abort()
        return "250 Taken"


class RudeAtTheEnd(Mailbox):
    """Takes the message, then does not answer QUIT."""

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        server.transport.abort()
        return "221 never seen"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(handler: Mailbox, settings: Any) -> Iterator[Any]:
    """Have Django's mail go to this server."""
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "apps.mail.smtp.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    settings.EMAIL_TIMEOUT = 0.5
    try:
        yield handler
    finally:
        controller.stop()
