"""Departures: reported, taken back, undone by a return, and reviewed (articles 1 and 19)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.models import AuditEntry
from core.refusals import stands
from core.texts import restored, restored_values
from customers.models import Customer, ManagerChange, ServiceStandard, TierChange
from customers.rules import Figure
from customers.services.standing import come_back, lock, mark_left
from retention.models import (
    ChurnWarning,
    Departure,
    DepartureCause,
    DepartureReview,
    RetentionCase,
    Source,
    UsageSnapshot,
)
from retention.rules.departures import FINAL_KINDS, review_due_on
from retention.services import warnings
from retention.services.cases import decide_case
from staff.models import StaffUser

Kind = Departure.Kind


@dataclass(frozen=True)
class DepartureRow:
    """What is said of one departure. ``external_id`` is the sending system's own."""

    kind: Kind
    left_on: date
    is_voluntary: bool = True
    competitor: str = ""
    monthly_bill: Decimal | None = None
    note: str = ""
    external_id: str = ""


@dataclass(frozen=True)
class Then:
    """Whose a customer was on a day, and of which tier."""

    tier: str
    manager_id: int | None
    unit_id: int


def report_departure(
    *, actor: StaffUser | None, customer: Customer, departure: DepartureRow, source: Source
) -> Departure:
    """Record that a customer left, as ``report_departure_once`` does; return the departure."""
    return report_departure_once(
        actor=actor, customer=customer, departure=departure, source=source
    )[0]


@transaction.atomic
def report_departure_once(
    *, actor: StaffUser | None, customer: Customer, departure: DepartureRow, source: Source
) -> tuple[Departure, bool]:
    """Record that a customer left, with the tier, manager and unit of that day.

    The customer is marked as left, an open warning closes with *left*, an open case with *lost*,
    and a review falls due where the departure counts. Returns whether it is new: the same again
    (by ``external_id``, or customer, kind and day) gives the first one. Raises ValidationError
    for a day in the future or before the customer was VIP, and where another departure says
    otherwise.
    """
    customer = lock(customer.pk)
    known = _known(actor, customer, departure)
    if known is not None:
        return known, False
    today = clock.today(customer.unit.time_zone)
    _refuse_impossible(customer, departure, today)
    then = _then(customer, departure.left_on)
    made = Departure(
        customer=customer,
        source=source,
        reported_by=actor,
        tier=then.tier,
        manager_id=then.manager_id,
        unit_id=then.unit_id,
        review_due_on=_review_due_on(departure, today, source),
        **{field.name: getattr(departure, field.name) for field in fields(departure)},
    )
    if made.monthly_bill is None:
        made.monthly_bill = _last_bill(customer, departure.left_on)
    made.full_clean(validate_constraints=False)
    made.save(force_insert=True)
    audit.record(
        actor=actor,
        verb="departure.reported",
        obj=made,
        changes={
            name: [None, getattr(made, name)]
            for name in ("kind", "left_on", "is_voluntary", "tier", "manager_id", "unit_id")
        },
        customer_id=customer.pk,
    )
    _end_what_is_open(actor, customer)
    mark_left(actor=actor, customer=customer, on=departure.left_on)
    return made, True


def _known(
    actor: StaffUser | None, customer: Customer, departure: DepartureRow
) -> Departure | None:
    """Return the departure where the same was reported before."""
    if departure.external_id:
        sent = Departure.objects.filter(reported_by=actor, external_id=departure.external_id)
        found = sent.first()
        if found is not None and found.customer_id != customer.pk:
            raise ValidationError(
                {"external_id": _("This id was sent with another customer before.")}
            )
        if found is not None:
            return found
    same = Departure.objects.standing().filter(customer=customer, kind=departure.kind)
    return same.filter(left_on=departure.left_on).first()


def _refuse_impossible(customer: Customer, departure: DepartureRow, today: date) -> None:
    if departure.left_on > today:
        raise ValidationError({"left_on": _("That day is in the future.")})
    if departure.left_on < customer.vip_since:
        raise ValidationError({"left_on": _("The customer was not VIP yet on that day.")})
    is_final = departure.kind in FINAL_KINDS
    kinds = FINAL_KINDS if is_final else (Kind.VIP_ENDED.value,)
    others = Departure.objects.standing().filter(customer=customer, kind__in=kinds)
    # One that a return ended before the new day says nothing against it.
    for other in others:
        if other.returned_on is None or other.returned_on > departure.left_on:
            raise stands(
                _("Another departure is recorded for %(day)s (%(kind)s). Take that back first.")
                % {"day": other.left_on, "kind": other.get_kind_display()}
            )


