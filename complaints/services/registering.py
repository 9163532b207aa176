"""A complaint comes in: written down, clocked and assigned at once (article 21)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from complaints.models import (
    Category,
    Complaint,
    ComplaintNotice,
    ComplaintStep,
    Severity,
    Source,
    State,
)
from complaints.models.complaints import StepKind
from complaints.rules.clocks import clocks_of, deadlines_of
from complaints.rules.people import supervisors_for
from complaints.services.people import find_handler, supervisors_of
from complaints.services.writing import (
    columns_of,
    locked,
    mark_customer,
    refuse_merged,
    write_step,
)
from core import audit, clock, locks
from core.texts import restored_values
from customers.models import Customer, ServiceStandard
from customers.services.standing import lock
from staff.models import StaffUser

SAID = (
    "subject",
    "description",
    "category_id",
    "severity",
    "wish",
    "source",
    "is_appeal",
    "external_id",
)
"""The columns that tell what is complained of, as a person enters them."""


@dataclass(frozen=True)
class Report:
    """What a customer complains of. ``received_at`` aware; without it: now.

    ``external_id``: the report's number in the sending system, told apart from others' numbers.
    """

    subject: str
    category: Category
    description: str = ""
    severity: Severity = Severity.NORMAL
    wish: str = ""
    source: Source = Source.MANAGER
    is_appeal: bool = False
    received_at: datetime | None = None
    external_id: str = ""


class ComplaintChangedError(Exception):
    """Somebody else changed the complaint meanwhile; ``complaint`` is how it is now."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.pk)
        self.complaint = complaint


def register(
    *,
    actor: StaffUser,
    customer: Customer,
    report: Report,
    submission_key: UUID | None = None,
) -> Complaint:
    """Write down a complaint and assign it: the unit's handler, else the next unit's up.

    Nobody found: it stays unassigned and the unit's supervisors are told. Raises ValidationError
    for a moment in the future, a category out of use and a customer who was merged away. With a
    ``submission_key``, or an ``external_id``, it may be sent twice: the second returns the first.
    """
    return register_once(
        actor=actor, customer=customer, report=report, submission_key=submission_key
    )[0]


@transaction.atomic
def register_once(
    *,
    actor: StaffUser,
    customer: Customer,
    report: Report,
    submission_key: UUID | None = None,
) -> tuple[Complaint, bool]:
    """Do as ``register`` does, and say whether the complaint is new."""
    if report.external_id.strip():
        # Sent for two customers at once, the second is refused in words.
        locks.hold(f"complaints.external.{actor.pk}.{report.external_id.strip()}")
    customer = lock(customer.pk)
    sent = _already_sent(actor, customer, report, submission_key)
    if sent is not None:
        return sent, False
    now = clock.now()
    received_at = report.received_at or now
    _refuse_impossible(customer, report, received_at, now)
    standards = ServiceStandard.objects.load()
    zone = clock.zone_info(customer.unit.time_zone)
    day = clock.local_date(received_at, customer.unit.time_zone)
    clocks = clocks_of(received_at, [], deadlines_of(standards, customer.tier, day), zone)
    complaint = Complaint(
        customer=customer,
        unit=customer.unit,
        manager_id=customer.manager_id,
        tier=customer.tier,
        subject=report.subject.strip(),
        description=report.description.strip(),
        category=report.category,
        severity=report.severity,
        wish=report.wish.strip(),
        source=report.source,
        external_id=report.external_id.strip(),
        is_appeal=report.is_appeal or report.source == Source.REGULATOR,
        handler=find_handler(customer.unit),
        registered_by=actor,
        registered_at=now,
        received_at=received_at,
        submission_key=submission_key,
        updated_at=now,
        **columns_of(clocks),
    )
    complaint.full_clean(exclude=["customer", "unit", "manager", "handler", "registered_by"])
    complaint.next_notice_at = clocks.next_alarm(())
    complaint.save(force_insert=True)
    ComplaintStep.objects.create(
        complaint=complaint,
        kind=StepKind.REGISTERED,
        at=now,
        actor=actor,
        to_state=State.REGISTERED,
        details={"handler": [None, complaint.handler_id]},
    )
    tell_assigned(complaint)
    audit.record(
        actor=actor,
        verb="complaint.registered",
        obj=complaint,
        changes=audit.difference(
            {},
            {name: getattr(complaint, name) or None for name in (*SAID, "handler_id", "tier")},
        ),
        customer_id=customer.pk,
    )
    mark_customer(actor, complaint)
    return complaint, True


