"""Making two customers one who are one person: the two side by side, the merge, its undoing.

Every record of both is kept. What moves is said by each app's own list of belongings; what a
merge has changed is written down with it, so that it can be put back exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.services import merging as complaints_merging
from contacts.models import CadenceFlag, ContactRecord, Exemption, MissedCall, Snooze
from contacts.services import merging as contacts_merging
from contacts.services.records import recompute_clocks_of
from core import audit, clock, locks
from customers.models import Customer, ManagerChange, Tier, TierChange, WatchPeriod
from customers.querysets import CustomerQuerySet
from customers.rules import FACTS
from customers.services import merging
from customers.services.editing import birthday_columns, hours_columns, write_profile
from customers.services.merging import Belonging, Fate
from customers.services.sheet import (
    LABELS,
    PROFILE_FIELDS,
    ROWS,
    Sheet,
    in_words,
    load_sheet,
    profile_of,
    read_sheet,
    recorded,
)
from customers.services.standing import assign_manager, change_tier, lock, mark_key
from portfolio.models import Merge, ReassignedCustomer
from retention.models import ChurnWarning, Departure, RetentionCase, UsageSnapshot
from retention.services import merging as retention_merging
from staff.models import StaffUser
from workplans.services import merging as workplans_merging

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

BELONGINGS: tuple[Belonging, ...] = (
    *merging.BELONGINGS,
    *contacts_merging.BELONGINGS,
    *complaints_merging.BELONGINGS,
    *retention_merging.BELONGINGS,
    *workplans_merging.BELONGINGS,
    Belonging(ReassignedCustomer, Fate.MOVES_UNLESS_THERE, same=("reassignment",)),
    Belonging(Merge, Fate.OWN, column="survivor"),
    Belonging(Merge, Fate.OWN, column="absorbed"),
)
"""What a merge does with every column that names a customer; a guard holds it complete."""

OWN_RECORD = (Merge,)
"""What speaks of merges is no part of what a merge changes."""

KEPT_LISTS = ("opt_outs", *ROWS)
"""Entries of the data sheet of which both customers' rows are kept."""

STANDING: Mapping[str, StrOrPromise] = {
    "tier": gettext_lazy("tier"),
    "key": gettext_lazy("key customer"),
    "vip_since": gettext_lazy("VIP since"),
    "manager": gettext_lazy("customer manager"),
}
"""What else is chosen between the two, beside the entries of the data sheet."""

TIER_RANK = {Tier.DIAMOND.value: 0, Tier.GOLD.value: 1, Tier.SILVER.value: 2}


@dataclass(frozen=True)
class Field:
    """One field of the two customers, as the page shows it; ``chosen`` is an id."""

    name: str
    label: StrOrPromise
    first: Sequence[str]
    second: Sequence[str]
    differs: bool
    chosen: int
    is_kept: bool = False
    """Of both: nothing is to be chosen."""


@dataclass(frozen=True)
class Counted:
    """How many rows of one kind each of the two has."""

    label: StrOrPromise
    first: int
    second: int


@dataclass(frozen=True)
class Comparison:
    """Two customers side by side. ``survivor`` is the id that is suggested."""

    first: Customer
    second: Customer
    survivor: int
    fields: Sequence[Field]
    counts: Sequence[Counted]

    @property
    def differing(self) -> list[Field]:
        """The fields of which one value is to be chosen."""
        return [field for field in self.fields if field.differs and not field.is_kept]


def customers_for(actor: StaffUser) -> CustomerQuerySet:
    """Return the customers whom ``actor`` may merge: those supervised, also who left."""
    return Customer.objects.editable_by(actor).supervised_by(actor)


# --- Side by side -------------------------------------------------------------------------------


def compare(first: Customer, second: Customer) -> Comparison:
    """Return the two field by field with what is suggested. A constant number of statements."""
    survivor = _suggested(first, second)
    values = _values_of(first), _values_of(second)
    fields = []
    for name, label in {**STANDING, **LABELS}.items():
        one, other = (side[name] for side in values)
        fields.append(
            Field(
                name=name,
                label=label,
                first=_words(name, first, one),
                second=_words(name, second, other),
                differs=one != other,
                chosen=_default(name, first, second, one, other, survivor),
                is_kept=name in KEPT_LISTS,
            )
        )
    return Comparison(first, second, survivor, fields, _counts(first, second))


