"""The message of a mail, its subject folded as every mailbox reads it."""

from email.header import Header
from email.message import Message
from typing import Any
from unicodedata import category

from django.core.mail import EmailMessage

_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
LONGEST_WORD = 60
"""Of ASCII on the first line, behind the header's name; a longer one is encoded, so that it can be folded."""


class FoldedMessage(EmailMessage):
    """Folds the subject with its name in mind.

    Django folds it without, so that the first piece of a long one does not fit behind `Subject:` and the first line
    stays empty: some servers refuse that, and some mailboxes show no subject.
    """

    def message(self, *arguments: Any, **options: Any) -> Any:
        self.subject = one_line(str(self.subject))
        message = super().message(*arguments, **options)
        del message["Subject"]
        Message.__setitem__(message, "Subject", folded(self.subject))
        return message


def one_line(text: str) -> str:
    """Without line breaks and other control characters, which names of goals and accounts may hold."""
    return " ".join("".join(" " if category(char) in _BREAKING else char for char in text).split())


def folded(subject: str) -> Header:
    """A subject of one line, folded to lines of at most 76 characters, the first one with text."""
    plain = (
        subject.isascii()
        and "=?" not in subject
        and max(map(len, subject.split()), default=0) <= LONGEST_WORD
    )
    return Header(subject, "us-ascii" if plain else "utf-8", header_name="Subject", maxlinelen=76)
