"""Identity values as texts: how they are trimmed, and which of them name nobody. Pure.

One list for the tag, every collection door, the conversation events and the API. It holds what scripts and templates
write where a value is missing; whoever is stored under such a text would be joined with strangers.
"""

import html
import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

_ZERO_WIDTH = "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_MARGIN = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000" + _ZERO_WIDTH
)
_WRAPPING = "\"'`()[]<>{}\u2018\u2019\u201c\u201d\u00ab\u00bb"
_MISSING = frozenset(
    {
        *("null", "undefined", "none", "nan", "nil", "true", "false", "infinity", "-infinity", "-1"),
        *("not set", "not provided", "not_set", "notset", "n/a", "#n/a", "n.a.", "empty", "missing"),
        *("unknown", "anonymous", "guest", "not_authenticated", "invalid date"),
        *("user_id", "userid", "client_id", "clientid", "distinct_id", "distinctid", "visitor_id"),
    }
)
_ZEROS = re.compile(r"[-+]?[0.\-]*0[0.\-]*")
_LAST_UUID = re.compile(r"f{8}-?f{4}-?f{4}-?f{4}-?f{12}")
_SCRIPT_VALUE = re.compile(
    r"object \w+(\W+object \w+)*|object#\w+|promise \{.*|(async )?function\b.*|.*=>.*|.* object at 0x\w+|#<\w+:0x\w+.*",
    re.DOTALL,
)
_PLACEHOLDER_INSIDE = re.compile(
    r"\{\{.*\}\}|\{%.*%\}|\$\{.*\}|#\{.*\}|<[%?].*[%?]>|\*\|.*\|\*|@\{.*\}", re.DOTALL
)
_PLACEHOLDER = re.compile(
    r"%+[a-z][\w.\- ]*%*|\{[a-z_][\w. ]*\}|\[\[.*\]\]|@@.*@@|__[a-z0-9_]+__|<[a-z_][\w. -]*>", re.DOTALL
)
_JOINT = re.compile(r"[-_.:/|,; ]+")


def trimmed(value: str) -> str:
    """Returns the value without blanks, line ends and zero-width characters at its ends."""
    return value.strip(_MARGIN)


def names_nobody(value: str) -> bool:
    """Whether the value stands for a missing identity, in any case of letters and however it is wrapped."""
    if value.isdecimal() and value.isascii() and value[0] != "0":
        return False  # a client ID as nearly every hit has one
    return _names_nobody(value)


@lru_cache(maxsize=8192)
def _names_nobody(value: str) -> bool:
    text = trimmed(_decoded(trimmed(value))).lower()
    bare = trimmed(text.strip(_WRAPPING + _MARGIN))
    return (
        not any(unicodedata.category(letter)[0] in "LNS" for letter in text)
        or bare in _MISSING
        or _ZEROS.fullmatch(bare) is not None
        or _LAST_UUID.fullmatch(bare) is not None
        or _SCRIPT_VALUE.fullmatch(bare) is not None
        or _PLACEHOLDER_INSIDE.search(text) is not None
        or _PLACEHOLDER.fullmatch(text) is not None
        or _is_repeated(bare)
    )


def _decoded(value: str) -> str:
    """A placeholder may have been escaped for an address or a page on its way."""
    if "%" in value:
        value = unquote(value)
    return html.unescape(value) if "&" in value else value


def _is_repeated(bare: str) -> bool:
    """Whether it is several missing values in a row, such as `undefined.undefined`."""
    parts = _JOINT.split(bare)
    return len(parts) > 1 and all(part in {"null", "undefined", "none", "nan", "nil", "0"} for part in parts)
