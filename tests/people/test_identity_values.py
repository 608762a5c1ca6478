"""Which texts name nobody, and how identities are trimmed: one list for the tag, every door and the API."""

import pytest

from apps.people.identity_values import names_nobody, trimmed

NOBODY = [
    *("", " ", "\n", "\u200b", "\ufeff\u200d", "0", "000", "0.0", "-0", "-1", "null", "NULL", " null\r\n", "\u200bnull"),
    *("undefined", "Undefined", "none", "None", "NaN", "nil", "true", "False", "Infinity", "N/A", "n/a", "#N/A"),
    *("(null)", "<null>", "[null]", "<nil>", "(none)", "(not set)", "not set", "not provided", "anonymous", "guest"),
    *('""', "''", '"', "\u201c\u201d", '"null"', "'undefined'", '\\"\\"', "-", "--", "()", "[]", "{}", "...", "?"),
    *("[object Object]", "[object Promise]", "[object Undefined]", "object Object", "[object Object],[object Object]"),
    *("Promise { <pending> }", "function (){return 1}", "() => user.id", "<User object at 0x7f12ab>", "Invalid Date"),
    *("{{user_id}}", "{{ user.id }}", "{{{Recipient.Id}}}", "u-{{user_id}}", "${user.id}", "#{user.id}", "{user_id}"),
    *("*|UNIQID|*", "%user_id%", "%%user_id%%", "%CONTACTID%", "<%= user.id %>", "<?= $id ?>", "{% user %}"),
    *("[[user_id]]", "__USER_ID__", "@@id@@", "<user_id>", "%7B%7Buser_id%7D%7D", "{{user&#46;id}}", "&quot;&quot;"),
    *("00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}", "0" * 32),
    *("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "undefined.undefined", "null-null", "undefined undefined", "0.0.0"),
    *("user_id", "userId", "client_id", "distinct_id"),
]  # fmt: skip
SOMEBODY = [
    *("1", "7", "42", "1700000000123456789", "10", "0042", "0x12", "a", "na", "nancy", "nullah", "trueman", "noneman"),
    *("ana@shop.example", "+49 30 1234567", "@null_pointer", "user-0", "0-7", "none-7", "\u0661\u0662", "\u5f20\u4f1f"),
    *("{F9168C5E-CEB2-4faa-B6BF-329BF39FA1E4}", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "GA1.2.123.456", "50%off"),
    *("O'Brien", "x=1&y=2", "a|b", "$5", "\U0001f642", "true-7", "object", "empty-handed", "guest-17", "unknown soldier"),
]  # fmt: skip


@pytest.mark.parametrize("value", NOBODY)
def test_a_missing_value_names_nobody_however_it_is_written(value):
    assert names_nobody(value)
    assert names_nobody(f" \u200b{value}\n")
    assert names_nobody(value.upper()) or "%7B" in value


@pytest.mark.parametrize("value", SOMEBODY)
def test_a_real_id_names_somebody(value):
    assert not names_nobody(value)
    assert not names_nobody(f"\ufeff{value}\u00a0")


@pytest.mark.parametrize(
    "margin",
    ["\t", "\r\n", "\u00a0", "\u2003", "\u3000", "\u2028", "\u200b", "\u200d", "\u2060", "\ufeff", "\u200f"],
)
def test_blanks_line_ends_and_zero_width_characters_are_trimmed_at_the_ends_only(margin):
    assert trimmed(f"{margin}u{margin}1{margin}{margin}") == f"u{margin}1"
