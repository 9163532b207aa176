"""What of retention wants doing for the customers a person serves. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast, Coalesce

from core.texts import FreeCharField
from retention.models import (
    CaseFollowUp,
    ChurnEvent,
    ChurnWarning,
    MeasureOffer,
    RetentionCase,
    WarningReason,
)
from retention.models.cases import LeavingReason
from retention.models.risk import in_language
from staff.models import StaffUser

NO_MOMENT = Cast(Value(None), DateTimeField())
NO_DAY = Cast(Value(None), DateField())
NO = Value(False, BooleanField())
ZERO = Value(0, IntegerField())
NOTHING = Value("", FreeCharField())


@dataclass(frozen=True)
class WarningDue:
    """An open warning: until when it is to be followed up, and why, the weightiest first."""

    pk: int
    customer: int
    follow_up_due_at: datetime
    next_step_on: date | None
    next_step: str
    is_hard: bool
    is_contacted: bool
    is_escalated: bool
    snoozed_until: date | None
    snooze_reason: str
    reasons: Sequence[str] = ()

    def on(self, first_day: date, today: date) -> date | None:
        """Return the day under which it stands on My day; None where nothing is to be done today.

        ``first_day``: the local day of the time to follow up.
        """
        if not self.is_contacted:
            return first_day
        step = self.next_step_on
        return step if step is not None and step <= today else None


@dataclass(frozen=True)
class CaseDue:
    """An open case. ``waiting``, ``ready``: measures that wait, and that may be offered."""

    pk: int
    customer: int
    deadline_at: datetime | None
    reason: str
    competitor: str
    waiting: int
    ready: int


@dataclass(frozen=True)
class FollowUpDue:
    """A saved customer is to be asked how they are."""

    pk: int
    case: int
    customer: int
    due_on: date
    kind: str


@dataclass
class RetentionDue:
    """What wants doing, by customer. ``approvals``: measures that wait for this person's word."""

    warnings: dict[int, WarningDue] = field(default_factory=dict)
    cases: dict[int, CaseDue] = field(default_factory=dict)
    follow_ups: dict[int, FollowUpDue] = field(default_factory=dict)
    approvals: int = 0

    def customers(self) -> set[int]:
        """Return the customers with anything of it."""
        return {*self.warnings, *self.cases, *self.follow_ups}


def _words(*columns: str) -> Coalesce:
    """Return the first of these text columns that is there."""
    return Coalesce(*map(F, columns), NOTHING, output_field=FreeCharField())


def retention_due(user: StaffUser, today: date) -> RetentionDue:
    """Return what of retention wants doing for ``user``. One statement.

    Open warnings and cases of the customers served, the earliest follow-up of each that is due by
    ``today``, and how many measures wait for the person's approval.
    """
    found = RetentionDue()
    reasons: dict[int, list[tuple[bool, int, str]]] = {}
    rows: list[Sequence[Any]] = list(_all_of_it(user, today))
    for kind, pk, _customer, _at, _day, _until, is_event, _second, points, _n, text, other in rows:
        if kind == "reason":
            words = _event_in_words(text, other) if is_event else in_language(text, other)
            reasons.setdefault(pk, []).append((not is_event, -points, words))
    for row in rows:
        _put(found, row, reasons)
    return found


def _put(
    found: RetentionDue,
    row: Sequence[Any],
    reasons: Mapping[int, list[tuple[bool, int, str]]],
) -> None:
    kind, pk, customer, at, day, until, first, second, number, other_number, text, other = row
    if kind == "warning":
        found.warnings[customer] = WarningDue(
            pk=pk,
            customer=customer,
            follow_up_due_at=at,
            next_step_on=day,
            next_step=other,
            is_hard=bool(first),
            is_contacted=bool(second),
            is_escalated=bool(number),
            snoozed_until=until,
            snooze_reason=text,
            reasons=[words for _event, _points, words in sorted(reasons.get(pk, ()))],
        )
    elif kind == "case":
        found.cases[customer] = CaseDue(
            pk, customer, at, str(LeavingReason(text).label), other, number, other_number
        )
    elif kind == "follow_up":
        known = found.follow_ups.get(customer)
        if known is None or day < known.due_on:
            words = str(CaseFollowUp.Kind(text).label)
            found.follow_ups[customer] = FollowUpDue(pk, number, customer, day, words)
    elif kind == "approval":
        found.approvals += 1


def _all_of_it(user: StaffUser, today: date) -> QuerySet[Any, Any]:
    """All rows as one statement; every part has the columns of ``_put`` in that order."""
    served = {"customer__manager__in": user.scope.manager_ids, "customer__status": "active"}
    of_warning = {f"warning__{name}": value for name, value in served.items()}
    of_case = {f"case__{name}": value for name, value in served.items()}
    warnings = ChurnWarning.objects.open().filter(**served)
    parts = [
        _part(
            "warning",
            warnings,
            at=F("follow_up_due_at"),
            day=F("next_step_on"),
            until=F("snoozed_until"),
            first=F("is_hard"),
            second=ExpressionWrapper(Q(contacted_at__isnull=False), BooleanField()),
            number=Cast(
                ExpressionWrapper(Q(escalated_at__isnull=False), BooleanField()), IntegerField()
            ),
            text=F("snooze_reason"),
            other=F("next_step"),
        ),
        _part(
            "reason",
            WarningReason.objects.filter(warning__closed_at=None, **of_warning),
            pk=F("warning_id"),
            customer=F("warning__customer_id"),
            first=ExpressionWrapper(Q(event__isnull=False), BooleanField()),
            number=F("points"),
            text=_words("event__kind", "signal_version__reason_en"),
            other=_words("event__competitor", "signal_version__reason_zh"),
        ),
        _part(
            "case",
            RetentionCase.objects.open().filter(**served).with_counts(),
            at=F("deadline_at"),
            number=F("waiting"),
            other_number=F("ready"),
            text=F("reason"),
            other=F("competitor"),
        ),
        _part(
            "follow_up",
            CaseFollowUp.objects.due(today).filter(**of_case),
            customer=F("case__customer_id"),
            day=F("due_on"),
            number=F("case_id"),
            text=F("kind"),
        ),
        _part(
            "approval",
            MeasureOffer.objects.decidable_by(user).waiting(),
            customer=F("case__customer_id"),
        ),
    ]
    return parts[0].union(*parts[1:], all=True)


def _part(kind: str, rows: QuerySet[Any, Any], **columns: Any) -> QuerySet[Any, Any]:
    """One part of the statement; a column that a kind does not have is empty."""
    empty = {
        "kind": Value(kind, CharField()),
        "pk": F("pk"),
        "customer": F("customer_id") if "customer" not in columns else None,
        "at": NO_MOMENT,
        "day": NO_DAY,
        "until": NO_DAY,
        "first": NO,
        "second": NO,
        "number": ZERO,
        "other_number": ZERO,
        "text": NOTHING,
        "other": NOTHING,
    }
    return rows.order_by().values_list(*{**empty, **columns}.values())


def _event_in_words(kind: str, competitor: str) -> str:
    words = str(ChurnEvent.Kind(kind).label)
    return f"{words} ({competitor})" if competitor else words
