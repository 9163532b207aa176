"""How plans are written on pages: their periods, and how long work takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from contacts.models import Occasion
from customers.models import Channel, Customer
from workplans.models import Lapse, PlanChange
from workplans.models.plans import PlanKind
from workplans.rules.calendar import PlanKind as KindCode
from workplans.rules.calendar import period_of
from workplans.services.occasions import OpenOccasion

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

register = template.Library()

HOUR = 60

CHANGED: Mapping[str, StrOrPromise] = {
    "day": gettext_lazy("Planned day"),
    "channel": gettext_lazy("Channel"),
    "occasion": gettext_lazy("Occasion"),
    "purpose": gettext_lazy("Purpose"),
    "text": gettext_lazy("What is to be done?"),
}
"""What a change of an approved plan keeps of an item."""


@register.simple_tag
def period_words(kind: str, first: date, last: date) -> str:
    """Return a plan's period in words: a year, a month, or the days of a week."""
    if kind == PlanKind.YEAR:
        return date_format(first, "Y")
    if kind == PlanKind.MONTH:
        return date_format(first, "YEAR_MONTH_FORMAT")
    days = {"first": short_day(first), "last": short_day(last)}
    return _("%(first)s – %(last)s") % days


@register.filter
def short_day(day: date) -> str:
    """Return a day in as few letters as a column of the week has room for."""
    return date_format(day, pgettext("format of a short day", "M j"))


@register.filter
def as_hours(minutes: int) -> str:
    """Return minutes as hours and minutes."""
    values = {"hours": minutes // HOUR, "minutes": minutes % HOUR}
    if not values["hours"]:
        return _("%(minutes)d min") % values
    if not values["minutes"]:
        return _("%(hours)d h") % values
    return _("%(hours)d h %(minutes)d min") % values


@register.simple_tag
def lapse_words(lapse: Lapse) -> str:
    """Return the period that a missing plan is of."""
    period = period_of(KindCode(lapse.subject), lapse.starts_on)
    return period_words(lapse.subject, period.starts_on, period.ends_on)


@register.filter
def differences(change: PlanChange) -> list[tuple[StrOrPromise, str, str]]:
    """Return what a change of an approved plan changed: label, before and after."""
    return [
        (label, _shown(name, change.before.get(name, "")), _shown(name, change.after.get(name, "")))
        for name, label in CHANGED.items()
        if change.before.get(name, "") != change.after.get(name, "")
    ]


def _shown(name: str, value: str) -> str:
    """A value that a change keeps, in words."""
    if name == "day" and value:
        return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
    words = {"channel": Channel.choices, "occasion": Occasion.choices}.get(name, [])
    return str(dict(words).get(value, value))


@register.simple_tag
def occasion_query(open_occasion: OpenOccasion, customer: Customer, day: date | str) -> str:
    """Return the query that fills the form of a new item with an open occasion.

    What it is about stands beside the button; the words of the item are the person's own.
    """
    given = {
        "customer": customer.pk,
        "day": day if isinstance(day, str) else day.isoformat(),
        "matter": open_occasion.matter,
        "occasion": open_occasion.occasion,
    }
    return urlencode({name: value for name, value in given.items() if value})
