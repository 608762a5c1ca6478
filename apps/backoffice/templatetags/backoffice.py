"""How the admin writes numbers."""

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def amount(value: Decimal | None) -> str:
    """A decimal without needless zeros: 49.9000 is 49.9, 50.0000 is 50."""
    return "" if value is None else format(value.normalize(), "f")
