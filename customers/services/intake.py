"""Taking in what a file or another system says of many customers at once, set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q

from core import audit, bulk, clock
from core.phones import mask_phone
from customers.models import (
    Customer,
    CustomerAddress,
    CustomerPhone,
    FactConfirmation,
    ManagerChange,
    Profile,
    SearchEntry,
    ServiceStandard,
    TierChange,
)
from customers.rules import CadenceHistory, LastContacts, Standards, TierSpan, words_of
from customers.services.clocks import CLOCK_FIELDS, clocks_of, histories_of
from customers.services.likeness import index_likeness, index_traits, traits_of
from customers.services.search import index_customers
from staff.models import StaffUser, Unit

CUSTOMER_FIELDS = (
    "name",
    "gender",
    "unit_id",
    "manager_id",
    "tier",
    "is_key",
    "joined_on",
    "vip_since",
    "birth_calendar",
    "preferred_channel",
)
NO_CONTACTS = LastContacts(None, None)
BIRTHDAY_FIELDS = ("birth_year", "birth_month", "birth_day", "birth_leap_month")
STORED_FIELDS = [*(name.removesuffix("_id") for name in CUSTOMER_FIELDS), *BIRTHDAY_FIELDS]
PROFILE_FIELDS = (
    "id_province",
    "character",
    "sports",
    "rewards",
    "occupation",
    "employer",
    "position",
)
REQUIRED_FIELDS = ("name", "unit_id", "tier")
_CLOCK_CAUSES = ("tier", "is_key", "vip_since")
_FACT_OF_FIELD = {
    **dict.fromkeys(("birth_calendar", *BIRTHDAY_FIELDS), "birthday"),
    **{name: name for name in (*PROFILE_FIELDS, "gender", "preferred_channel")},
    "phone": "phone",
    "address": "address",
}

_TRAITS = {"name", "phone", "employer", "birth_calendar", *BIRTHDAY_FIELDS}
"""What decides who looks like whom."""

Changes = dict[str, list[Any]]


@dataclass(frozen=True)
class BirthDate:
    """A birthday in the numbers of its calendar; the year may be unknown."""

    year: int | None
    month: int
    day: int
    leap_month: bool = False


@dataclass(frozen=True)
class CustomerIntake:
    """What is said of one customer. What is absent or None keeps what is known.

    ``customer``: values by field of Customer (CUSTOMER_FIELDS); ``profile``: by field of Profile
    (PROFILE_FIELDS); ``extra``: columns for parts of the product to come. ``last``: the counted
    contacts that come with it, which the caller records; used for a new customer's clocks.
    """

    number: str
    customer: Mapping[str, Any] = field(default_factory=dict)
    birthday: BirthDate | None = None
    profile: Mapping[str, str] = field(default_factory=dict)
    phone: str | None = None
    address: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    last: LastContacts = NO_CONTACTS


@dataclass(frozen=True)
class KnownCustomer:
    """A customer as stored, with the rows an intake can change."""

    customer: Customer
    profile: Profile | None
    phones: Sequence[CustomerPhone]
    addresses: Sequence[CustomerAddress]


@dataclass(frozen=True)
class IntakePlan:
    """What taking in one customer would change: ``{field: [old, new]}``, phone numbers whole."""

    intake: CustomerIntake
    known: KnownCustomer | None
    changes: Changes

    @property
    def is_new(self) -> bool:
        """Whether the customer is not there yet."""
        return self.known is None


def load_known(numbers: Iterable[str], *, lock: bool = False) -> dict[str, KnownCustomer]:
    """Return the stored customers with these numbers, by number. Four statements.

    ``lock`` holds their rows until the transaction ends.
    """
    rows = Customer.objects.filter(number__in=list(numbers)).order_by("pk")
    rows = rows.select_related("unit", "merged_into__unit")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    customers = list(rows)
    ids = [customer.pk for customer in customers]
    profiles = {row.customer_id: row for row in Profile.objects.filter(customer__in=ids)}
    phones: dict[int, list[CustomerPhone]] = defaultdict(list)
    for phone in CustomerPhone.objects.filter(customer__in=ids).order_by("position", "pk"):
        phones[phone.customer_id].append(phone)
    addresses: dict[int, list[CustomerAddress]] = defaultdict(list)
    for address in CustomerAddress.objects.filter(customer__in=ids).order_by("position", "pk"):
        addresses[address.customer_id].append(address)
    return {
        customer.number: KnownCustomer(
            customer, profiles.get(customer.pk), phones[customer.pk], addresses[customer.pk]
        )
        for customer in customers
    }


def plan_intake(intake: CustomerIntake, known: KnownCustomer | None) -> IntakePlan:
    """Compare what is said with what is known. Nothing is written.

    A number or address that the customer has already, in whatever place, changes nothing.
    """
    changes: Changes = {}
    stored: Any = known.customer if known else None
    for name, value in intake.customer.items():
        _note(changes, name, getattr(stored, name, None), value)
    _note_birthday(changes, intake.birthday, stored)
    profile = known.profile if known else None
    for name, value in intake.profile.items():
        _note(changes, name, getattr(profile, name, ""), value)
    extra = profile.imported_extra if profile else {}
    for name, value in intake.extra.items():
        _note(changes, name, extra.get(name), value)
    _note_phone(changes, intake.phone, known.phones if known else ())
    _note_address(changes, intake.address, known.addresses if known else ())
    return IntakePlan(intake=intake, known=known, changes=changes)


@transaction.atomic
def take_in_customers(
    *, actor: StaffUser | None, plans: Sequence[IntakePlan], source: str
) -> dict[str, int]:
    """Make the new customers and change the known ones; return the id of each by number.

    ``plans`` were made in this transaction from locked rows; those without changes write nothing.
    Tier, manager and key changes are dated today in the unit's zone, and the clocks are set. A
    changed fact loses its confirmation. A constant number of statements. Running it twice on
    fresh plans changes nothing more. ``source`` is the reason noted in the histories.
    """
    standards = ServiceStandard.objects.load()
    new = [plan for plan in plans if plan.known is None]
    changed = [plan for plan in plans if plan.known is not None and plan.changes]
    made = _make(actor, new, standards, source) if new else []
    if changed:
        _change(actor, changed, standards, source)
    ids = {plan.intake.number: plan.known.customer.pk for plan in plans if plan.known}
    return ids | {customer.number: customer.pk for customer in made}


# --- Comparing --------------------------------------------------------------------------------


def _note(changes: Changes, name: str, old: Any, new: Any) -> None:
    if new is not None and new != old:
        changes[name] = [old, new]


def _note_birthday(changes: Changes, said: BirthDate | None, stored: Customer | None) -> None:
    """A birthday is one value; one without a year says nothing against a known year."""
    if said is None:
        return
    new = (said.year, said.month, said.day, said.leap_month)
    old = tuple(getattr(stored, name, None) for name in BIRTHDAY_FIELDS)
    if new[1:] == old[1:] and said.year in (None, old[0]):
        return
    for name, before, after in zip(BIRTHDAY_FIELDS, old, new, strict=True):
        if before != after:
            changes[name] = [before, after]


def _note_phone(changes: Changes, number: str | None, known: Sequence[CustomerPhone]) -> None:
    if number and number not in {phone.number for phone in known}:
        changes["phone"] = [known[0].number if known else None, number]


def _note_address(changes: Changes, text: str | None, known: Sequence[CustomerAddress]) -> None:
    if text and text not in {address.text for address in known}:
        homes = [a for a in known if a.kind == CustomerAddress.Kind.HOME]
        changes["address"] = [homes[0].text if homes else None, text]


# --- New customers ----------------------------------------------------------------------------


def _make(
    actor: StaffUser | None, plans: Sequence[IntakePlan], standards: Standards, source: str
) -> list[Customer]:
    todays = _todays(plan.intake.customer["unit_id"] for plan in plans)
    customers = [_new_customer(plan.intake, todays, standards) for plan in plans]
    bulk.insert_new(customers, set_keys=True)
    pairs = list(zip(customers, [plan.intake for plan in plans], strict=True))
    bulk.insert_rows(
        Profile,
        ["customer_id", "imported_extra", *PROFILE_FIELDS],
        [
            (c.pk, dict(said.extra), *(said.profile.get(name, "") for name in PROFILE_FIELDS))
            for c, said in pairs
        ],
    )
    bulk.insert_rows(
        CustomerPhone,
        ["customer_id", "number"],
        [(c.pk, said.phone) for c, said in pairs if said.phone],
    )
    bulk.insert_rows(
        CustomerAddress,
        ["customer_id", "text"],
        [(c.pk, said.address) for c, said in pairs if said.address],
    )
    bulk.insert_rows(
        TierChange,
        ["customer_id", "tier", "effective_on", "changed_by_id", "reason"],
        [(c.pk, c.tier, c.vip_since, _key(actor), source) for c in customers],
    )
    bulk.insert_rows(
        ManagerChange,
        ["customer_id", "manager_id", "unit_id", "effective_on", "changed_by_id", "reason"],
        [
            (c.pk, c.manager_id, c.unit_id, todays[c.unit_id], _key(actor), source)
            for c in customers
        ],
    )
    bulk.insert_rows(
        SearchEntry,
        ["customer_id", "words", "phones"],
        [
            (c.pk, *words_of(c.name, c.number, [said.phone] if said.phone else []))
            for c, said in pairs
        ],
    )
    index_traits(
        {
            c.pk: traits_of(c, [said.phone] if said.phone else [], said.profile.get("employer", ""))
            for c, said in pairs
        },
        are_new=True,
    )
    _audit(actor, "customer.created", zip(customers, plans, strict=True))
    return customers


def _new_customer(
    said: CustomerIntake, today_of_unit: Mapping[int, date], standards: Standards
) -> Customer:
    today = today_of_unit[said.customer["unit_id"]]
    given = {name: value for name, value in said.customer.items() if value is not None}
    customer = Customer(
        number=said.number,
        last_contact_on=said.last.contact_on,
        last_visit_on=said.last.visit_on,
        **{"vip_since": today, **given, **_birthday_values(said.birthday)},
    )
    customer.key_since = today if customer.is_key else None
    history = CadenceHistory([TierSpan(customer.vip_since, customer.tier)])
    _set_clocks(customer, history, standards, today)
    return customer


def _birthday_values(said: BirthDate | None) -> dict[str, Any]:
    if said is None:
        return {}
    return {
        "birth_year": said.year,
        "birth_month": said.month,
        "birth_day": said.day,
        "birth_leap_month": said.leap_month,
    }


# --- Known customers --------------------------------------------------------------------------


def _change(
    actor: StaffUser | None, plans: Sequence[IntakePlan], standards: Standards, source: str
) -> None:
    pairs = [(plan.known, plan) for plan in plans if plan.known is not None]
    units = {known.customer.unit_id for known, _ in pairs}
    units |= {plan.intake.customer["unit_id"] for plan in plans if "unit_id" in plan.changes}
    todays = _todays(units)
    for known, plan in pairs:
        _set_values(known.customer, plan, todays)
    _write_histories(actor, pairs, todays, source)
    _set_changed_clocks(pairs, standards, todays)
    Customer.objects.bulk_create(
        [known.customer for known, _ in pairs],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[*STORED_FIELDS, *CLOCK_FIELDS, "key_since", "updated_at", "version"],
    )
    _write_profiles(pairs)
    _write_phones(pairs)
    _write_addresses(pairs)
    _drop_confirmations(pairs)
    found_otherwise = [
        known.customer for known, plan in pairs if {"name", "phone"} & plan.changes.keys()
    ]
    if found_otherwise:
        index_customers(found_otherwise)
    alike_otherwise = [known.customer for known, plan in pairs if _TRAITS & plan.changes.keys()]
    if alike_otherwise:
        index_likeness(alike_otherwise)
    _audit(actor, "customer.changed", [(known.customer, plan) for known, plan in pairs])


Pairs = Sequence[tuple[KnownCustomer, IntakePlan]]


def _set_values(customer: Customer, plan: IntakePlan, today_of_unit: Mapping[int, date]) -> None:
    for name in (*CUSTOMER_FIELDS, *BIRTHDAY_FIELDS):
        if name in plan.changes:
            setattr(customer, name, plan.changes[name][1])
    if "is_key" in plan.changes:
        customer.key_since = today_of_unit[customer.unit_id] if customer.is_key else None
    customer.updated_at = clock.now()
    customer.version += 1


def _write_histories(
    actor: StaffUser | None, pairs: Pairs, today_of_unit: Mapping[int, date], source: str
) -> None:
    TierChange.objects.bulk_create(
        TierChange(
            customer=known.customer,
            old_tier=plan.changes["tier"][0],
            tier=known.customer.tier,
            effective_on=today_of_unit[known.customer.unit_id],
            changed_by=actor,
            reason=source,
        )
        for known, plan in pairs
        if "tier" in plan.changes
    )
    ManagerChange.objects.bulk_create(
        ManagerChange(
            customer=known.customer,
            old_manager_id=plan.changes.get("manager_id", [known.customer.manager_id])[0],
            manager_id=known.customer.manager_id,
            unit_id=known.customer.unit_id,
            effective_on=today_of_unit[known.customer.unit_id],
            changed_by=actor,
            reason=source,
        )
        for known, plan in pairs
        if {"manager_id", "unit_id"} & plan.changes.keys()
    )


def _set_changed_clocks(
    pairs: Pairs, standards: Standards, today_of_unit: Mapping[int, date]
) -> None:
    moved = [known.customer for known, plan in pairs if plan.changes.keys() & set(_CLOCK_CAUSES)]
    histories = histories_of(moved)
    for customer in moved:
        today = today_of_unit[customer.unit_id]
        _set_clocks(customer, histories[customer.pk], standards, today)


def _write_profiles(pairs: Pairs) -> None:
    rows = []
    for known, plan in pairs:
        names = plan.changes.keys() & {*PROFILE_FIELDS, *plan.intake.extra}
        if not names:
            continue
        profile = known.profile or Profile(customer=known.customer)
        for name in names & set(PROFILE_FIELDS):
            setattr(profile, name, plan.changes[name][1])
        profile.imported_extra = {**profile.imported_extra, **plan.intake.extra}
        rows.append(profile)
    Profile.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=[*PROFILE_FIELDS, "imported_extra"],
    )


def _write_phones(pairs: Pairs) -> None:
    changed = [
        (known, plan.changes["phone"][1]) for known, plan in pairs if "phone" in plan.changes
    ]
    replaced = []
    for known, number in changed:
        if known.phones:
            known.phones[0].number = number
            replaced.append(known.phones[0])
    CustomerPhone.objects.bulk_update(replaced, ["number"], batch_size=500)
    CustomerPhone.objects.bulk_create(
        CustomerPhone(customer=known.customer, number=number)
        for known, number in changed
        if not known.phones
    )


def _write_addresses(pairs: Pairs) -> None:
    replaced, added = [], []
    for known, plan in pairs:
        if "address" not in plan.changes:
            continue
        text = plan.changes["address"][1]
        homes = [a for a in known.addresses if a.kind == CustomerAddress.Kind.HOME]
        if homes:
            homes[0].text = text
            replaced.append(homes[0])
        else:
            added.append(CustomerAddress(customer=known.customer, text=text))
    CustomerAddress.objects.bulk_update(replaced, ["text"], batch_size=500)
    CustomerAddress.objects.bulk_create(added)


def _drop_confirmations(pairs: Pairs) -> None:
    """A fact that has changed was not confirmed as it is now."""
    owners: dict[str, set[int]] = defaultdict(set)
    for known, plan in pairs:
        for name in plan.changes:
            if fact := _FACT_OF_FIELD.get(name):
                owners[fact].add(known.customer.pk)
    if owners:
        stale = Q(pk__in=[])
        for fact, ids in owners.items():
            stale |= Q(fact=fact, customer__in=ids)
        FactConfirmation.objects.filter(stale).delete()


# --- Shared -----------------------------------------------------------------------------------


def _key(actor: StaffUser | None) -> int | None:
    return actor.pk if actor else None


def _todays(unit_ids: Iterable[int]) -> dict[int, date]:
    """Return today's date in each unit."""
    units = Unit.objects.filter(pk__in=set(unit_ids)).values_list("pk", "time_zone")
    return {pk: clock.today(zone) for pk, zone in units}


def _set_clocks(
    customer: Customer, history: CadenceHistory, standards: Standards, today: date
) -> None:
    due = clocks_of(customer, history, standards, today)
    customer.contact_due_on, customer.visit_due_on = due.contact_due_on, due.visit_due_on


def _audit(
    actor: StaffUser | None, verb: str, pairs: Iterable[tuple[Customer, IntakePlan]]
) -> None:
    audit.record_many(
        actor=actor,
        verb=verb,
        model=Customer,
        rows=((c.pk, c.pk, masked_changes(plan.changes)) for c, plan in pairs),
    )


def masked_changes(changes: Changes) -> Changes:
    """Return ``changes`` with phone numbers masked, as they are kept and shown."""
    if "phone" not in changes:
        return changes
    masked = [mask_phone(number) if number else None for number in changes["phone"]]
    return {**changes, "phone": masked}
