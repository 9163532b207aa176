"""What comes into a day's log by itself (article 5): one function a source. Reads only.

A source takes a ``DayOf`` and returns the sections it fills. Another source is one more function
in ``SOURCES``; it names customers by id, and whoever may not see them gets no more than a count.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.models import Complaint, ServiceRequest
from contacts.models import CallEvent, CallResult, ContactRecord
from core import clock
from customers.models import Channel, Customer, FactConfirmation
from customers.services.sheet import LABELS
from retention.models import ChurnWarning, RetentionCase
from staff.models import StaffUser
from workplans.models import PlanItem, WorkLog
from workplans.models.plans import PlanKind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

KINDS = (PlanKind.WEEK, PlanKind.MONTH, PlanKind.YEAR)
"""Plans, the nearest to the day first."""


@dataclass(frozen=True)
class DayOf:
    """Whose day, which local date, from and until which moment, and when it was signed."""

    manager: StaffUser
    day: date
    starts_at: datetime
    ends_at: datetime
    signed_at: datetime | None = None

    @classmethod
    def of(cls, manager: StaffUser, day: date, signed_at: datetime | None = None) -> DayOf:
        """Return the day in the zone of the manager's unit."""
        zone = manager.time_zone
        return cls(
            manager, day, clock.start_of_day(day, zone), clock.end_of_day(day, zone), signed_at
        )


@dataclass(frozen=True)
class Entry:
    """One line of a section. ``at``: None where only the day is known.

    ``who``: the person it was, where it was not the manager. ``is_done``: None where that is no
    question. ``is_addition``: entered after the day was signed.
    """

    what: str
    customer: int | None = None
    at: datetime | None = None
    text: str = ""
    note: str = ""
    who: str = ""
    channel: str = ""
    is_counted: bool = False
    is_void: bool = False
    void_reason: str = ""
    is_done: bool | None = None
    is_addition: bool = False


@dataclass(frozen=True)
class Section:
    """What one source found; ``hidden``: lines about customers whom the reader may not see."""

    code: str
    title: StrOrPromise
    entries: Sequence[Entry] = ()
    hidden: int = 0

    def __len__(self) -> int:
        return len(self.entries) + self.hidden


@dataclass(frozen=True)
class CustomerShown:
    """A customer as a line shows one."""

    pk: int
    name: str
    tier: str


@dataclass(frozen=True)
class ChannelCount:
    """How many contacts by one channel were tried, and how many of them reached the customer."""

    channel: str
    label: str
    tried: int
    reached: int


@dataclass(frozen=True)
class Figures:
    """A day in numbers; what was voided is in none of them."""

    contacts: int = 0
    attempts: int = 0
    by_stand_in: int = 0
    promises_made: int = 0
    promises_kept: int = 0
    cases: int = 0
    warnings: int = 0
    facts: int = 0
    planned: int = 0
    planned_done: int = 0
    late_additions: int = 0


