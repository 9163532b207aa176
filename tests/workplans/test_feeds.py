"""The calendar feed: a secret address, revocable, and nothing private in it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from icalendar import Calendar

from core.models import AuditEntry
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY
from tests.workplans.plans_of import a_plan, an_item
from workplans.models import CalendarFeed
from workplans.models.plans import PlanKind
from workplans.services.feeds import feed_of, make_feed, revoke_feed

pytestmark = pytest.mark.usefixtures("frozen")


def events_of(feed: bytes | None) -> dict[date, tuple[str, str]]:
    assert feed is not None
    events: Any = Calendar.from_ical(feed).walk("VEVENT")
    return {
        event["dtstart"].dt: (str(event["summary"]), str(event.get("url", ""))) for event in events
    }


def test_a_day_is_one_event_without_a_word_about_customers(manager: StaffUser) -> None:
    week, month = a_plan(manager), a_plan(manager, PlanKind.MONTH)
    customer = CustomerFactory(manager=manager, name="张三丰")
    for entry in ({}, {"needs_visit": True}, {"purpose": "张三丰 13800138000"}):
        an_item(week, customer, **entry)
    an_item(week, text="张三丰's papers")
    an_item(month, customer)
    an_item(month, customer, day=TODAY - timedelta(days=3))
    feed = feed_of(make_feed(actor=manager), address=lambda plan: f"https://crm/{plan.kind}")
    assert events_of(feed) == {
        TODAY: ("2 contacts, 1 visit, 1 other item", "https://crm/week"),
        TODAY - timedelta(days=3): ("1 contact", "https://crm/month"),
    }
    text = (feed or b"").decode()
    assert not any(word in text for word in ("张", "138", customer.number))


def test_only_the_newest_key_holds_until_it_is_revoked(manager: StaffUser) -> None:
    old, new = make_feed(actor=manager), make_feed(actor=manager)
    assert feed_of(old) is None
    assert events_of(feed_of(new)) == {}
    assert new not in str(list(CalendarFeed.objects.values()))
    assert new not in str(list(AuditEntry.objects.values_list("changes", flat=True)))
    revoke_feed(actor=manager)
    revoke_feed(actor=manager)
    assert feed_of(new) is None
    assert feed_of("") is None
    assert feed_of("x" * 10_000) is None


def test_a_feed_ends_with_the_person(manager: StaffUser, supervisor: StaffUser) -> None:
    key = make_feed(actor=manager)
    StaffUser.objects.filter(pk=manager.pk).update(is_active=False)
    assert feed_of(key) is None
    with pytest.raises(PermissionDenied):
        make_feed(actor=supervisor)
