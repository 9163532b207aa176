"""Editing a customer's data sheet by hand: nothing that somebody else wrote is lost unseen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import Model

from core import audit, clock
from core.models import AuditEntry
from core.texts import restored, restored_values
from core.unseen import plain_name
from customers.models import ChannelOptOut, Customer, FactConfirmation, Profile
from customers.rules import FACTS
from customers.services.likeness import LIKENESS_ENTRIES, index_likeness
from customers.services.profile import confirm_facts
from customers.services.search import index_customers
from customers.services.sheet import (
    CUSTOMER_FIELDS,
    PROFILE_FIELDS,
    ROWS,
    Birthday,
    Hours,
    Row,
    Sheet,
    fingerprint,
    load_sheet,
    read_sheet,
    recorded,
)
from customers.services.standing import lock
from staff.models import StaffUser

MINE, THEIRS = "mine", "theirs"
SHEET_VERBS = ("customer.edited", "customer.changed", "customer.facts_learnt")
"""What the audit trail calls the changes to a data sheet."""

VERSION_VERBS = (
    *SHEET_VERBS,
    "customer.tier_changed",
    "customer.manager_changed",
    "customer.key_changed",
    "customer.watch_changed",
    "customer.excused",
    "customer.left",
    "customer.merged",
    "customer.merged_away",
    "customer.merge_undone",
)
"""What the audit trail calls the changes that count up a customer's version, one entry each."""

MOST_CHANGES_TOLD = 50

_SALT = "customers.editing"


@dataclass(frozen=True)
class Base:
    """What the sheet was like when the editor opened it, told by fingerprints.

    ``asked``: the entries for which the editor has been asked to choose.
    """

    prints: Mapping[str, str] = field(default_factory=dict)
    asked: Collection[str] = ()

    def sealed(self) -> str:
        """Return it as text for a hidden field; nothing personal can be read from it."""
        return signing.dumps({"prints": dict(self.prints), "asked": list(self.asked)}, salt=_SALT)


@dataclass(frozen=True)
class Clash:
    """An entry that somebody else changed while the editor had the sheet open."""

    name: str
    theirs: Any
    mine: Any
    is_mine_changed: bool


class EditConflictError(Exception):
    """Somebody else changed entries meanwhile; the editor has to choose. Nothing was written.

    ``last_change`` is the latest change to the customer, which says by whom and when.
    """

    def __init__(
        self, clashes: Sequence[Clash], base: Base, last_change: AuditEntry | None
    ) -> None:
        super().__init__(", ".join(clash.name for clash in clashes))
        self.clashes = clashes
        self.base = base
        self.last_change = last_change


