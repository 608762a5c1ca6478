"""Subjects as mailboxes get them: folded with text on the first line, and of one line whatever names hold."""

import email
from email import policy

import pytest

from apps.mail.messages import FoldedMessage


def sent(subject: str) -> bytes:
    return FoldedMessage(subject=subject, body="x", to=["olga@example.org"]).message().as_bytes()


@pytest.mark.parametrize(
    "subject",
    [
        "CSV of Orders",
        "CSV of " + "x" * 240,
        "x" * 250,
        "word " * 49 + "word",
        "x" * 60 + " " + "y" * 60,
        "CSV of “" + "слово " * 30 + "”",
        "Die Übersicht der Bestellungen vom ersten November bis zum dreißigsten November ist fertig",
        "\U0001f469\u200d\U0001f680" * 60,
        "=?utf-8?q?no_encoded_word?=",
        "\u202e=1+1",
    ],
)
def test_a_subject_is_folded_with_text_on_its_first_line(subject):
    raw = sent(subject)
    lines = raw.split(b"\n\n")[0].split(b"\n")
    (first,) = [line for line in lines if line.startswith(b"Subject:")]
    assert first.removeprefix(b"Subject:").strip()
    assert max(map(len, lines)) <= 78
    assert str(email.message_from_bytes(raw, policy=policy.default)["Subject"]) == subject


@pytest.mark.parametrize(
    "subject",
    [
        "CSV of a\r\nBcc: eve@example.org",
        "CSV\x07 of\x85a\u2028Bcc: eve@example.org",
        "\nCSV of a Bcc: eve@example.org ",
    ],
)
def test_a_name_breaks_no_line_of_a_subject(subject):
    message = email.message_from_bytes(sent(subject), policy=policy.default)
    assert message["Bcc"] is None
    assert message["Subject"] == "CSV of a Bcc: eve@example.org"
