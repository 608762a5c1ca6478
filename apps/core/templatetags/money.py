"""Money in templates."""

from decimal import Decimal

from django import template

from apps.core.money import words

register = template.Library()


@register.filter
def money(value: Decimal, currency: str) -> str:
    """An amount with its currency: `49.90 EUR`."""
    return words(value, currency)
