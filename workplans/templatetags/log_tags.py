"""Template tags of work logs."""

from __future__ import annotations

from django import template

from workplans.services.daily import CustomerShown, Daily, Entry

register = template.Library()


@register.simple_tag
def customer_of(daily: Daily, entry: Entry) -> CustomerShown | None:
    """The customer that an entry is about, where there is one."""
    return daily.customers.get(entry.customer) if entry.customer is not None else None