def _suggested(first: Customer, second: Customer) -> int:
    """An active one before one who left, then who has been VIP longer, then the older row."""
    order = [(not one.is_active, one.vip_since, one.pk) for one in (first, second)]
    return min(order)[-1]


def _values_of(customer: Customer) -> dict[str, Any]:
    sheet = read_sheet(load_sheet(customer))
    standing = {
        "tier": customer.tier,
        "key": customer.is_key,
        "vip_since": customer.vip_since,
        "manager": (customer.manager_id, customer.unit_id),
    }
    return {**standing, **sheet}


def _words(name: str, customer: Customer, value: Any) -> Sequence[str]:
    if name == "tier":
        return [customer.get_tier_display()]
    if name == "key":
        return [_("Yes") if value else _("No")]
    if name == "vip_since":
        return [date_format(value, "SHORT_DATE_FORMAT")]
    if name == "manager":
        who = customer.manager.name if customer.manager else _("the unit's pool")
        return [f"{who} · {customer.unit.full_name}"]
    return in_words(name, value)


def _default(
    name: str, first: Customer, second: Customer, one: Any, other: Any, survivor: int
) -> int:
    """The value that is known; the higher tier, the key mark, the earlier day; else the fresher.

    Where nothing tells, the survivor's.
    """
    if one == other:
        return survivor
    if name == "tier":
        return first.pk if TIER_RANK[one] < TIER_RANK[other] else second.pk
    if name == "key":
        return first.pk if one else second.pk
    empty = [value in ("", None, ()) for value in (one, other)]
    if empty[0] != empty[1]:
        return second.pk if empty[0] else first.pk
    if name in ("vip_since", "joined_on"):
        return first.pk if one < other else second.pk
    days = [_confirmed_on(customer, name) for customer in (first, second)]
    if days[0] != days[1]:
        return first.pk if days[0] > days[1] else second.pk
    return survivor


def _confirmed_on(customer: Customer, fact: str) -> date:
    rows = {row.fact: row.confirmed_on for row in customer.confirmations.all()}
    return rows.get(fact, date.min)


def _counts(first: Customer, second: Customer) -> list[Counted]:
    kinds: list[tuple[StrOrPromise, Any]] = [
        (_("Contact records"), ContactRecord),
        (_("Missed calls"), MissedCall),
        (_("Flags"), CadenceFlag),
        (_("Exemptions"), Exemption),
        (_("Hidden rows of My day"), Snooze),
        (_("Watched periods"), WatchPeriod),
        (_("Tier changes"), TierChange),
        (_("Manager changes"), ManagerChange),
        (_("Handovers"), ReassignedCustomer),
        (_("Usage snapshots"), UsageSnapshot),
        (_("Churn warnings"), ChurnWarning),
        (_("Retention cases"), RetentionCase),
        (_("Departures"), Departure),
    ]
    found = []
    for label, model in kinds:
        owners = list(
            model.objects.filter(customer__in=[first.pk, second.pk]).values_list(
                "customer_id", flat=True
            )
        )
        found.append(Counted(label, owners.count(first.pk), owners.count(second.pk)))
    return found


# --- The merge ----------------------------------------------------------------------------------


