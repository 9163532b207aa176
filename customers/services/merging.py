"""Two customers who are one person: what is where, what moves, and the way back.

Each app says in its own ``BELONGINGS`` what a merge does with its rows; a guard test holds the
lists against the foreign keys to Customer. ``states_of`` and ``difference`` tell what a merge
has changed in them, ``put_back`` undoes exactly that.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import F, Max

from core import clock
from customers.models import (
    ChannelOptOut,
    Customer,
    CustomerAddress,
    CustomerPhone,
    FactConfirmation,
    FamilyMember,
    JobChange,
    LikenessKey,
    LikePair,
    ManagerChange,
    Profile,
    SearchEntry,
    Status,
    TierChange,
    WatchPeriod,
)
from customers.rules import FACTS
from customers.services.likeness import index_likeness
from customers.services.search import index_customers


class Fate(StrEnum):
    """What a merge does with the rows of a column that names a customer."""

    MOVES = "moves to the survivor"
    MOVES_UNLESS_THERE = "moves unless the survivor has the same; then it stays, hidden"
    GOES_WITH_VALUE = "stands with whom the value it speaks of came from"
    SHOWN = "stays, and is shown under the survivor"
    OWN = "stays: of the row itself"
    DERIVED = "made anew from what is there"


@dataclass(frozen=True)
class Belonging:
    """What a merge does with the rows of ``model`` whose ``column`` names the customer.

    ``same``: the columns in which two rows are the same one. ``ordered``: moved rows stand
    behind the survivor's. ``told``: other systems follow the rows by ``updated_at``.
    """

    model: type[models.Model]
    fate: Fate
    column: str = "customer"
    same: tuple[str, ...] = ()
    ordered: bool = False
    told: bool = False

    @property
    def name(self) -> str:
        """The column as the guard names it."""
        return f"{self.model._meta.app_label}.{self.model.__name__}.{self.column}"


BELONGINGS = (
    Belonging(Customer, Fate.MOVES, column="merged_into"),
    Belonging(Profile, Fate.OWN),
    Belonging(CustomerPhone, Fate.MOVES_UNLESS_THERE, same=("number",), ordered=True),
    Belonging(
        CustomerAddress, Fate.MOVES_UNLESS_THERE, same=("text", "kind", "city"), ordered=True
    ),
    Belonging(
        FamilyMember,
        Fate.MOVES_UNLESS_THERE,
        same=("relation", "name", "birth_year", "note"),
        ordered=True,
    ),
    Belonging(
        JobChange,
        Fate.MOVES_UNLESS_THERE,
        same=("employer", "position_held", "from_year", "to_year", "note"),
        ordered=True,
    ),
    Belonging(ChannelOptOut, Fate.MOVES_UNLESS_THERE, same=("channel",)),
    Belonging(FactConfirmation, Fate.GOES_WITH_VALUE, same=("fact",)),
    # The clocks ask the tiers of a customer's own row: another row's would make them wrong.
    Belonging(TierChange, Fate.SHOWN),
    Belonging(ManagerChange, Fate.SHOWN),
    Belonging(WatchPeriod, Fate.MOVES),
    Belonging(SearchEntry, Fate.DERIVED),
    Belonging(LikenessKey, Fate.DERIVED),
    Belonging(LikePair, Fate.DERIVED, column="first"),
    Belonging(LikePair, Fate.DERIVED, column="second"),
)

COUNTERS = frozenset({"version", "updated_at"})
"""What only ever goes on: other systems follow it, so an undo is one more change."""

CLOCKS = frozenset({"last_contact_on", "last_visit_on", "contact_due_on", "visit_due_on"})
TOGETHER: tuple[frozenset[str], ...] = (
    frozenset({"birth_calendar", "birth_year", "birth_month", "birth_day", "birth_leap_month"}),
    frozenset({"preferred_from", "preferred_to"}),
    frozenset({"is_key", "key_since"}),
    frozenset({"status", "left_on", "merged_into_id", "contact_due_on", "visit_due_on"}),
    frozenset({"closed_at", "close_reason", "closed_by_id", "result"}),
    frozenset({"state", "decided_at", "decided_by_id"}),
)
"""Columns of which either all go back to what they were, or none."""

State = dict[str, dict[str, dict[str, Any]]]
"""Rows by model and key: plain values by column."""

Changes = dict[str, dict[str, dict[str, Any]]]
"""By model: "changed" (old and new by key and column), "added" and "removed" (whole rows)."""


# --- Moving -------------------------------------------------------------------------------------


def move_belongings(
    *, belongings: Iterable[Belonging], survivor: Customer, absorbed: Customer
) -> None:
    """Give the survivor what moves of ``absorbed``. The caller has locked both.

    No row is lost: what the survivor has already stays with the absorbed row.
    """
    for one in belongings:
        rows = one.model._default_manager.filter(**{one.column: absorbed})
        if one.fate is Fate.MOVES_UNLESS_THERE:
            rows = _not_there_yet(one, rows, survivor)
        elif one.fate is not Fate.MOVES:
            continue
        values: dict[str, Any] = {one.column: survivor}
        if one.ordered:
            theirs = one.model._default_manager.filter(**{one.column: survivor})
            last = theirs.aggregate(last=Max("position"))["last"]
            values["position"] = F("position") + (0 if last is None else last + 1)
        if one.told:
            values["updated_at"] = clock.now()
        rows.update(**values)


def _not_there_yet(
    one: Belonging, rows: models.QuerySet[Any], survivor: Customer
) -> models.QuerySet[Any]:
    theirs = one.model._default_manager.filter(**{one.column: survivor})
    taken = set(theirs.values_list(*one.same))
    going = [pk for pk, *said in rows.values_list("pk", *one.same) if tuple(said) not in taken]
    return one.model._default_manager.filter(pk__in=going)


def end_double_watch(*, survivor: Customer, absorbed: Customer, today: date) -> None:
    """End the absorbed row's open watch where the survivor is watched too: one is open."""
    if survivor.watched_since is not None:
        absorbed.watch_periods.filter(ended_on=None).update(ended_on=today)