class VersionConflictError(Exception):
    """The customer has changed since the version that was read. Nothing was written.

    ``changes``: field, old and new value, when and by whom, the latest first.
    """

    def __init__(self, version: int, changes: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(str(version))
        self.version = version
        self.changes = changes


def base_of(sheet: Sheet, asked: Collection[str] = ()) -> Base:
    """Return the base of an edit that begins with ``sheet``."""
    return Base({name: fingerprint(value) for name, value in sheet.items()}, asked)


def unsealed(text: str) -> Base:
    """Return the base that ``text`` holds; what is not ours knows nothing, so all is asked."""
    try:
        raw = signing.loads(text, salt=_SALT)
    except signing.BadSignature:
        return Base()
    return Base(prints=raw["prints"], asked=raw["asked"])


@transaction.atomic
def edit_customer(
    *,
    actor: StaffUser,
    customer: Customer,
    values: Sheet,
    base: Base,
    choices: Mapping[str, str] | None = None,
) -> Customer:
    """Change the entries of the sheet that differ from what is stored; those facts are fresh now.

    ``values`` has every entry that the editor saw, checked by the caller. ``choices`` maps an
    entry that somebody else changed to MINE or THEIRS. Raises EditConflictError while a choice is
    wanting. Safe to run twice: the second time nothing differs.
    """
    customer = load_sheet(lock(customer.pk))
    stored = read_sheet(customer)
    mine = _with_whole_numbers(values, stored)
    wanted, clashes = _settled(stored, mine, base, choices or {})
    if clashes:
        asked = {*base.asked, *(clash.name for clash in clashes)}
        raise EditConflictError(clashes, base_of(stored, sorted(asked)), _last_change(customer))
    changes = {name: value for name, value in wanted.items() if value != stored[name]}
    if not changes:
        return customer
    _write(actor, customer, changes)
    _refresh_confirmations(actor, customer, changes)
    audit.record(
        actor=actor,
        verb="customer.edited",
        obj=customer,
        changes={name: [recorded(stored[name]), recorded(new)] for name, new in changes.items()},
        customer_id=customer.pk,
    )
    return customer


@transaction.atomic
def change_entries(
    *, actor: StaffUser, customer: Customer, values: Sheet, version: int
) -> Customer:
    """Change these entries of the sheet where ``version`` is still the present one.

    ``values`` is checked by the caller. Raises VersionConflictError where it is not. Not safe
    twice: a change makes another version.
    """
    present = lock(customer.pk)
    check_version(present, version)
    base = base_of(read_sheet(load_sheet(present)))
    return edit_customer(actor=actor, customer=customer, values=values, base=base)


def check_version(customer: Customer, version: int) -> None:
    """Raise VersionConflictError where ``version`` is not the one of ``customer``."""
    if customer.version != version:
        raise VersionConflictError(customer.version, list(_changes_since(customer, version)))


def _changes_since(customer: Customer, version: int) -> Iterator[dict[str, Any]]:
    """Yield what changed since ``version``; nothing for one that never was."""
    count = customer.version - version if 0 < version < customer.version else 0
    entries = AuditEntry.objects.filter(customer_id=customer.pk, verb__in=VERSION_VERBS)
    yield from audit.changes_told(entries, min(count, MOST_CHANGES_TOLD))


def _with_whole_numbers(values: Sheet, stored: Sheet) -> Sheet:
    """Fill in the numbers that an editor who sees them masked has left as they are."""
    values = {name: _whole_again(value, stored[name]) for name, value in values.items()}
    if "phone" not in values:
        return values
    numbers = {row.id: row.number for row in stored["phone"]}
    rows = [
        row if row.number else replace(row, number=numbers.get(row.id, ""))
        for row in values["phone"]
    ]
    return {**values, "phone": tuple(row for row in rows if row.number)}


def _whole_again(value: Any, stored: Any) -> Any:
    """Return an entry with what its unchanged masks hide: of a text, or of each row of a list."""
    if isinstance(value, str) and isinstance(stored, str):
        return restored(value, stored)
    if not isinstance(value, tuple):
        return value
    known = {row.id: row for row in stored if isinstance(row, Row)}
    return tuple(
        replace(row, **restored_values(known[row.id], row.columns()))
        if isinstance(row, Row) and row.id in known
        else row
        for row in value
    )


def _settled(
    stored: Sheet, mine: Sheet, base: Base, choices: Mapping[str, str]
) -> tuple[Sheet, list[Clash]]:
    """Return what to store, and the entries for which the editor has yet to choose."""
    wanted: Sheet = {}
    clashes = []
    for name, value in mine.items():
        choice = choices.get(name)
        is_known = base.prints.get(name) == fingerprint(stored[name])
        is_settled = is_known and (name not in base.asked or choice in (MINE, THEIRS))
        if value != stored[name] and not is_settled:
            is_changed = base.prints.get(name) != fingerprint(value)
            clashes.append(Clash(name, stored[name], value, is_changed))
        wanted[name] = stored[name] if choice == THEIRS and is_known else value
    return wanted, clashes


def _last_change(customer: Customer) -> AuditEntry | None:
    changes = AuditEntry.objects.filter(customer_id=customer.pk, verb__in=SHEET_VERBS)
    return changes.select_related("actor").order_by("-at", "-pk").first()


# --- Writing ----------------------------------------------------------------------------------


def _write(actor: StaffUser, customer: Customer, changes: Sheet) -> None:
    columns = _columns_of(changes)
    for name, value in columns.items():
        setattr(customer, name, value)
    customer.updated_at = clock.now()
    customer.version += 1
    customer.save(update_fields=[*columns, "updated_at", "version"])
    write_profile(customer, changes)
    for name in ROWS.keys() & changes.keys():
        write_rows(customer, name, changes[name])
    if "opt_outs" in changes:
        write_opt_outs(actor, customer, changes["opt_outs"])
    if changes.keys() & {"name", "phone"}:
        index_customers([customer])
    if changes.keys() & LIKENESS_ENTRIES:
        index_likeness([customer])


def _columns_of(changes: Sheet) -> dict[str, Any]:
    """Return what ``changes`` makes of the customer's own columns."""
    columns = {name: value for name, value in changes.items() if name in CUSTOMER_FIELDS}
    if "name" in columns:
        columns["name"] = plain_name(columns["name"])
    if "birthday" in changes:
        columns |= birthday_columns(changes["birthday"])
    if "preferred_hours" in changes:
        columns |= hours_columns(changes["preferred_hours"])
    return columns


def birthday_columns(birthday: Birthday | None) -> dict[str, Any]:
    """Return the columns of ``Customer`` that keep a birthday."""
    if birthday is None:
        return {
            "birth_year": None,
            "birth_month": None,
            "birth_day": None,
            "birth_leap_month": False,
        }
    return {
        "birth_calendar": birthday.calendar,
        "birth_year": birthday.year,
        "birth_month": birthday.month,
        "birth_day": birthday.day,
        "birth_leap_month": birthday.leap_month,
    }


def hours_columns(hours: Hours | None) -> dict[str, Any]:
    """Return the columns of ``Customer`` that keep the preferred hours."""
    return {
        "preferred_from": hours.start if hours else None,
        "preferred_to": hours.end if hours else None,
    }


def write_profile(customer: Customer, values: Sheet) -> None:
    """Store the entries of ``values`` that belong to the profile."""
    changed = [name for name in PROFILE_FIELDS if name in values]
    if not changed:
        return
    profile, _made = Profile.objects.get_or_create(customer=customer)
    for name in changed:
        setattr(profile, name, values[name])
    profile.clean_fields(exclude=[f.name for f in Profile._meta.fields if f.name not in changed])
    profile.save(update_fields=changed)


def write_rows(customer: Customer, name: str, wanted: Sequence[Row]) -> None:
    """Make the stored rows of one list those of ``wanted``, in that order; others go."""
    row_type, _accessor = ROWS[name]
    stored: dict[int, Model] = {
        row.pk: row for row in row_type.model._default_manager.filter(customer=customer)
    }
    pairs = list(_matched(row_type, stored, wanted))
    kept = {row.pk for row, _want in pairs if row is not None}
    row_type.model._default_manager.filter(pk__in=stored.keys() - kept).delete()
    for position, (found, want) in enumerate(pairs):
        row = found or row_type.model(customer=customer)
        values = {**want.columns(), "position": position}
        if found is not None and all(getattr(row, k) == v for k, v in values.items()):
            continue
        for column, value in values.items():
            setattr(row, column, value)
        row.full_clean(exclude=["customer"])
        row.save()


def _matched(
    row_type: type[Row], stored: Mapping[int, Model], wanted: Sequence[Row]
) -> Iterable[tuple[Model | None, Row]]:
    """Find each wanted row's stored one: first by what it is, then by the id it had.

    By what it is first, so that two numbers that change places never stand twice.
    """
    free = dict(stored)
    same: dict[int, Model] = {}
    by_key: dict[Any, int] = {row_type.of(row).key: pk for pk, row in stored.items()}
    for place, want in enumerate(wanted):
        pk = by_key.get(want.key)
        if pk in free:
            same[place] = free.pop(pk)
    for place, want in enumerate(wanted):
        yield same.get(place) or free.pop(want.id or 0, None), want


def write_opt_outs(actor: StaffUser, customer: Customer, channels: Collection[str]) -> None:
    """Make the channels the customer has opted out of those of ``channels``."""
    customer.opt_outs.exclude(channel__in=channels).delete()
    known = set(customer.opt_outs.values_list("channel", flat=True))
    today = clock.today(customer.unit.time_zone)
    ChannelOptOut.objects.bulk_create(
        ChannelOptOut(customer=customer, channel=channel, since=today, recorded_by=actor)
        for channel in channels
        if channel not in known
    )


def _refresh_confirmations(actor: StaffUser, customer: Customer, changes: Sheet) -> None:
    """A changed fact is confirmed by who changed it; of one that is gone nothing is."""
    facts = changes.keys() & FACTS.keys()
    known = {fact for fact in facts if changes[fact]}
    if known:
        confirm_facts(actor=actor, customer=customer, facts=known)
    FactConfirmation.objects.filter(customer=customer, fact__in=facts - known).delete()