@transaction.atomic
def merge_customers(
    *, actor: StaffUser, survivor: Customer, absorbed: Customer, choices: Mapping[str, int]
) -> Merge:
    """Make ``absorbed`` one with ``survivor``; ``choices`` names by field whose value stays.

    A field that is not named keeps the survivor's value. Raises ValidationError where one of
    the two is not the actor's to merge or was merged meanwhile, and where the survivor has left
    but the other has not. Safe to run twice: the second call returns the first merge.
    """
    survivor, absorbed = _lock_both(survivor, absorbed)
    made = Merge.objects.standing().filter(survivor=survivor, absorbed=absorbed).first()
    if made is not None:
        return made
    _refuse(actor, survivor, absorbed)
    ids = [survivor.pk, absorbed.pk]
    before = merging.states_of(_recorded(), ids)
    changes, sides = _choose(actor, survivor, absorbed, choices)
    survivor = lock(survivor.pk)
    today = clock.today(survivor.unit.time_zone)
    merging.settle_confirmations(survivor=survivor, absorbed=absorbed, sides=sides)
    merging.end_double_watch(survivor=survivor, absorbed=absorbed, today=today)
    contacts_merging.settle_clashes(actor=actor, survivor=survivor, absorbed=absorbed)
    retention_merging.settle_clashes(actor=actor, survivor=survivor, absorbed=absorbed)
    merging.move_belongings(belongings=BELONGINGS, survivor=survivor, absorbed=absorbed)
    merging.close_row(absorbed=absorbed, survivor=survivor)
    _take_over(survivor, absorbed)
    recompute_clocks_of(customer_ids=[survivor.pk])
    merging.index_again([lock(survivor.pk)])
    after = merging.states_of(_recorded(), ids)
    made = Merge.objects.create(
        survivor=survivor,
        absorbed=absorbed,
        choices=dict(choices),
        changes=merging.difference(before, after),
        seal=merging.seal_of(after),
        merged_by=actor,
    )
    _tell(actor, made, changes)
    return made


def _recorded() -> list[Belonging]:
    return [one for one in BELONGINGS if one.model not in OWN_RECORD]


def _lock_both(one: Customer, other: Customer) -> tuple[Customer, Customer]:
    """Lock both rows, whichever way they come, in the same order; one merge after another.

    A merge also moves those who were merged before, whose rows another one may hold.
    """
    locks.hold("portfolio.merge")
    held = {pk: lock(pk) for pk in sorted({one.pk, other.pk})}
    return held[one.pk], held[other.pk]


def _refuse(actor: StaffUser, survivor: Customer, absorbed: Customer) -> None:
    ids = {survivor.pk, absorbed.pk}
    if len(ids) != 2 or customers_for(actor).filter(pk__in=ids).count() != 2:
        raise ValidationError(
            _("One of the two has been merged or moved meanwhile. Look for them again.")
        )
    if absorbed.is_active and not survivor.is_active:
        raise ValidationError(
            {"survivor": _("The survivor has left. Let the customer who is with us survive.")}
        )


def _choose(
    actor: StaffUser, survivor: Customer, absorbed: Customer, choices: Mapping[str, int]
) -> tuple[dict[str, list[Any]], dict[str, Customer | None]]:
    """Give the survivor the chosen values; return what changed, and where each fact came from."""
    mine, theirs = _values_of(survivor), _values_of(absorbed)
    taken = {
        name
        for name in {**STANDING, **LABELS}
        if name not in KEPT_LISTS
        and mine[name] != theirs[name]
        and choices.get(name) == absorbed.pk
    }
    sides = {
        fact: absorbed if fact in taken else survivor
        for fact in FACTS
        if fact not in KEPT_LISTS and mine[fact] != theirs[fact]
    }
    _choose_standing(actor, survivor, absorbed, taken)
    sheet = {name: theirs[name] for name in LABELS if name in taken}
    _write_sheet(survivor.pk, sheet, theirs["vip_since"] if "vip_since" in taken else None)
    told = {name: [recorded(mine[name]), recorded(value)] for name, value in sheet.items()}
    if "vip_since" in taken:
        told["vip_since"] = [mine["vip_since"], theirs["vip_since"]]
    return told, {**sides}


def _choose_standing(
    actor: StaffUser, survivor: Customer, absorbed: Customer, taken: set[str]
) -> None:
    """Tier, key mark and manager change as they always do: with history, clocks and entry."""
    reason = _("Merged with customer %(number)s") % {"number": absorbed.number}
    changes: dict[str, Callable[[], object]] = {
        "tier": lambda: change_tier(
            actor=actor, customer=survivor, tier=Tier(absorbed.tier), reason=reason
        ),
        "key": lambda: mark_key(
            actor=actor, customer=survivor, is_key=absorbed.is_key, on=absorbed.key_since
        ),
        "manager": lambda: assign_manager(
            actor=actor,
            customer=survivor,
            manager=absorbed.manager,
            unit=absorbed.unit,
            reason=reason,
        ),
    }
    for name, make in changes.items():
        if name in taken:
            make()