@dataclass(frozen=True)
class Daily:
    """A day as its log shows it. ``additions``: what was recorded after it was signed."""

    sections: Sequence[Section]
    additions: Section
    channels: Sequence[ChannelCount]
    figures: Figures
    customers: Mapping[int, CustomerShown] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing came in."""
        return not any(len(section) for section in (*self.sections, self.additions))


def load_daily(reader: StaffUser, log: WorkLog) -> Daily:
    """Return what came in for the day of ``log`` (saved or not), as ``reader`` may see it.

    Ten statements, however much was done.
    """
    of = DayOf.of(log.manager, log.log_date, log.submitted_at)
    found = [section for source in SOURCES for section in source(of)]
    wanted = {e.customer for s in found for e in s.entries if e.customer is not None}
    rows = Customer.objects.visible_to(reader).filter(pk__in=wanted)
    customers = {
        pk: CustomerShown(pk, name, tier)
        for pk, name, tier in rows.values_list("pk", "name", "tier")
    }
    shown = [_as_seen(section, customers) for section in found]
    additions = [e for section in shown for e in section.entries if e.is_addition]
    return Daily(
        sections=[
            replace(section, entries=[e for e in section.entries if not e.is_addition])
            for section in shown
        ],
        additions=Section("additions", gettext_lazy("Late additions"), additions),
        channels=_channels(found),
        figures=_figures(found),
        customers=customers,
    )


def figures_of(manager: StaffUser, log: WorkLog) -> tuple[Figures, Sequence[ChannelCount]]:
    """Return the day in numbers alone. Nine statements."""
    of = DayOf.of(manager, log.log_date, log.submitted_at)
    found = [section for source in SOURCES for section in source(of)]
    return _figures(found), _channels(found)


# --- The sources --------------------------------------------------------------------------------


def contacts_of(of: DayOf) -> list[Section]:
    """The manager's contact records; those of stand-ins and supervisors apart; promises made."""
    theirs = Q(
        manager=of.manager.pk,
        happened_at__gte=of.starts_at - timedelta(days=1),
        happened_at__lt=of.ends_at + timedelta(days=1),
    )
    # Nothing is recorded before it happened: so an index finds it among the person's records.
    own = Q(recorded_by=of.manager.pk, updated_at__gte=of.starts_at - timedelta(days=1))
    rows = ContactRecord.objects.filter(theirs | own, happened_on=of.day).select_related(
        "manager", "recorded_by"
    )
    records = sorted(rows, key=lambda record: (record.happened_at, record.pk))
    mine = [record for record in records if record.recorded_by_id == of.manager.pk]
    others = [record for record in records if record.recorded_by_id != of.manager.pk]
    promises = [r for r in mine if r.follow_up_on is not None and not r.is_voided]
    return [
        Section("contacts", gettext_lazy("Contacts"), [_contact(r, of) for r in mine]),
        Section(
            "stand_in",
            gettext_lazy("Made for the manager's customers by others"),
            [_contact(r, of) for r in others],
        ),
        Section("promised", gettext_lazy("Promises made"), [_promise(r) for r in promises]),
    ]


def promises_kept_of(of: DayOf) -> list[Section]:
    """The promises to the manager's customers that were kept on the day."""
    rows = ContactRecord.objects.standing().filter(
        manager=of.manager.pk,
        updated_at__gte=of.starts_at,
        follow_up_closed_at__gte=of.starts_at,
        follow_up_closed_at__lt=of.ends_at,
    )
    kept = [
        Entry(
            what=_("Promised for %(day)s") % {"day": _day(record.follow_up_on)},
            customer=record.customer_id,
            at=record.follow_up_closed_at,
            text=record.summary,
            is_done=True,
        )
        for record in rows.order_by("follow_up_closed_at", "pk")
    ]
    return [Section("kept", gettext_lazy("Promises kept"), kept)]


def cases_of(of: DayOf) -> list[Section]:
    """The retention cases that the manager opened or decided."""
    during = {"gte": of.starts_at, "lt": of.ends_at}
    opened = Q(opened_by=of.manager.pk, **_within("opened_at", during))
    decided = Q(decided_by=of.manager.pk, **_within("decided_at", during))
    entries: list[Entry] = []
    for case in RetentionCase.objects.filter(opened | decided).order_by("opened_at", "pk"):
        if case.opened_by_id == of.manager.pk and of.starts_at <= case.opened_at < of.ends_at:
            entries.append(
                Entry(
                    what=_("Opened: %(reason)s") % {"reason": case.get_reason_display()},
                    customer=case.customer_id,
                    at=case.opened_at,
                    text=case.reason_note,
                )
            )
        at = case.decided_at
        if (
            at is not None
            and case.decided_by_id == of.manager.pk
            and of.starts_at <= at < of.ends_at
        ):
            entries.append(
                Entry(
                    what=case.get_state_display(),
                    customer=case.customer_id,
                    at=at,
                    text=case.outcome_note,
                )
            )
    return [Section("cases", gettext_lazy("Retention cases"), entries)]