def _then(customer: Customer, day: date) -> Then:
    """Whose the customer was on ``day``: the latest change by then, else the first there is."""
    tiers = TierChange.objects.filter(customer=customer).order_by("effective_on", "pk")
    tier = tiers.filter(effective_on__lte=day).last() or tiers.first()
    managers = ManagerChange.objects.filter(customer=customer).order_by("effective_on", "pk")
    change = managers.filter(effective_on__lte=day).last() or managers.first()
    return Then(
        tier=tier.tier if tier else customer.tier,
        manager_id=change.manager_id if change else customer.manager_id,
        unit_id=change.unit_id if change else customer.unit_id,
    )


def _review_due_on(departure: DepartureRow, today: date, source: Source) -> date | None:
    days = ServiceStandard.objects.load().value(Figure.REVIEW_DAYS, today)
    return review_due_on(
        departure.kind.value, departure.left_on, today, days, is_history=source == Source.IMPORT
    )


def _last_bill(customer: Customer, left_on: date) -> Decimal | None:
    bills = UsageSnapshot.objects.filter(customer=customer, month__lte=left_on, bill__gt=0)
    return bills.order_by("-month").values_list("bill", flat=True).first()


def _end_what_is_open(actor: StaffUser | None, customer: Customer) -> None:
    """Close the customer's open case and warning: what they feared has happened."""
    case = RetentionCase.objects.open().filter(customer=customer).first()
    if case is not None:
        decide_case(actor=actor, case=case, saved=False)
    warning = ChurnWarning.objects.open().filter(customer=customer).first()
    if warning is not None:
        warnings.close(actor=actor, warning=warning, result=ChurnWarning.Result.LEFT)


@transaction.atomic
def cancel_departure(*, actor: StaffUser | None, departure: Departure, reason: str) -> Departure:
    """Take back a departure that was wrong; the customer is here again, unless another says no.

    Rates follow. Raises ValidationError without a reason. Safe to run twice.
    """
    customer = lock(departure.customer_id)
    departure = Departure.objects.select_for_update().get(pk=departure.pk)
    if departure.cancelled_at is not None:
        return departure
    if not reason.strip():
        raise ValidationError({"reason": _("Say why in a few words.")})
    departure.cancelled_at = departure.updated_at = clock.now()
    departure.cancelled_by, departure.cancel_reason = actor, reason.strip()
    departure.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason", "updated_at"])
    audit.record(
        actor=actor,
        verb="departure.cancelled",
        obj=departure,
        changes={"cancel_reason": ["", departure.cancel_reason]},
        customer_id=customer.pk,
    )
    come_back(actor=actor, customer=customer, left_on=_still_gone_since(customer))
    return departure


@transaction.atomic
def record_return(*, actor: StaffUser | None, departure: Departure, on: date) -> Departure:
    """Record that a customer who had left is a VIP again from ``on``: won back.

    The departure stands and counts. Raises ValidationError for a day in the future or not after
    the leaving, and for who has died. Safe to run twice.
    """
    customer = lock(departure.customer_id)
    departure = Departure.objects.select_for_update().get(pk=departure.pk)
    if departure.returned_on is not None:
        return departure
    if on > clock.today(customer.unit.time_zone):
        raise ValidationError({"on": _("That day is in the future.")})
    if departure.cancelled_at is not None or departure.kind == Kind.DEATH:
        raise ValidationError(_("Nobody can come back from this."))
    gone = Departure.objects.standing().filter(customer=customer, returned_on=None)
    latest = max(gone.values_list("left_on", flat=True), default=departure.left_on)
    if on <= latest:
        raise ValidationError({"on": _("The customer left later than that.")})
    gone.update(returned_on=on, updated_at=clock.now())
    departure.refresh_from_db()
    audit.record(
        actor=actor,
        verb="departure.returned",
        obj=departure,
        changes={"returned_on": [None, on]},
        customer_id=customer.pk,
    )
    come_back(actor=actor, customer=customer)
    return departure


def _still_gone_since(customer: Customer) -> date | None:
    gone = Departure.objects.standing().filter(customer=customer, returned_on=None)
    return min(gone.values_list("left_on", flat=True), default=None)