def _write_sheet(pk: int, sheet: Sheet, vip_since: date | None) -> None:
    customer = lock(pk)
    columns = {name: sheet[name] for name in sheet if name not in PROFILE_FIELDS}
    if "birthday" in columns:
        columns |= birthday_columns(columns.pop("birthday"))
    if "preferred_hours" in columns:
        columns |= hours_columns(columns.pop("preferred_hours"))
    if vip_since is not None:
        columns["vip_since"] = vip_since
    for name, value in columns.items():
        setattr(customer, name, value)
    if columns:
        customer.save(update_fields=list(columns))
    write_profile(customer, sheet)


def _take_over(survivor: Customer, absorbed: Customer) -> None:
    """What is kept on the row itself and follows from what has moved."""
    customer = lock(survivor.pk)
    watch = customer.watch_periods.filter(ended_on=None).first()
    customer.watched_since = watch.started_on if watch else None
    customer.has_open_complaint |= absorbed.has_open_complaint
    for name in ("contact_exempt_until", "visit_exempt_until"):
        days = [getattr(one, name) for one in (customer, absorbed)]
        setattr(customer, name, max((day for day in days if day), default=None))
    merging.touch(customer)
    customer.save()
    kept, other = profile_of(customer), profile_of(absorbed)
    extra = {**other.imported_extra, **kept.imported_extra}
    if extra != kept.imported_extra:
        kept.imported_extra = extra
        kept.save()


def _tell(actor: StaffUser, made: Merge, changes: dict[str, list[Any]]) -> None:
    """One entry about each of the two."""
    audit.record(
        actor=actor,
        verb="customer.merged",
        obj=made.survivor,
        changes={"absorbed_number": [None, made.absorbed.number], **changes},
        customer_id=made.survivor_id,
    )
    audit.record(
        actor=actor,
        verb="customer.merged_away",
        obj=made.absorbed,
        changes={"survivor_number": [None, made.survivor.number]},
        customer_id=made.absorbed_id,
    )


def labels_of(made: Merge) -> list[StrOrPromise]:
    """Return the fields whose value came from the row that was merged away."""
    labels = {**STANDING, **LABELS}
    return [label for name, label in labels.items() if made.choices.get(name) == made.absorbed_id]


# --- Undoing ------------------------------------------------------------------------------------


@transaction.atomic
def undo_merge(*, actor: StaffUser, made: Merge) -> Merge:
    """Make the two what they were. What has come since stays with the survivor.

    Where nothing has come since, every row is as before; only the counters that other systems
    follow go on. Raises ValidationError where a later merge has to be undone first, or the two
    are not both the actor's. Safe to run twice.
    """
    survivor, absorbed = _lock_both(made.survivor, made.absorbed)
    made = Merge.objects.select_for_update().get(pk=made.pk)
    if made.undone_at is not None:
        return made
    later = Merge.objects.standing().filter(pk__gt=made.pk)
    if later.filter(Q(survivor=survivor) | Q(absorbed=survivor)).exists():
        raise ValidationError(_("The customer was merged again since. Undo the later merge first."))
    if not Merge.objects.editable_by(actor).filter(pk=made.pk).exists():
        raise ValidationError(_("One of the two has moved to a unit that is not yours."))
    ids = [survivor.pk, absorbed.pk]
    is_untouched = merging.seal_of(merging.states_of(_recorded(), ids)) == made.seal
    kept = merging.put_back(made.changes, is_untouched=is_untouched)
    if not is_untouched:
        merging.settle_watches(ids)
        recompute_clocks_of(customer_ids=ids)
    for before in (survivor, absorbed):
        present = lock(before.pk)
        if present.version == before.version:
            merging.touch(present)
            present.save(update_fields=["version", "updated_at"])
    merging.index_again([lock(pk) for pk in ids])
    made.undone_at, made.undone_by = clock.now(), actor
    made.save(update_fields=["undone_at", "undone_by"])
    for customer, other in ((survivor, absorbed), (absorbed, survivor)):
        audit.record(
            actor=actor,
            verb="customer.merge_undone",
            obj=customer,
            changes={"separated_number": [None, other.number], "kept_since": [None, kept]},
            customer_id=customer.pk,
        )
    return made