@transaction.atomic
def change_details(
    *, actor: StaffUser, complaint: Complaint, report: Report, version: int
) -> Complaint:
    """Change what is complained of; when and how it came in stays. Tier and deadlines stay too.

    ``version`` is that of the complaint as the person read it. Raises ComplaintChangedError where
    somebody else changed it since, ValidationError for a double report. Sent twice with what
    stands already it changes nothing.
    """
    complaint = locked(complaint)
    refuse_merged(complaint)
    refuse = _refuse_category(report.category, complaint.category_id)
    if refuse is not None:
        raise refuse
    given = {
        "subject": report.subject.strip(),
        "description": report.description.strip(),
        "category_id": report.category.pk,
        "severity": report.severity,
        "wish": report.wish.strip(),
        "is_appeal": report.is_appeal,
    }
    given = restored_values(complaint, given)
    changes = audit.difference({name: getattr(complaint, name) for name in given}, given)
    if not changes:
        return complaint
    if complaint.version != version:
        raise ComplaintChangedError(complaint)
    fields = {name: given[name] for name in changes}
    if "category_id" in fields:
        fields["category"] = report.category
    write_step(
        actor=actor,
        complaint=complaint,
        kind=StepKind.CHANGED,
        details=changes,
        fields=fields,
    )
    return complaint


def tell_assigned(complaint: Complaint) -> None:
    """Tell the handler of the complaint; where there is none, the unit's supervisors."""
    level, people = ComplaintNotice.Level.ASSIGNED, [complaint.handler_id]
    if complaint.handler_id is None:
        level = ComplaintNotice.Level.UNASSIGNED
        path = complaint.unit.path
        people = list(supervisors_for(path, supervisors_of([path]))[0]) or [None]
    now = clock.now()
    ComplaintNotice.objects.bulk_create(
        [
            ComplaintNotice(
                complaint=complaint, person_id=pk, level=level, round=complaint.reopened, at=now
            )
            for pk in people
        ],
        ignore_conflicts=True,
    )


def _already_sent(
    actor: StaffUser, customer: Customer, report: Report, submission_key: UUID | None
) -> Complaint | None:
    rows = Complaint.objects.select_related("customer", "unit", "category", "handler")
    sent = rows.filter(submission_key=submission_key).first() if submission_key else None
    if sent is None and report.external_id.strip():
        own = rows.filter(registered_by=actor)
        sent = own.filter(external_id=report.external_id.strip()).first()
    if sent is None:
        return None
    same_customer = sent.customer_id == customer.pk or sent.customer.merged_into_id == customer.pk
    if sent.registered_by_id != actor.pk or not same_customer:
        raise ValidationError(_("Another complaint was sent under this key already."))
    return sent


def _refuse_impossible(
    customer: Customer, report: Report, received_at: datetime, now: datetime
) -> None:
    if customer.is_merged:
        raise ValidationError(_("This customer was merged into another one."))
    if received_at > now:
        raise ValidationError({"received_at": _("That moment is in the future.")})
    refuse = _refuse_category(report.category, None)
    if refuse is not None:
        raise refuse


def _refuse_category(category: Category, standing: int | None) -> ValidationError | None:
    """What speaks against a category; the one the complaint has may stay."""
    if category.is_active or category.pk == standing:
        return None
    return ValidationError({"category": _("This category is out of use.")})
