"""One way of writing for each messenger account, e-mail and phone."""

import pytest

from apps.intake.named import Named, named, names_of
from apps.intake.records import PersonIn
from apps.people import contacts
from apps.people.models import Identity


@pytest.mark.parametrize(
    ("text", "country", "kept"),
    [
        ("+49 (30) 123-45 67", "", "+49301234567"),
        ("0049 30 1234567", "", "+49301234567"),
        ("030 1234567", "DE", "+49301234567"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("79123456789", "", "+79123456789"),  # chat systems leave the plus out
        ("030 1234567", "", None),
        ("call me", "DE", None),
        ("+1", "", None),
    ],
)
def test_a_phone_in_any_writing_is_kept_as_e164(text: str, country: str, kept: str | None) -> None:
    assert contacts.phone(text, country) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" Ana@Shop.Example ", "ana@shop.example"),
        ("mailto:ana@shop.example", "ana@shop.example"),
        ("ana", None),
        ("ana@shop", None),
        ("a b@shop.example", None),
        ("x" * 250 + "@shop.example", None),
    ],
)
def test_an_email_is_kept_in_lower_case(text: str, kept: str | None) -> None:
    assert contacts.email(text) == kept


def test_messenger_accounts_have_one_way_of_writing() -> None:
    assert contacts.whatsapp("+49 30 1234567") == "49301234567"
    assert contacts.account(" @Ana_K ") == "@ana_k"
    assert contacts.other_messenger("VK:Id 77") == "vk:Id 77"
    assert contacts.other_messenger("77") is None


def test_what_an_event_names_comes_with_the_user_id_first_and_as_it_was_written() -> None:
    person = PersonIn(client_id="11", user_id="u1", phone="+49 30 1234567", telegram="7001")
    assert names_of(person, country="") == [
        Named(Identity.Kind.USER_ID, "u1"),
        Named(Identity.Kind.CLIENT_ID, "11"),
        Named(Identity.Kind.TELEGRAM, "7001"),
        Named(Identity.Kind.PHONE, "+49301234567", "+49 30 1234567"),
    ]
    wrong = named("phone", "nonsense", country="")
    assert not isinstance(wrong, Named)
    assert wrong.code == "invalid_identity"
    assert "phone 'nonsense' is no phone" in str(wrong.detail)
