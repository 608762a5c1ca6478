"""IP addresses as proxies and logs write them. Pure."""

import re
from ipaddress import ip_address

_FOR = re.compile(r'(?:^|[;,\s])for\s*=\s*("(?:[^"\\]|\\.)*"|[^;,\s]*)', re.IGNORECASE)


def parse(text: str) -> str | None:
    """The address in its usual writing, None if it is none.

    A port, brackets, quotation marks and a zone are left out; an IPv4 address that is written as IPv6 is that address.
    """
    text = text.strip().strip('"').strip()
    for candidate in (text, text.strip("[]"), text.rpartition(":")[0].strip("[]")):
        try:
            parsed = ip_address(candidate.partition("%")[0])
        except ValueError:
            continue
        return str(getattr(parsed, "ipv4_mapped", None) or parsed)
    return None


def forwarded(header: str) -> list[str]:
    """The nodes that a `Forwarded` header (RFC 7239) says requests came from, as written, the first hop first."""
    return [found[1].strip('"') for found in _FOR.finditer(header)]
