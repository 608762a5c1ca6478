"""Links that leave an account's pages, or lead into another account."""

from typing import Any

from django import template

from apps.accounts.addresses import Mount, account_url, overview_url, portal_url, public_url

register = template.Library()


@register.simple_tag
def portal(name: str, *args: Any) -> str:
    """`{% portal "counters:cookies" 5 %}`: the address of a page that is in no account."""
    return portal_url(name, *args)


@register.simple_tag
def public(name: str, *args: Any) -> str:
    """`{% public "counters:cookies" 5 %}`: the same with the portal's host, for other people's sites."""
    return public_url(name, *args)


@register.simple_tag(takes_context=True)
def overview(context: dict[str, Any]) -> str:
    """The overview of the account that the page is in, or that of the last one."""
    return overview_url(context.get("request"))


@register.simple_tag
def in_account(mount: Mount, number: int, name: str, *args: Any) -> str:
    """`{% in_account "admin" account.pk "index" %}`: the address of this account's page."""
    return account_url(mount, number, name, *args)