def warnings_of(of: DayOf) -> list[Section]:
    """The churn warnings that the manager followed up or closed."""
    during = {"gte": of.starts_at, "lt": of.ends_at}
    asked = Q(contacted_by=of.manager.pk, **_within("contacted_at", during))
    closed = Q(closed_by=of.manager.pk, **_within("closed_at", during))
    rows = ChurnWarning.objects.filter(asked | closed).order_by("opened_at", "pk")
    entries = [
        Entry(
            what=warning.get_result_display() if warning.result else _("Followed up"),
            customer=warning.customer_id,
            at=warning.contacted_at or warning.closed_at,
            text=warning.found,
            note=warning.next_step,
        )
        for warning in rows
    ]
    return [Section("warnings", gettext_lazy("Churn warnings followed up"), entries)]


def facts_of(of: DayOf) -> list[Section]:
    """What the manager learnt of customers or confirmed, a line a customer."""
    rows = FactConfirmation.objects.filter(confirmed_by=of.manager.pk, confirmed_on=of.day)
    by_customer: dict[int, list[str]] = defaultdict(list)
    for customer, fact in rows.order_by("customer", "pk").values_list("customer_id", "fact"):
        by_customer[customer].append(str(LABELS.get(fact, fact)))
    entries = [
        Entry(what=capfirst(_(", ").join(facts)), customer=customer)
        for customer, facts in by_customer.items()
    ]
    return [Section("facts", gettext_lazy("Learnt or confirmed"), entries)]


def plan_items_of(of: DayOf) -> list[Section]:
    """The items that the manager's plan has for the day, done or not.

    A day of a week's plan stands before the same day of a month's, as in the calendar feed.
    """
    found = PlanItem.objects.open_on(of.day).with_done().filter(plan__manager=of.manager.pk)
    items = list(found.select_related("plan").order_by("position", "pk"))
    nearest = min((KINDS.index(item.plan.kind) for item in items), default=0)
    entries = [
        Entry(
            what=item.text or item.get_matter_display(),
            customer=item.customer_id,
            text=item.purpose,
            note=item.get_channel_display() if item.channel else "",
            is_done=bool(getattr(item, "is_done", False)),
        )
        for item in items
        if item.plan.kind == KINDS[nearest]
    ]
    return [Section("planned", gettext_lazy("Planned for the day"), entries)]


def complaints_of(of: DayOf) -> list[Section]:
    """The complaints of the manager's customers that came in or were closed."""
    during = {"gte": of.starts_at, "lt": of.ends_at}
    came, closed = Q(**_within("received_at", during)), Q(**_within("closed_at", during))
    rows = Complaint.objects.filter(came | closed, manager=of.manager.pk, merged_into=None)
    entries = [
        Entry(
            what=complaint.subject,
            customer=complaint.customer_id,
            at=_of_the_day(of, complaint.received_at, complaint.closed_at),
            note=complaint.get_state_display(),
            is_done=not complaint.is_open,
        )
        for complaint in rows.order_by("received_at", "pk")
    ]
    return [Section("complaints", gettext_lazy("Complaints"), entries)]


def requests_of(of: DayOf) -> list[Section]:
    """What the manager promised to deliver, and what was done of it."""
    during = {"gte": of.starts_at, "lt": of.ends_at}
    made = Q(promised_by=of.manager.pk, **_within("promised_at", during))
    done = Q(manager=of.manager.pk, **_within("done_at", during))
    rows = ServiceRequest.objects.filter(made | done).order_by("promised_at", "pk")
    entries = [
        Entry(
            what=request.what,
            customer=request.customer_id,
            at=_of_the_day(of, request.promised_at, request.done_at),
            note=request.get_state_display(),
            is_done=request.done_at is not None,
        )
        for request in rows
    ]
    return [Section("requests", gettext_lazy("Service requests"), entries)]


