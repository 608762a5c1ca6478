"""One way of writing for each messenger account, e-mail and phone. Pure; None: it is none."""

import re

from apps.people.identity_values import names_nobody, trimmed

_EMAIL = re.compile(r"[^@\s<>\"(),;:\[\]\\]{1,64}@[^@\s<>\"(),;:\[\]\\]{1,189}\.[^@\s.<>\"(),;:\[\]\\]{2,63}")
_SEPARATORS = re.compile(r"[\s().\u00a0\u2010-\u2015/-]+")
_NAMED = re.compile(r"[a-z0-9_-]{1,30}:.+", re.DOTALL)
LONGEST = 255


def phone(text: str, country: str = "") -> str | None:
    """A phone number as E.164. `country` (ISO 3166 alpha-2) is whose numbers may stand without their code."""
    import phonenumbers  # its tables are large, and the edge never needs them

    number = _SEPARATORS.sub("", trimmed(text))
    number = "+" + number[2:] if number.startswith("00") else number
    if not country and number.isdigit() and len(number) >= 10:
        number = "+" + number  # many chat systems leave the plus out
    try:
        parsed = phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def email(text: str) -> str | None:
    """An address in lower case, as mail systems compare it in practice."""
    address = trimmed(text).lower().removeprefix("mailto:")
    return address if _EMAIL.fullmatch(address) and len(address) <= 254 else None


def whatsapp(text: str) -> str | None:
    """WhatsApp's own way: the digits of the number."""
    digits = _SEPARATORS.sub("", trimmed(text)).removeprefix("+")
    return digits if digits.isdigit() and digits.isascii() else account(text)


def account(text: str) -> str | None:
    """The account's id, or its name: `@Name` in lower case."""
    value = trimmed(text)
    value = value.lower() if value.startswith("@") else value
    return value if 0 < len(value) <= LONGEST else None


def other_messenger(text: str) -> str | None:
    """`<messenger>:<account>`, such as `vk:123456`."""
    name, colon, rest = trimmed(text).partition(":")
    user = trimmed(rest)
    value = name.lower() + colon + user
    if names_nobody(user) or len(value) > LONGEST:
        return None
    return value if _NAMED.fullmatch(value) else None
