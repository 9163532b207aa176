"""Changing the signals of the risk score: each change is a new version (article 17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from core import audit
from core.texts import restored_values
from retention.models import Signal, SignalGroup, SignalVersion
from retention.rules.features import CHANGES, SUMS, Feature, Operator
from retention.rules.scoring import Version
from staff.models import StaffUser

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CHANGED_MEANWHILE = "changed_meanwhile"

FEATURE_NAMES: Mapping[Feature, StrOrPromise] = {
    Feature.VOICE_CHANGE_PERCENT: _("Voice minutes against the own average, in %"),
    Feature.DATA_CHANGE_PERCENT: _("Data against the own average, in %"),
    Feature.BILL_CHANGE_PERCENT: _("Bill against the own average, in %"),
    Feature.DAYS_WITHOUT_USE: _("Days without use in the latest month"),
    Feature.ARREARS_YUAN: _("Arrears in yuan"),
    Feature.SUSPENSIONS: _("Suspensions"),
    Feature.CONTRACT_DAYS_LEFT: _("Days until the contract ends"),
    Feature.CONTACT_OVERDUE_DAYS: _("Days overdue for a contact"),
    Feature.MONTHS_WITHOUT_ROAMING: _("Months since the last roaming"),
    Feature.CARE_CALLS: _("Calls to the care line"),
    Feature.DAYS_WITH_MANAGER: _("Days with the present customer manager"),
    Feature.OPEN_COMPLAINTS: _("Open complaints"),
    Feature.COMPLAINTS: _("Complaints in the window"),
}
OPERATOR_NAMES: Mapping[Operator, StrOrPromise] = {
    Operator.LESS: _("less than"),
    Operator.AT_MOST: _("at most"),
    Operator.MORE: _("more than"),
    Operator.AT_LEAST: _("at least"),
}
OPERATOR_SIGNS = {
    Operator.LESS: "<",
    Operator.AT_MOST: "≤",
    Operator.MORE: ">",
    Operator.AT_LEAST: "≥",
}
LOOKS_BACK = {*CHANGES, *SUMS, Feature.MONTHS_WITHOUT_ROAMING, Feature.COMPLAINTS}
"""Features for which the window matters."""


@dataclass(frozen=True)
class Draft:
    """What a signal shall say."""

    field: Feature
    operator: Operator
    threshold: Decimal
    window_months: int
    points: int
    points_when_missing: int
    reason_en: str
    reason_zh: str
    group: SignalGroup | None = None

    def columns(self) -> dict[str, Any]:
        """Return the columns of a version."""
        return {
            "field": self.field.value,
            "operator": self.operator.value,
            "threshold": self.threshold.quantize(Decimal("0.01")),
            "window_months": self.window_months,
            "points": self.points,
            "points_when_missing": self.points_when_missing,
            "reason_en": self.reason_en,
            "reason_zh": self.reason_zh,
            "group_id": self.group.pk if self.group else None,
        }

    def as_version(self, pk: int = 0) -> Version:
        """Return it as the rule scores by it, under the id ``pk`` of a version that is none."""
        return Version.of(
            pk,
            self.field,
            self.operator,
            self.threshold,
            self.window_months,
            self.points,
            self.points_when_missing,
            self.group.pk if self.group else None,
            self.group.cap if self.group else None,
        )


def draft_of(version: SignalVersion) -> Draft:
    """Return what a version says."""
    return Draft(
        field=Feature(version.field),
        operator=Operator(version.operator),
        threshold=version.threshold,
        window_months=version.window_months,
        points=version.points,
        points_when_missing=version.points_when_missing,
        reason_en=version.reason_en,
        reason_zh=version.reason_zh,
        group=version.group,
    )


@transaction.atomic
def create_signal(*, actor: StaffUser, code: str, draft: Draft) -> Signal:
    """Add a signal with its first version; it counts from the next scoring on.

    Raises ValidationError where the code is taken. Not safe twice: the code is taken then.
    """
    signal = Signal(code=code)
    signal.full_clean()
    signal.save(force_insert=True)
    version = _add_version(actor, signal, None, draft.columns())
    audit.record(
        actor=actor, verb="signal.created", obj=signal, changes=_differences(None, version)
    )
    return signal


@transaction.atomic
def change_signal(
    *, actor: StaffUser, signal: Signal, draft: Draft, seen_number: int
) -> SignalVersion:
    """Give the signal another version; it counts from the next scoring on, past scores stay.

    Raises ValidationError (code ``changed_meanwhile``) where somebody else made another version
    than ``seen_number`` meanwhile. Safe to run twice: what says the same makes no version.
    """
    present = _lock(signal)
    wanted = {**_columns(present), **restored_values(present, draft.columns())}
    return _change(actor, signal, present, wanted, seen_number)


@transaction.atomic
def switch_signal(
    *, actor: StaffUser, signal: Signal, is_active: bool, seen_number: int
) -> SignalVersion:
    """Switch the signal on or off from the next scoring on. Raises and repeats as a change does."""
    present = _lock(signal)
    wanted = {**_columns(present), "is_active": is_active}
    return _change(actor, signal, present, wanted, seen_number)


@transaction.atomic
def change_cap(*, actor: StaffUser, group: SignalGroup, cap: int, seen_cap: int) -> SignalGroup:
    """Let a group give at most ``cap`` points from the next scoring on; past scores stay.

    Raises ValidationError for a cap outside 1 to 100, and (code ``changed_meanwhile``) where it
    is no longer ``seen_cap``. Safe to run twice.
    """
    group = SignalGroup.objects.select_for_update().get(pk=group.pk)
    if group.cap == cap:
        return group
    if group.cap != seen_cap:
        raise _changed_meanwhile()
    before, group.cap = group.cap, cap
    group.full_clean()
    group.save(update_fields=["cap"])
    audit.record(
        actor=actor, verb="signal_group.changed", obj=group, changes={"cap": [before, cap]}
    )
    return group


def rule_in_words(version: SignalVersion) -> str:
    """Return what a version asks, in the reader's language."""
    feature, operator = Feature(version.field), Operator(version.operator)
    threshold = number_format(version.threshold.normalize(), use_l10n=True)
    if version.threshold == version.threshold.to_integral_value():
        threshold = str(int(version.threshold))
    rule = f"{FEATURE_NAMES[feature]} {OPERATOR_SIGNS[operator]} {threshold}"
    if feature not in LOOKS_BACK:
        return rule
    window = gettext("window: %(count)s months") % {"count": version.window_months}
    return f"{rule} ({window})"