def settle_confirmations(
    *, survivor: Customer, absorbed: Customer, sides: Mapping[str, Customer | None]
) -> None:
    """Let the confirmations stand with the values that stay.

    ``sides`` maps a fact to the row its value came from; None where both say the same or both
    are kept: then the newer confirmation holds.
    """
    own = {row.fact: row for row in survivor.confirmations.all()}
    other = {row.fact: row for row in absorbed.confirmations.all()}
    for fact in FACTS:
        mine, theirs, side = own.get(fact), other.get(fact), sides.get(fact)
        if mine is None and theirs is None:
            continue
        newer = theirs is not None and (mine is None or theirs.confirmed_on > mine.confirmed_on)
        if not (newer if side is None else side == absorbed):
            continue
        _exchange(mine, theirs, survivor, absorbed)


def _exchange(
    mine: FactConfirmation | None,
    theirs: FactConfirmation | None,
    survivor: Customer,
    absorbed: Customer,
) -> None:
    if mine is None and theirs is not None:
        theirs.customer = survivor
        theirs.save(update_fields=["customer"])
    elif theirs is None and mine is not None:
        mine.customer = absorbed
        mine.save(update_fields=["customer"])
    elif mine is not None and theirs is not None:
        mine.confirmed_on, theirs.confirmed_on = theirs.confirmed_on, mine.confirmed_on
        mine.confirmed_by, theirs.confirmed_by = theirs.confirmed_by, mine.confirmed_by
        for row in (mine, theirs):
            row.save(update_fields=["confirmed_on", "confirmed_by"])


def settle_watches(ids: Collection[int]) -> None:
    """Let ``watched_since`` say what the watched periods of these customers say."""
    open_ones = WatchPeriod.objects.filter(customer__in=ids, ended_on=None)
    since = dict(open_ones.values_list("customer_id", "started_on"))
    for pk in ids:
        Customer.objects.filter(pk=pk).update(watched_since=since.get(pk))


def close_row(*, absorbed: Customer, survivor: Customer) -> None:
    """Make ``absorbed`` (locked) a row that answers with the survivor; its clocks stop."""
    absorbed.status, absorbed.merged_into, absorbed.left_on = Status.MERGED, survivor, None
    absorbed.contact_due_on = absorbed.visit_due_on = None
    absorbed.last_contact_on = absorbed.last_visit_on = None
    touch(absorbed)
    absorbed.save()


def touch(customer: Customer) -> None:
    """Count one more change on ``customer``, without saving."""
    customer.version += 1
    customer.updated_at = clock.now()


def index_again(customers: Sequence[Customer]) -> None:
    """Write what is derived of ``customers``: search words, keys and pairs of likeness."""
    index_customers(customers)
    index_likeness(customers)


# --- What has changed, and the way back -----------------------------------------------------------


def states_of(belongings: Iterable[Belonging], ids: Collection[int]) -> State:
    """Return every row of these customers, and the two rows themselves. A statement a table."""
    found: dict[type[models.Model], dict[str, dict[str, Any]]] = defaultdict(dict)
    own: list[tuple[type[models.Model], str]] = [(Customer, "pk")]
    own += [(one.model, one.column) for one in belongings if one.fate is not Fate.DERIVED]
    for model, column in own:
        rows = model._default_manager.filter(**{f"{column}__in": ids}).order_by("pk")
        for row in rows.values(*(field.attname for field in model._meta.concrete_fields)):
            key = str(row[model._meta.pk.attname])
            found[model][key] = {name: _plain(value) for name, value in row.items()}
    return {model._meta.label_lower: rows for model, rows in found.items()}


