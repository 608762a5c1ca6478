"""Joins and shrinks the tag's source: `make tag`.

rjsmin takes out comments and spaces; before that every name that the source declares gets a short one: those of the
outermost function one of their own, those inside one of its statements one that is used again in the next. This is no
parser. That it is right hangs on habits of the source, most of which are checked: no template strings, no shorthand
properties (`{a}` for `{a: a}`), no inner name that is also an outer one or a global of the browser's.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count, product
from pathlib import Path

import rjsmin

ROOT = Path(__file__).resolve().parents[2]
SOURCE, BUILT = ROOT / "static" / "tag" / "src", ROOT / "static" / "tag" / "tag.js"

Tokens = list[str]
TOKEN = re.compile(
    r"""//[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[A-Za-z_$][\w$]*|\s+|\d[\w.]*|\.\.\.|=>|."""
)
REGEX = re.compile(r"/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
NAME = re.compile(r"[A-Za-z_$][\w$]*$")
BEFORE_REGEX = frozenset(["(", ",", "=", ":", "&", "|", "?", "!", ";", "{", "}", "[", "=>"]) | {"return"}
KEYWORDS = frozenset(
    [
        "arguments",
        "break",
        "catch",
        "const",
        "continue",
        "delete",
        "do",
        "else",
        "false",
        "for",
        "function",
        "if",
        "in",
        "instanceof",
        "let",
        "new",
        "null",
        "of",
        "return",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "undefined",
        "while",
    ]
)
OWN = frozenset(
    [
        "asked",
        "begun",
        "coming",
        "held",
        "last",
        "options",
        "place",
        "sending",
        "timer",
        "told",
        "tries",
        "user",
        "waiting",
    ]
)
"""Properties that only the tag itself ever sees."""
INNER = "treasnidycl"  # their order makes gzip's work a little easier
OUTER = "ogpPCwhxQuZmGSjNbqMUWRfAHJEBFLDTVvOXKIkzY"


def source() -> str:
    """The whole, in order."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.glob("*.js")))


def build(text: str) -> str:
    """What is served, but for the settings."""
    tokens = [word for word in _tokens(text) if not word.startswith("//") and not word.isspace()]
    assert "`" not in tokens, "no template strings: names in them would not be found"
    return str(rjsmin.jsmin(_joined(_tight(list(_renamed(tokens)))))).strip() + "\n"


def _tokens(text: str) -> Iterator[str]:
    at, last = 0, ";"
    while at < len(text):
        regex = (
            REGEX.match(text, at)
            if last in BEFORE_REGEX and text[at] == "/" and text[at + 1] != "/"
            else None
        )
        found = regex or TOKEN.match(text, at)
        assert found, text[at : at + 40]
        yield found[0]
        at = found.end()
        if not found[0].isspace() and not found[0].startswith("//"):
            last = found[0]


def _tight(tokens: Tokens) -> Iterator[str]:
    """Without what may be left out: brackets around one parameter, last commas and semicolons, `const` after `const`."""
    for at, word in enumerate(tokens):
        after = [*tokens[at + 1 : at + 4], "", "", ""]
        if (word == "(" and NAME.match(after[0]) and after[1:3] == [")", "=>"]) or (
            word == ")" and after[0] == "=>" and NAME.match(tokens[at - 1]) and tokens[at - 2] == "("
        ):
            continue
        if word in {",", ";"} and after[0] in ({"}", ")", "]"} if word == "," else {"}"}):
            continue
        if word == ";" and after[0] == "const" and _begins_with_const(tokens, at):
            yield ","
        elif not (word == "const" and tokens[at - 1] == ";" and _begins_with_const(tokens, at - 1)):
            yield {"undefined": "void 0", "true": "!0", "false": "!1"}.get(word, word)


def _begins_with_const(tokens: Tokens, end: int) -> bool:
    """Whether the statement that ends here is a declaration."""
    depth = 0
    for at in range(end - 1, -1, -1):
        if len(tokens[at]) == 1:
            depth += (tokens[at] in ")]}") - (tokens[at] in "([{")
        if depth < 0 or (depth == 0 and tokens[at] == ";"):
            return tokens[at + 1] == "const"
        if depth == 0 and tokens[at] == "}" and tokens[at + 1] == "const":
            return True
    return False


def _joined(tokens: Iterable[str]) -> str:
    """With a space between words, as few line breaks as need be."""
    text = last = ""
    parts = []
    for word in tokens:
        apart = last and (last[-1].isalnum() or last[-1] in "_$") and (word[0].isalnum() or word[0] in '_$"')
        parts.append(f" {word}" if apart else word)
        last = word
    return text.join(parts)


def _statements(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Where each statement of the outermost function begins and ends."""
    depth, begin = 0, 0
    for at, word in enumerate(tokens):
        depth += (word in "([{") - (word in ")]}") if len(word) == 1 else 0
        if depth == 2 and word in ";{" and (word == ";" or begin == 0):
            yield begin, at + 1
            begin = at + 1
    yield begin, len(tokens)


def _declared(tokens: Tokens) -> Iterator[tuple[str, int]]:
    """Names that are declared, with the depth of brackets at which they are."""
    depth = 0
    for at, word in enumerate(tokens):
        if len(word) == 1:
            depth += (word in "([{") - (word in ")]}")
        if word in {"const", "let"}:
            yield from ((name, depth) for name in _declarators(tokens, at + 1))
        elif word == "=>" and tokens[at - 1] == ")":
            yield from ((name, depth + 1) for name in _names_in(tokens[_opening(tokens, at - 1) : at]))
        elif word in {"function", "catch"}:
            yield from ((name, depth + 1) for name in _names_in(tokens[at + 1 : tokens.index(")", at)]))


def _declarators(tokens: Tokens, at: int) -> Iterator[str]:
    depth, expected = 0, True
    while depth >= 0 and not (depth == 0 and tokens[at] in {";", "of"}):
        word = tokens[at]
        if expected and NAME.match(word):
            yield word
        if word == "[" and expected:
            end = tokens.index("]", at)
            yield from _names_in(tokens[at:end])
            at = end
        elif len(word) == 1:
            depth += (word in "([{") - (word in ")]}")
        expected = depth == 0 and word == ","
        at += 1


def _opening(tokens: Tokens, at: int) -> int:
    depth = 0
    while True:
        depth += (tokens[at] == ")") - (tokens[at] == "(")
        if depth == 0:
            return at
        at -= 1


def _names_in(tokens: Tokens) -> list[str]:
    return [word for word in tokens if NAME.match(word)]


def _renamed(tokens: Tokens) -> Iterator[str]:
    everywhere = list(_declared(tokens))
    outer = {name for name, depth in everywhere if depth <= 2}
    inner = {name for name, depth in everywhere if depth > 2}
    assert not outer & inner, f"declared outside and inside: {outer & inner}"
    free = {word for word in tokens if NAME.match(word)} - outer - inner | KEYWORDS
    uses = Counter(tokens)
    fresh = (name for name in _short(OUTER) if name not in free)
    names = {name: next(fresh) for name, _ in uses.most_common() if name in outer}
    own = dict(zip(sorted(OWN), _short(INNER + OUTER), strict=False))
    for begin, end in _statements(tokens):
        some = tokens[begin:end]
        locals_ = {name for name, _ in _declared(some)} - outer
        fresh_inner = (name for name in _short(INNER) if name not in free)
        mine = names | {name: next(fresh_inner) for name in dict.fromkeys(some) if name in locals_}
        yield from (_one(tokens, at, mine, own) for at in range(begin, end))


def _one(tokens: Tokens, at: int, names: dict[str, str], own: dict[str, str]) -> str:
    word, before, after = tokens[at], tokens[at - 1], tokens[min(at + 1, len(tokens) - 1)]
    if before == "." or (before in {"{", ","} and after == ":"):
        return own.get(word, word)
    return names.get(word, word)


def _short(letters: str) -> Iterator[str]:
    return ("".join(some) for length in count(1) for some in product(letters, repeat=length))


def main() -> None:
    """Write the built file."""
    BUILT.write_text(build(source()), encoding="utf-8")


if __name__ == "__main__":
    main()
