"""How often may be tried, by what is counted: each with its own number and period. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


@dataclass(frozen=True)
class Limit:
    """At most `number` times within any `period`."""

    number: int
    period: timedelta

    def recent(self, times: list[datetime], now: datetime) -> list[datetime]:
        """The times that still count, oldest first."""
        return sorted(time for time in times if time > now - self.period)

    def wait(self, recent: list[datetime], now: datetime) -> timedelta | None:
        """How long nobody may try again; None: now."""
        if len(recent) < self.number:
            return None
        return recent[-self.number] + self.period - now


class Counted(Enum):
    """What attempts are counted by. The order is that in which rows are locked."""

    ADDRESS = "address", Limit(50, timedelta(hours=1))  # failed sign-ins from one network
    NAME = "name", Limit(20, timedelta(hours=1))  # failed sign-ins with one name
    PAIR = "pair", Limit(8, timedelta(minutes=15))  # failed sign-ins with one name from one network
    RESET_ADDRESS = "reset_address", Limit(20, timedelta(hours=1))  # new passwords asked for from one network
    RESET_NAME = "reset_name", Limit(3, timedelta(hours=1))  # new passwords asked for one name
    MAIL = "mail", Limit(5, timedelta(days=1))  # mails that somebody has sent to one address

    def __init__(self, key: str, limit: Limit) -> None:
        self.key = key
        self.limit = limit


class TooManyAttempts(Exception):
    """A limit is reached. The same for every name, whether somebody has it or not."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many attempts.")
        self.seconds = max(1, round(wait.total_seconds()))


def network(address: str | None) -> str | None:
    """By what an address is counted: whoever has one IPv6 address has the 2^64 beside it, too."""
    if not address:
        return None
    parsed: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)
