"""The calendar feed of a manager's plans (iCal): a secret address, and nothing private in it."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext, ngettext

from core import audit, clock, languages
from staff.models import StaffUser
from workplans.models import CalendarFeed, PlanItem, WorkPlan
from workplans.models.plans import PlanKind

KEY_BYTES = 32
LONGEST_KEY = 64
DAYS_BACK, DAYS_AHEAD = timedelta(days=31), timedelta(days=92)

Days = dict[date, tuple[WorkPlan, Counter[str]]]


@transaction.atomic
def make_feed(*, actor: StaffUser) -> str:
    """Return the key of the actor's new feed address, which is shown once; an old one ends.

    Raises PermissionDenied for who is no customer manager. Run twice, the second key holds.
    """
    if not actor.is_manager:
        raise PermissionDenied
    key = secrets.token_urlsafe(KEY_BYTES)
    feed, _is_new = CalendarFeed.objects.update_or_create(
        manager=actor, defaults={"key_hash": _hash(key), "made_at": clock.now()}
    )
    audit.record(actor=actor, verb="feed.made", obj=feed)
    return key


@transaction.atomic
def revoke_feed(*, actor: StaffUser) -> None:
    """End the actor's feed address. Safe to run twice."""
    feed = CalendarFeed.objects.select_for_update().filter(manager=actor).first()
    if feed is not None:
        audit.record(actor=actor, verb="feed.revoked", obj=feed)
        feed.delete()


def feed_of(
    key: str,
    address: Callable[[WorkPlan], str] | None = None,
    *,
    language: str | None = None,
) -> bytes | None:
    """Return the calendar behind ``key`` (iCal); None for a key that does not hold.

    In ``language`` where the reader asked for one; calendar servers ask for none, and get the
    manager's, last used on the pages, else the installation's.

    One event a day that says how many contacts and visits are planned: no names, numbers or
    addresses of customers. A day of a week's plan stands before the same day of a month's.
    ``address``: makes the address of a plan's page. Two statements.
    """
    if not 0 < len(key) <= LONGEST_KEY:
        return None
    feeds = CalendarFeed.objects.filter(key_hash=_hash(key), manager__is_active=True)
    feed = feeds.filter(manager__role="manager").select_related("manager__unit").first()
    if feed is None:
        return None
    with languages.speaking(language or feed.manager.language):
        return _calendar(feed.manager, address)


def _calendar(manager: StaffUser, address: Callable[[WorkPlan], str] | None) -> bytes:
    # Loaded with the first feed: most processes serve none, and it takes 3 MB of each.
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//vipcrm//work plans//")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", gettext("Work plan"))
    for day, (plan, counts) in sorted(_days(manager).items()):
        event = Event()
        event.add("uid", f"plan-{day:%Y%m%d}-{plan.manager_id}@vipcrm")
        event.add("dtstamp", plan.updated_at)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        event.add("summary", _summary(counts))
        if address is not None:
            event.add("url", address(plan))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _hash(key: str) -> str:
    # The key is random, so a slow hash would add nothing.
    return hashlib.sha256(key.encode()).hexdigest()


def _days(manager: StaffUser) -> Days:
    """How many items of which matter stand on which day, in which plan. One statement."""
    today = clock.today(manager.time_zone)
    rows = PlanItem.objects.standing().filter(
        plan__manager=manager, day__range=(today - DAYS_BACK, today + DAYS_AHEAD)
    )
    found: Days = {}
    for item in rows.select_related("plan").order_by("day", "pk"):
        known = found.get(item.day)
        if known is None or _nearer(item.plan, known[0]):
            known = found[item.day] = (item.plan, Counter())
        if known[0] == item.plan:
            known[1][_words_of(item)] += 1
    return found


def _nearer(one: WorkPlan, other: WorkPlan) -> bool:
    order = (PlanKind.WEEK, PlanKind.MONTH, PlanKind.YEAR)
    return order.index(PlanKind(one.kind)) < order.index(PlanKind(other.kind))


def _words_of(item: PlanItem) -> str:
    if item.customer_id is None:
        return "other"
    return "visit" if item.needs_visit else "contact"


def _summary(counts: Counter[str]) -> str:
    words = {
        "contact": lambda n: ngettext("%(number)d contact", "%(number)d contacts", n),
        "visit": lambda n: ngettext("%(number)d visit", "%(number)d visits", n),
        "other": lambda n: ngettext("%(number)d other item", "%(number)d other items", n),
    }
    parts = [words[kind](counts[kind]) % {"number": counts[kind]} for kind in words if counts[kind]]
    return gettext(", ").join(parts)
