"""The days of a plan as a page shows them: items with what can be done about each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from django.forms import BoundField

from contacts.models import Occasion, Snooze
from core.addresses import address_maker
from customers.models import Customer
from staff.models import StaffUser
from workplans.forms.plans import REMARK, DecisionForm
from workplans.models import PlanItem, WorkPlan
from workplans.rules.calendar import PlanKind, period_of
from workplans.services.planned import Day, Line, PlanSheet

SAYS_THE_SAME = {("follow_up", "follow_up"), ("care", "birthday"), ("reward_activity", "activity")}
ROWS = frozenset(Snooze.Subject.values)
CHANNEL_ICONS = {
    "phone": "phone",
    "sms": "message",
    "mms": "photo",
    "im": "brand-wechat",
    "visit": "home",
    "reception": "building",
    "activity": "confetti",
}


@dataclass(frozen=True)
class Card:
    """One item as a card or a row.

    ``phone``: whole, empty where nobody is to be called. ``log_url``: the log drawer, filled from
    the item; empty where the contact is not the reader's to log. ``comment``: the supervisor's
    field while deciding.
    """

    line: Line
    item: PlanItem
    icon: str = ""
    phone: str = ""
    log_url: str = ""
    may_tick: bool = False
    comment: BoundField | None = None

    @property
    def occasion(self) -> str:
        """The occasion, where it says more than what the item is about."""
        item = self.item
        if (item.occasion, item.matter) in SAYS_THE_SAME or item.occasion == Occasion.REGULAR:
            return ""
        return item.get_occasion_display() if item.occasion else ""


@dataclass(frozen=True)
class ShownDay:
    """A day with its cards; ``most``: what its bar is measured by, in minutes."""

    day: Day
    cards: list[Card]
    is_today: bool
    is_over: bool

    @property
    def most(self) -> int:
        """The larger of what the day holds and what is planned."""
        return max(self.day.capacity_minutes, self.day.planned_minutes, 1)

    @property
    def is_full(self) -> bool:
        """Whether more is planned than fits."""
        return self.day.planned_minutes > self.day.capacity_minutes

    @property
    def is_free(self) -> bool:
        """Whether nobody works and nothing is planned."""
        return not (self.day.capacity_minutes or self.day.planned_minutes or self.cards)

    @property
    def is_past_empty(self) -> bool:
        """Whether it is over and nothing was planned."""
        return self.is_over and not self.cards and not self.day.hidden


@dataclass
class ShownWeek:
    """The days of one week that have something to show, with plan against fact."""

    first: date
    last: date
    days: list[ShownDay] = field(default_factory=list)

    @property
    def planned(self) -> int:
        """How many items there are."""
        return sum(len(one.cards) for one in self.days)

    @property
    def done(self) -> int:
        """How many are done."""
        return sum(one.day.done for one in self.days)


@dataclass(frozen=True)
class Means:
    """Whole number and whether calls are refused, of the customers the reader serves."""

    phone: str
    refuses_calls: bool


def means_of(user: StaffUser, plan: WorkPlan) -> dict[int, Means]:
    """Return how the customers of the plan whom ``user`` serves are reached. One statement."""
    seen = Customer.objects.visible_to(user).served_by(user).active()
    rows = seen.filter(plan_items__plan=plan).with_primary_phone().with_call_refusal().distinct()
    columns = ("pk", "primary_phone", "refuses_calls")
    return {pk: Means(phone or "", refuses) for pk, phone, refuses in rows.values_list(*columns)}


def days_of(
    sheet: PlanSheet,
    means: Mapping[int, Means],
    *,
    today: date,
    may_tick: bool,
    form: DecisionForm | None = None,
) -> list[ShownDay]:
    """Return the days of ``sheet`` with their cards. ``form``: while it is being decided."""
    make = address_maker("contacts:contact_log")
    return [
        ShownDay(
            day=day,
            cards=[
                _card(line, means.get(line.item.customer_id or 0), make, may_tick, form)
                for line in day.items
            ],
            is_today=day.day == today,
            is_over=day.day < today,
        )
        for day in sheet.days
    ]


def weeks_of(days: Iterable[ShownDay]) -> list[ShownWeek]:
    """Return those of ``days`` that hold items, by their weeks."""
    weeks: list[ShownWeek] = []
    for shown in days:
        if not (shown.cards or shown.day.hidden):
            continue
        period = period_of(PlanKind.WEEK, shown.day.day)
        if not weeks or weeks[-1].first != period.starts_on:
            weeks.append(ShownWeek(period.starts_on, period.ends_on))
        weeks[-1].days.append(shown)
    return weeks


def item_ids(sheet: PlanSheet) -> Sequence[int]:
    """Return the ids of the items that the reader sees."""
    return [line.item.pk for day in sheet.days for line in day.items]


def _card(
    line: Line,
    means: Means | None,
    make: Callable[[int], str],
    may_tick: bool,
    form: DecisionForm | None,
) -> Card:
    item = line.item
    may_log = means is not None and not line.is_done
    calls = may_log and means is not None and not means.refuses_calls
    return Card(
        line=line,
        item=item,
        icon=CHANNEL_ICONS.get(item.channel, ""),
        phone=means.phone if calls and means is not None else "",
        log_url=_log_url(item, make) if may_log else "",
        may_tick=may_tick and item.customer_id is None,
        comment=form[f"{REMARK}{item.pk}"] if form is not None else None,
    )


def _log_url(item: PlanItem, make: Callable[[int], str]) -> str:
    """The log drawer, with the channel and the occasion that were planned; the words are not."""
    given = {
        "row": item.matter if item.matter in ROWS else Snooze.Subject.CONTACT.value,
        "channel": item.channel,
        "occasion": item.occasion,
    }
    known = {name: value for name, value in given.items() if value}
    return f"{make(item.customer_id or 0)}?{urlencode(known)}"
