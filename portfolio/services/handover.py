"""The list of handovers, and what a new manager should know of a customer. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from contacts.models import ContactRecord, Exemption
from core.pagination import Page, keyset_page
from customers.models import Customer, ServiceStandard
from customers.rules import FactGroup, Figure
from customers.services.profile import Fact, facts_of
from portfolio.models import ReassignedCustomer, Reassignment
from portfolio.querysets import OriginRow, ReassignmentQuerySet
from retention.models import ChurnWarning, RetentionCase
from staff.models import StaffUser
from staff.querysets import scope_of
from staff.rules import Scope

LAST_CONTACTS = 3


@dataclass(frozen=True)
class Dossier:
    """The handover of one customer, and what the new manager should know.

    ``likings``: only what is known. ``exemptions``: waiting, or standing today.
    """

    handover: ReassignedCustomer
    is_first_contact_due: bool
    promises: Sequence[ContactRecord]
    exemptions: Sequence[Exemption]
    opted_out: Sequence[str]
    likings: Sequence[Fact]
    warning: ChurnWarning | None
    case: RetentionCase | None
    contacts: Sequence[ContactRecord]


def latest_handover(user: StaffUser, customer: Customer) -> ReassignedCustomer | None:
    """Return the handover by which ``customer`` came to the present manager, if any."""
    rows = ReassignedCustomer.objects.visible_to(user).in_force().filter(customer=customer)
    people = ("reassignment__made_by", "reassignment__manager", "old_manager")
    return rows.select_related(*people).order_by("-moved_at", "-pk").first()


def is_first_contact_due(handover: ReassignedCustomer) -> bool:
    """Say whether the new manager's first contact is still to be made."""
    return ReassignedCustomer.objects.first_contact_due().filter(pk=handover.pk).exists()


def load_dossier(user: StaffUser, handover: ReassignedCustomer, today: date) -> Dossier:
    """Return what ``user``, who sees the customer, should know of them."""
    customer = (
        Customer.objects.visible_to(user)
        .select_related("profile", "unit")
        .get(pk=handover.customer_id)
    )
    stale_days = ServiceStandard.objects.load().value(Figure.STALE_FACT_DAYS, today)
    facts = facts_of(customer, today=today, stale_days=stale_days).groups
    records = ContactRecord.objects.visible_to(user).filter(customer=customer)
    excused = Exemption.objects.visible_to(user).filter(customer=customer)
    return Dossier(
        handover=handover,
        is_first_contact_due=is_first_contact_due(handover),
        promises=list(records.open_follow_ups().select_related("recorded_by")),
        exemptions=list((excused.waiting() | excused.standing(today)).order_by("ends_on")),
        opted_out=[row.get_channel_display() for row in customer.opt_outs.all()],
        likings=[fact for fact in facts[FactGroup.LIKINGS.value] if fact.is_known],
        warning=ChurnWarning.objects.visible_to(user).open().filter(customer=customer).first(),
        case=RetentionCase.objects.visible_to(user).open().filter(customer=customer).first(),
        contacts=list(
            records.standing().newest_first().select_related("recorded_by")[:LAST_CONTACTS]
        ),
    )


# --- The list ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class WantedHandovers:
    """What the list is narrowed to; None narrows nothing. Days are days of effect, included."""

    people: Collection[int] | None = None
    state: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class HandoverLine:
    """One handover as the reader may know it.

    ``is_open``: the reader sees its page; otherwise only that customers of the reader's people
    went, and how many. ``origins``: from whom how many of ``customers`` came.
    """

    handover: Reassignment
    is_open: bool
    origins: Sequence[OriginRow]

    @property
    def customers(self) -> int:
        """How many customers the reader may know of."""
        return sum(row["customers"] for row in self.origins)


@dataclass(frozen=True)
class HandoverList:
    """One page of the list."""

    page: Page[Reassignment]
    lines: Sequence[HandoverLine]


def load_handovers(user: StaffUser, wanted: WantedHandovers, cursor: str | None) -> HandoverList:
    """Return one page of the handovers that ``user`` may know of, the latest day first.

    Three statements, however many handovers.
    """
    rows = _narrowed(user, wanted).select_related("manager", "made_by")
    page = keyset_page(rows, order=["-effective_on", "-pk"], cursor=cursor)
    ids = [made.pk for made in page.rows]
    is_open = set(
        Reassignment.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)
    )
    origins = ReassignedCustomer.objects.filter(reassignment__in=ids).origins()
    scope = scope_of(user)
    lines = [
        HandoverLine(
            handover=made,
            is_open=made.pk in is_open,
            origins=[
                row
                for row in origins
                if row["reassignment_id"] == made.pk and (made.pk in is_open or _is_own(row, scope))
            ],
        )
        for made in page.rows
    ]
    return HandoverList(page, lines)


def _narrowed(user: StaffUser, wanted: WantedHandovers) -> ReassignmentQuerySet:
    rows = Reassignment.objects.known_to(user)
    if wanted.people is not None:
        rows = rows.with_part_of(wanted.people)
    if wanted.state is not None:
        rows = rows.in_state(wanted.state)
    if wanted.since is not None:
        rows = rows.filter(effective_on__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(effective_on__lte=wanted.until)
    return rows


def _is_own(row: OriginRow, scope: Scope) -> bool:
    """Whether these customers were the reader's, or those of the reader's people."""
    if row["old_manager_id"] == scope.user_id:
        return True
    path = row["unit_path"]
    return scope.unit_path is not None and path is not None and path.startswith(scope.unit_path)