def calls_of(of: DayOf) -> list[Section]:
    """The calls that the call centre told of and the manager had, or missed."""
    rows = CallEvent.objects.filter(
        Q(handled_by=of.manager.pk) | Q(served_by=of.manager.pk, result=CallResult.MISSED),
        started_at__gte=of.starts_at,
        started_at__lt=of.ends_at,
        customer__isnull=False,
    )
    entries = [
        Entry(
            what=f"{call.get_direction_display()} · {call.get_result_display()}",
            customer=call.customer_id,
            at=call.started_at,
        )
        for call in rows.order_by("started_at", "pk")
    ]
    return [Section("calls", gettext_lazy("Calls as the call centre tells them"), entries)]


SOURCES: tuple[Callable[[DayOf], list[Section]], ...] = (
    plan_items_of,
    contacts_of,
    promises_kept_of,
    cases_of,
    warnings_of,
    facts_of,
    complaints_of,
    requests_of,
    calls_of,
)
"""In the order of the page."""


def _contact(record: ContactRecord, of: DayOf) -> Entry:
    is_own = record.recorded_by_id == of.manager.pk
    whose = record.manager
    if not is_own:
        person = record.recorded_by
        who = person.name if person is not None else record.get_recorded_as_display()
    elif whose is not None and whose.pk != of.manager.pk:
        who = _("for %(name)s") % {"name": whose.name}
    else:
        who = ""
    return Entry(
        what=f"{record.get_channel_display()} · {record.get_outcome_display()}",
        customer=record.customer_id,
        at=None if record.date_only else record.happened_at,
        text=record.summary,
        note=record.get_occasion_display(),
        who=who,
        channel=record.channel,
        is_counted=record.is_counted,
        is_void=record.is_voided,
        void_reason=record.void_reason,
        is_addition=of.signed_at is not None and record.recorded_at > of.signed_at,
    )


def _promise(record: ContactRecord) -> Entry:
    return Entry(
        what=_("To get back on %(day)s") % {"day": _day(record.follow_up_on)},
        customer=record.customer_id,
        at=None if record.date_only else record.happened_at,
        is_done=record.follow_up_closed_at is not None,
    )


def _within(column: str, during: Mapping[str, datetime]) -> dict[str, datetime]:
    return {f"{column}__{lookup}": moment for lookup, moment in during.items()}


def _of_the_day(of: DayOf, *moments: datetime | None) -> datetime | None:
    """The first of ``moments`` that fell on the day."""
    return next((m for m in moments if m is not None and of.starts_at <= m < of.ends_at), None)


def _day(day: date | None) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day is not None else ""


# --- Put together -------------------------------------------------------------------------------


def _as_seen(section: Section, customers: Mapping[int, CustomerShown]) -> Section:
    """The section without what is about customers who are somebody else's by now."""
    seen = [e for e in section.entries if e.customer is None or e.customer in customers]
    return replace(section, entries=seen, hidden=len(section.entries) - len(seen))


def _of(sections: Iterable[Section], code: str) -> list[Entry]:
    return [e for s in sections if s.code == code for e in s.entries if not e.is_void]


def _figures(sections: Sequence[Section]) -> Figures:
    contacts, planned = _of(sections, "contacts"), _of(sections, "planned")
    return Figures(
        contacts=sum(entry.is_counted for entry in contacts),
        attempts=len(contacts),
        by_stand_in=len(_of(sections, "stand_in")),
        promises_made=len(_of(sections, "promised")),
        promises_kept=len(_of(sections, "kept")),
        cases=len(_of(sections, "cases")),
        warnings=len(_of(sections, "warnings")),
        facts=len(_of(sections, "facts")),
        planned=len(planned),
        planned_done=sum(bool(entry.is_done) for entry in planned),
        late_additions=sum(e.is_addition for s in sections for e in s.entries),
    )


def _channels(sections: Sequence[Section]) -> list[ChannelCount]:
    contacts = _of(sections, "contacts")
    tried = Counter(entry.channel for entry in contacts)
    reached = Counter(entry.channel for entry in contacts if entry.is_counted)
    return [
        ChannelCount(
            channel.value, str(channel.label), tried[channel.value], reached[channel.value]
        )
        for channel in Channel
        if tried[channel.value]
    ]