def _lock(signal: Signal) -> SignalVersion:
    Signal.objects.select_for_update().get(pk=signal.pk)
    return signal.versions.get(is_current=True)


def _change(
    actor: StaffUser,
    signal: Signal,
    present: SignalVersion,
    wanted: dict[str, Any],
    seen_number: int,
) -> SignalVersion:
    if wanted == _columns(present):
        return present
    if present.number != seen_number:
        raise _changed_meanwhile()
    made = _add_version(actor, signal, present, wanted)
    audit.record(
        actor=actor, verb="signal.changed", obj=signal, changes=_differences(present, made)
    )
    return made


def _add_version(
    actor: StaffUser, signal: Signal, present: SignalVersion | None, columns: dict[str, Any]
) -> SignalVersion:
    number = present.number + 1 if present is not None else 1
    version = SignalVersion(signal=signal, number=number, changed_by=actor, **columns)
    version.full_clean(validate_constraints=False)
    SignalVersion.objects.filter(signal=signal, is_current=True).update(is_current=False)
    version.save(force_insert=True)
    return version


VERSION_FIELDS = (
    "field",
    "operator",
    "threshold",
    "window_months",
    "points",
    "points_when_missing",
    "reason_en",
    "reason_zh",
    "group_id",
    "is_active",
)


def _columns(version: SignalVersion) -> dict[str, Any]:
    return {name: getattr(version, name) for name in VERSION_FIELDS}


def _differences(old: SignalVersion | None, new: SignalVersion) -> dict[str, list[Any]]:
    before = _columns(old) if old is not None else dict.fromkeys(VERSION_FIELDS)
    changes = audit.difference(before, _columns(new), VERSION_FIELDS)
    return {
        name: [str(v) if isinstance(v, Decimal) else v for v in pair]
        for name, pair in changes.items()
    }


def _changed_meanwhile() -> ValidationError:
    return ValidationError(
        gettext_lazy("Somebody changed it meanwhile. Look at what holds now and choose again."),
        code=CHANGED_MEANWHILE,
    )
