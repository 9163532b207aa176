"""Logs for tests, made the way the product makes them."""

from __future__ import annotations

from datetime import date
from typing import Any

from contacts.models import ContactRecord, Outcome
from contacts.services.records import Contact, log_contact
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.pages import TODAY
from workplans.models import WorkLog
from workplans.services.logs import LogTexts, open_log, save_log, submit_log


def a_log(manager: StaffUser, day: date = TODAY, **texts: str) -> WorkLog:
    """Begin the manager's log of a day, with what was learnt."""
    log = open_log(actor=manager, day=day)
    given = LogTexts(**(texts or {"learnt": "客户要出国"}))
    return save_log(actor=manager, log=log, texts=given, version=log.version)


def a_submitted_log(manager: StaffUser, day: date = TODAY, **texts: str) -> WorkLog:
    """Hand the manager's log of a day in."""
    return submit_log(actor=manager, log=a_log(manager, day, **texts))


def contact(
    manager: StaffUser, customer: Customer, outcome: Outcome = Outcome.REACHED, **given: Any
) -> ContactRecord:
    """Log a call of now."""
    given.setdefault("channel", Channel.PHONE)
    return log_contact(actor=manager, customer=customer, contact=Contact(outcome=outcome, **given))
