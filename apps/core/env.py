"""Readers of environment variables, each of one type, that refuse what they do not understand.

A value is what `NAME` says, or the content of the file that `NAME_FILE` names; an empty one counts as not set.
Only the standard library: `apps.core.embedded` reads through here too.
"""

import os
import re
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from urllib.parse import urlsplit

PROJECT = Path(__file__).resolve().parents[2]
LARGEST = 2**31 - 1
WEB = {"http", "https"}
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 (compared, not bound)
HERE = {"127.0.0.1", "localhost"}
_UNUSABLE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?", re.IGNORECASE)
_RATE = re.compile(r"([1-9]\d{0,8})/(s|sec|second|m|min|minute|h|hour|d|day)")
_ADDRESS = r"[^\s@<>,;\"]+@[^\s@<>,;\"]+"
_MAILBOX = re.compile(rf"{_ADDRESS}|[^<>]*<{_ADDRESS}>")


class BadSetting(Exception):
    """A setting that cannot be used; the message names it and says what would be right."""


def text(name: str, default: str | None = None) -> str | None:
    """Anything in one line."""
    if path := os.environ.get(f"{name}_FILE"):
        if os.environ.get(name, "").strip():
            raise BadSetting(f"{name} and {name}_FILE are both set: unset one.")
        return _content(f"{name}_FILE", path)
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    return _in_one_line(name, value)


def _content(name: str, path: str) -> str:
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise BadSetting(f"{name}={path!r} cannot be read: {reason}.") from error
    if not value:
        raise BadSetting(f"{name}={path!r} is an empty file: write the value into it, or unset {name}.")
    return _in_one_line(name, value)


def _in_one_line(name: str, value: str) -> str:
    """Refuse what no setting can hold; without showing the value, which may be a secret."""
    if not is_text(value):
        raise BadSetting(f"{name} has a line break, a control character or bytes that are not UTF-8.")
    return value


def is_text(value: str) -> bool:
    """Whether it stands in one line, without control characters and bytes that are not UTF-8."""
    return not _UNUSABLE.search(value)


def flag(name: str, *, default: bool) -> bool:
    """1/0, true/false, yes/no, on/off."""
    value = (text(name) or "").lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(f"{name}={value!r} is neither yes nor no; write 1 or 0.")


def number(name: str, default: int, *, least: int = 0, most: int = LARGEST) -> int:
    """A whole number from `least` to `most`."""
    value = text(name)
    if value is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,20}", value):
        raise BadSetting(f"{name}={value!r} is not a whole number; write one from {least} to {most}.")
    if not least <= int(value) <= most:
        raise BadSetting(f"{name}={value}: write a whole number from {least} to {most}.")
    return int(value)


def port(name: str, default: int) -> int:
    """The number of a TCP port."""
    return number(name, default, least=1, most=65535)


def choice(name: str, default: str, *values: str) -> str:
    """One of these words, in any letter case; returns it as it is listed."""
    value = text(name, default) or default
    for known in values:
        if value.lower() == known.lower():
            return known
    raise BadSetting(f"{name}={value!r}: write {', '.join(values[:-1])} or {values[-1]}.")


def rate(name: str, default: str) -> str:
    """So many in a period, such as `6000/min`."""
    value = text(name, default) or default
    if not _RATE.fullmatch(value):
        raise BadSetting(
            f"{name}={value!r} is no rate: write a number from 1 up, a slash and s, min, hour or day, like {default}."
        )
    return value


def listed(name: str, default: str = "") -> list[str]:
    """Comma-separated words."""
    return [word.strip() for word in (text(name) or default).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    """An absolute path, a relative one being below the checkout; it may not exist yet."""
    path = file(name) or default
    for part in (path, *path.parents):
        if part.exists() and not part.is_dir():
            raise BadSetting(f"{name}={str(path)!r}: {part} is no folder.")
    return path


def file(name: str) -> Path | None:
    """An absolute path, a relative one being below the checkout; it may not exist."""
    value = text(name)
    if value is None:
        return None
    try:
        path = PROJECT / Path(value).expanduser()
        path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BadSetting(f"{name}={value!r} is no path: {reason}.") from error
    return path


def host(name: str, default: str = "") -> str:
    """A host name or an IP address; an IPv6 address without its brackets."""
    value = text(name, default) or default
    known = host_of(value)
    if known or not value:
        return known or ""
    raise BadSetting(f"{name}={value!r} is neither a host name nor an IP address; write one, without a port.")


def host_of(value: str) -> str | None:
    """The host name or address that this is, without brackets; None: it is neither."""
    bare = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    try:
        address = ip_address(bare)
    except ValueError:
        numeric = not bare.rpartition(".")[2].strip("0123456789")
        return value if _NAME.fullmatch(value) and not numeric else None
    if isinstance(address, IPv6Address):
        return None if address.scope_id else bare  # neither URLs nor granian take a zone (%eth0)
    return bare if bare == value else None


def hosts(name: str, default: str = "") -> list[str]:
    """Host names and addresses as Django's ALLOWED_HOSTS has them: `.name` with all below it, `*` for any."""
    found = []
    for word in listed(name, default):
        known = "*" if word == "*" else host_of(word.removeprefix("."))
        if known is None:
            raise BadSetting(
                f"{name}: {word!r} is neither a host name nor an IP address; write them without scheme, port and path."
            )
        found.append(bracketed(known) if known == word.strip("[]") else word)
    return found


def bracketed(host: str) -> str:
    """As a host stands in a URL: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def site_of(host: str, port: int) -> str:
    """Host and port as a browser on this machine reaches who listens there."""
    return f"{'localhost' if host in EVERYWHERE or host in HERE else bracketed(host)}:{port}"


def origin(name: str, default: str) -> str:
    """`http://` or `https://` with a host and maybe a port."""
    value = text(name, default) or default
    if known := _origin_of(value):
        return known
    raise BadSetting(
        f"{name}={value!r} is no address of a site: write http:// or https:// and the host, maybe a port, "
        "like https://goals.shop.example"
    )


def origins(name: str) -> list[str]:
    """Comma-separated origins; a host may begin with `*.`, for all names below it."""
    for word in (words := listed(name)):
        if not _origin_of(word.replace("://*.", "://", 1)):
            raise BadSetting(f"{name}: {word!r} is no origin; write it like https://shop.example")
    return [word.rstrip("/") for word in words]


def _origin_of(value: str) -> str | None:
    try:
        parts = urlsplit(value.rstrip("/"))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    host = host_of(parts.netloc.removesuffix(port))
    plain = not (parts.path or parts.query or parts.fragment)
    return f"{parts.scheme}://{bracketed(host)}{port}" if plain and host and parts.scheme in WEB else None


def mailbox(name: str, default: str) -> str:
    """An e-mail address, maybe with a name: `Goalline <goals@shop.example>`."""
    value = text(name, default) or default
    if not _MAILBOX.fullmatch(value):
        raise BadSetting(
            f"{name}={value!r} is no e-mail address; write it like Goalline <goals@shop.example>"
        )
    return value