def seal_of(state: State) -> str:
    """Return what two equal states share; the counters say nothing of what is there."""
    plain = {
        label: {
            key: {name: value for name, value in row.items() if name not in COUNTERS}
            for key, row in rows.items()
        }
        for label, rows in state.items()
    }
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def difference(before: State, after: State) -> Changes:
    """Return what must be put back to come from ``after`` to ``before``."""
    changes: Changes = {}
    for label in sorted({*before, *after}):
        old, new = before.get(label, {}), after.get(label, {})
        changed = {
            key: columns
            for key in old.keys() & new.keys()
            if (
                columns := {
                    name: [old[key][name], value]
                    for name, value in new[key].items()
                    if value != old[key][name] and name not in COUNTERS
                }
            )
        }
        parts: dict[str, dict[str, Any]] = {
            "changed": changed,
            "added": {key: new[key] for key in new.keys() - old.keys()},
            "removed": {key: old[key] for key in old.keys() - new.keys()},
        }
        if any(parts.values()):
            changes[label] = {name: rows for name, rows in parts.items() if rows}
    return changes


def put_back(changes: Changes, *, is_untouched: bool) -> int:
    """Undo ``changes``; return how many rows stay as they are, because they changed since.

    ``is_untouched``: nothing has come since, so all goes back. Otherwise a value goes back where
    it is still what the merge made of it, and what has come since stays with the survivor.
    """
    kept = 0
    for label in sorted(changes, key=_last_customers):
        model = apps.get_model(label)
        of_model = changes[label]
        kept += _take_away(model, of_model.get("added", {}), is_untouched=is_untouched)
        if is_untouched:
            _put_all_back(model, of_model.get("changed", {}))
        else:
            kept += _put_unchanged_back(model, of_model.get("changed", {}))
        _insert(model, of_model.get("removed", {}))
    return kept


def _last_customers(label: str) -> tuple[bool, str]:
    """The customers last: their rows say what the others must agree with."""
    return (label == Customer._meta.label_lower, label)


def _take_away(
    model: type[models.Model], added: Mapping[str, Mapping[str, Any]], *, is_untouched: bool
) -> int:
    """Delete rows that the merge added, where they are as it left them."""
    rows = {str(row.pk): row for row in model._default_manager.filter(pk__in=list(added))}
    same = [
        row.pk
        for key, row in rows.items()
        if is_untouched or {**_values(row), **_counters(added[key])} == dict(added[key])
    ]
    model._default_manager.filter(pk__in=same).delete()
    return len(rows) - len(same)


def _insert(model: type[models.Model], removed: Mapping[str, Mapping[str, Any]]) -> None:
    model._default_manager.bulk_create(
        [model(**_loaded(model, values)) for values in removed.values()]
    )


def _put_all_back(
    model: type[models.Model], changed: Mapping[str, Mapping[str, Sequence[Any]]]
) -> None:
    """Give the columns their old values: one statement for all rows with the same ones."""
    groups: dict[str, list[str]] = defaultdict(list)
    for key, columns in changed.items():
        old = {name: before for name, (before, _after) in columns.items()}
        groups[json.dumps(old, sort_keys=True)].append(key)
    for text, keys in sorted(groups.items()):
        values = {**_loaded(model, json.loads(text)), **_moved_on(model)}
        model._default_manager.filter(pk__in=keys).update(**values)


def _put_unchanged_back(
    model: type[models.Model], changed: Mapping[str, Mapping[str, Sequence[Any]]]
) -> int:
    kept = 0
    rows = {str(row.pk): row for row in model._default_manager.filter(pk__in=list(changed))}
    for key, row in rows.items():
        now = _values(row)
        columns = changed[key]
        stale = {name for name, (_before, after) in columns.items() if now[name] != after}
        stale -= CLOCKS
        for group in TOGETHER:
            if stale & group - CLOCKS:
                stale |= group
        old = {name: before for name, (before, _a) in columns.items() if name not in stale}
        values = {**_loaded(model, old), **_moved_on(model)}
        kept += bool(stale)
        if not old:
            continue
        try:
            with transaction.atomic():
                model._default_manager.filter(pk=row.pk).update(**values)
        except IntegrityError:
            # What has come since holds its place: the row stays where it is.
            kept += 1
    return kept


def _moved_on(model: type[models.Model]) -> dict[str, Any]:
    """One more change of the row, for who follows it."""
    names = {field.name for field in model._meta.concrete_fields}
    moved: dict[str, Any] = {"updated_at": clock.now()} if "updated_at" in names else {}
    return {**moved, "version": F("version") + 1} if "version" in names else moved


def _values(row: models.Model) -> dict[str, Any]:
    return {
        field.attname: _plain(getattr(row, field.attname)) for field in row._meta.concrete_fields
    }


def _counters(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in COUNTERS}


def _loaded(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    return {
        name: value if by_name[name].is_relation else by_name[name].to_python(value)
        for name, value in values.items()
    }


def _plain(value: Any) -> Any:
    # Whole: JSON's own way cuts microseconds.
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | Decimal) else value