# --- Reviews -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReviewRow:
    """What was learnt of a departure."""

    cause: DepartureCause
    foreseeable: DepartureReview.Foreseeable
    lesson: str
    competitor: str = ""
    win_back_on: date | None = None


class ReviewChangedError(ValidationError):
    """Somebody else has written a review meanwhile; ``review`` is how it is now."""

    def __init__(self, review: DepartureReview) -> None:
        super().__init__(
            _("%(name)s has written a review meanwhile. Read it, then decide.")
            % {"name": review.reviewed_by.name},
            code="changed",
        )
        self.review = review


@transaction.atomic
def review_departure(
    *, actor: StaffUser, departure: Departure, review: ReviewRow, version: int = 0
) -> DepartureReview:
    """Write the review of a departure, or change it: ``version`` is the one that was read.

    Raises ValidationError where the departure was taken back, the cause is not offered or the
    win-back day is over; ReviewChangedError, which is one, where somebody else has written
    meanwhile. Safe to run twice.
    """
    departure = Departure.objects.select_for_update().select_related("unit").get(pk=departure.pk)
    stored = DepartureReview.objects.filter(departure=departure).first()
    said = {field.name: getattr(review, field.name) for field in fields(review)}
    if stored is None:
        # The form begins with the competitor that the report named.
        said["competitor"] = restored(review.competitor, departure.competitor)
    else:
        said = restored_values(stored, said)
    if stored is not None and all(getattr(stored, name) == said[name] for name in said):
        return stored
    _refuse_review(departure, stored, review, version)
    row = stored or DepartureReview(departure=departure, version=0)
    before = {name: _plain(getattr(row, name)) for name in said} if stored else {}
    for name, value in said.items():
        setattr(row, name, value)
    row.reviewed_by, row.reviewed_at = actor, clock.now()
    row.version += 1
    row.full_clean(validate_constraints=False, validate_unique=False)
    row.save(force_insert=stored is None)
    departure.updated_at = row.reviewed_at
    departure.save(update_fields=["updated_at"])
    after = {name: _plain(value) for name, value in said.items()}
    audit.record(
        actor=actor,
        verb="departure.reviewed",
        obj=row,
        changes=audit.difference(before, after),
        customer_id=departure.customer_id,
    )
    return row


def review_changes_since(review: DepartureReview, version: int) -> list[dict[str, Any]]:
    """Return what was written since ``version``, the latest first. One statement."""
    count = review.version - version if 0 < version < review.version else 0
    entries = AuditEntry.objects.filter(
        object_type=review._meta.label_lower, object_id=review.pk, verb="departure.reviewed"
    )
    return list(audit.changes_told(entries, count))


def _refuse_review(
    departure: Departure, stored: DepartureReview | None, review: ReviewRow, version: int
) -> None:
    if departure.cancelled_at is not None:
        raise ValidationError(_("This departure was taken back."))
    if stored is not None and stored.version != version:
        raise ReviewChangedError(stored)
    is_kept = stored is not None and stored.cause_id == review.cause.pk
    if not is_kept and not DepartureCause.objects.all().offered().filter(pk=review.cause.pk):
        raise ValidationError({"cause": _("Choose a cause that is in use.")})
    today, wanted = clock.today(departure.unit.time_zone), review.win_back_on
    is_kept = stored is not None and stored.win_back_on == wanted
    if wanted is not None and wanted < today and not is_kept:
        raise ValidationError({"win_back_on": _("That day is over. Choose a later one.")})


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, DepartureCause) else value


@transaction.atomic
def save_cause(*, actor: StaffUser, cause: DepartureCause) -> DepartureCause:
    """Add a cause of leaving, or change its names, order and use. Safe to run twice.

    Raises ValidationError for what the model refuses, and for a third level.
    """
    stored = DepartureCause.objects.select_for_update().filter(pk=cause.pk).first()
    if cause.parent is not None and cause.parent.parent_id is not None:
        raise ValidationError({"parent": _("Causes have two levels.")})
    names = ("code", "parent_id", "name_en", "name_zh", "is_active", "position")
    before = {name: getattr(stored, name) for name in names} if stored else {}
    after = {name: getattr(cause, name) for name in names}
    if before == after:
        return cause
    cause.full_clean()
    cause.save()
    audit.record(
        actor=actor, verb="cause.saved", obj=cause, changes=audit.difference(before, after)
    )
    return cause
