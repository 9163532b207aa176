"""The open occasions of one customer, offered while an item is planned (article 11). Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from contacts.models import ContactRecord, Direction, Occasion
from contacts.rules import likely_channel
from core import clock
from customers.models import ChannelOptOut, Customer
from customers.rules import Cadence
from customers.services.birthdays import next_birthday
from retention.models import CaseFollowUp, ChurnWarning, RetentionCase
from workplans.models import PlanItem
from workplans.services.candidates import ASKED_DAYS

Matter = PlanItem.Matter
LONGEST_PURPOSE = 300


@dataclass(frozen=True)
class OpenOccasion:
    """One good reason to speak with a customer, as an item would say it."""

    matter: str
    occasion: str
    words: str
    purpose: str = ""
    on: date | None = None


@dataclass(frozen=True)
class Careful:
    """What is known of a customer before something is planned.

    ``opted_out``: channels; ``exempt_until``: excused from contacts until that day, today or later.
    """

    opted_out: list[str]
    exempt_until: date | None
    occasions: list[OpenOccasion]

    def channel_for(self, matter: str, preferred: str) -> str:
        """Return the channel by the customer's liking, never one that is refused (article 10)."""
        row = "visit" if matter == Matter.VISIT else "contact"
        return likely_channel(row, preferred, self.opted_out)


def careful_with(customer: Customer, last: date) -> Careful:
    """Return what to know of ``customer``, whose unit is loaded, and what is open by ``last``.

    Seven statements.
    """
    today = clock.today(customer.unit.time_zone)
    until = customer.exempt_until(Cadence.CONTACT)
    opted_out = ChannelOptOut.objects.filter(customer=customer).values_list("channel", flat=True)
    return Careful(
        opted_out=list(opted_out),
        exempt_until=until if until and until >= today else None,
        occasions=[
            *_promises(customer),
            *_retention(customer),
            *_unanswered(customer, today),
            *_due(customer, last),
            *_birthday(customer, today, last),
        ],
    )


def _promises(customer: Customer) -> Iterator[OpenOccasion]:
    rows = ContactRecord.objects.open_follow_ups().filter(customer=customer)
    for day, text in rows.order_by("follow_up_on").values_list("follow_up_on", "summary"):
        if day is None:
            continue
        words = _("Promised to get back on %(day)s") % {"day": _day(day)}
        yield OpenOccasion(Matter.FOLLOW_UP, Occasion.FOLLOW_UP, words, text[:LONGEST_PURPOSE], day)


def _retention(customer: Customer) -> Iterator[OpenOccasion]:
    """An open case, else an open warning; and who was saved is asked how it is."""
    if RetentionCase.objects.open().filter(customer=customer).exists():
        yield OpenOccasion(Matter.RETENTION, Occasion.REGULAR, _("Asks to leave"))
    else:
        rows = ChurnWarning.objects.open().filter(customer=customer)
        for step in rows.values_list("next_step", flat=True):
            yield OpenOccasion(
                Matter.RETENTION, Occasion.REGULAR, _("A churn warning is open"), step
            )
    follow_ups = CaseFollowUp.objects.open().filter(case__customer=customer)
    for day in follow_ups.order_by("due_on").values_list("due_on", flat=True)[:1]:
        words = _("Saved customer: ask by %(day)s") % {"day": _day(day)}
        yield OpenOccasion(Matter.RETENTION, Occasion.FOLLOW_UP, words, on=day)


def _unanswered(customer: Customer, today: date) -> Iterator[OpenOccasion]:
    """The customer tried to reach us and was not reached since."""
    later = ContactRecord.objects.counted().filter(
        customer=OuterRef("customer_id"), happened_at__gt=OuterRef("happened_at")
    )
    rows = ContactRecord.objects.standing().since(today - timedelta(days=ASKED_DAYS))
    rows = rows.exclude(outcome="reached").filter(
        ~Exists(later), customer=customer, direction=Direction.INCOMING
    )
    day = rows.order_by("-happened_at").values_list("happened_on", flat=True).first()
    if day is not None:
        words = _("Tried to reach us on %(day)s") % {"day": _day(day)}
        yield OpenOccasion(Matter.CONTACT, Occasion.CUSTOMER_QUESTION, words, on=day)


def _due(customer: Customer, last: date) -> Iterator[OpenOccasion]:
    if customer.contact_due_on is not None and customer.contact_due_on <= last:
        words = _("Contact by %(day)s") % {"day": _day(customer.contact_due_on)}
        yield OpenOccasion(Matter.CONTACT, Occasion.REGULAR, words, on=customer.contact_due_on)
    if customer.visit_due_on is not None and customer.visit_due_on <= last:
        words = _("Meet by %(day)s") % {"day": _day(customer.visit_due_on)}
        yield OpenOccasion(Matter.VISIT, Occasion.REGULAR, words, on=customer.visit_due_on)


def _birthday(customer: Customer, today: date, last: date) -> Iterator[OpenOccasion]:
    """A birthday in the period; nobody with an open complaint is congratulated (article 14)."""
    if customer.has_open_complaint:
        return
    day = next_birthday(customer, today)
    if day is not None and day <= last:
        words = _("Birthday on %(day)s") % {"day": date_format(day, "MONTH_DAY_FORMAT")}
        yield OpenOccasion(Matter.BIRTHDAY, Occasion.CARE, words, on=day)


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
