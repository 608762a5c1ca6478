"""How amounts of money are written: one spelling by currency, for pages, API, CSV and mails. Pure."""

from decimal import Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision


@lru_cache(4096)
def plain(value: Decimal, currency: str) -> str:
    """A plain decimal with as many decimals as the currency has (EUR 2, JPY 0, KWD 3), or as the value needs."""
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return f"{value:.{max(get_currency_precision(currency), -exponent)}f}"


def words(value: Decimal, currency: str) -> str:
    """For people: `49.90 EUR`."""
    return f"{plain(value, currency)} {currency}"
