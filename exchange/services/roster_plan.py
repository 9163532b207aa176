"""What a piece of a roster would do to the customers that are there now. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import F

from contacts.services.imported import ImportedContact, last_contacts_of, newest_records
from core import clock
from core.identity import identity
from customers.models import Channel, Customer
from customers.rules import BirthdayKey, Traits
from customers.services.intake import (
    BIRTHDAY_FIELDS,
    PROFILE_FIELDS,
    BirthDate,
    CustomerIntake,
    IntakePlan,
    KnownCustomer,
    load_known,
    masked_changes,
    plan_intake,
)
from customers.services.likeness import alike_among, birthday_key
from exchange.models import RosterImport, RosterImportRow
from exchange.rules.headings import RosterField
from exchange.rules.makings import Decision, Made, Making, Makings
from exchange.rules.reasons import Reason, Rejection
from exchange.rules.rows import RosterRow, birthday_rejections
from exchange.rules.values import SOLAR, Birthday
from staff.models import Role, StaffUser, Unit
from staff.rules import NOTHING, Scope

Outcome = RosterImportRow.Outcome

# What says the same under the same name in the roster and on the customer.
_SAME_FIELDS = (
    RosterField.NAME,
    RosterField.GENDER,
    RosterField.TIER,
    RosterField.IS_KEY,
    RosterField.JOINED_ON,
    RosterField.VIP_SINCE,
    RosterField.BIRTH_CALENDAR,
    RosterField.PREFERRED_CHANNEL,
)
_NEEDED_BY_NEW = (RosterField.NAME, RosterField.TIER, RosterField.UNIT)
_SHOWN_OF_NEW = ("name", "tier", "unit", "manager")


@dataclass(frozen=True)
class Importer:
    """Whose import it is: everything for administrators and commands, a unit for a supervisor."""

    actor: StaffUser | None
    everything: bool
    scope: Scope = NOTHING

    @classmethod
    def of(cls, actor: StaffUser | None) -> Importer:
        """Return what ``actor`` may import; who is neither may import nothing."""
        if actor is None or actor.is_administrator:
            return cls(actor, everything=True)
        return cls(actor, everything=False, scope=actor.scope)

    def unit_names(self) -> list[str]:
        """Return the full names of the units that are the importer's to fill. One statement."""
        units = Unit.objects.all()
        if not self.everything:
            units = units.within(self.scope.unit_path or NOBODY)
        return list(units.order_by("full_name").values_list("full_name", flat=True))

    def reaches_home_of(self, person: StaffUser) -> bool:
        """Say whether the person belongs to a unit that is the importer's to fill."""
        return self.reaches(person.unit.path if person.unit else "")

    def reaches(self, path: str) -> bool:
        """Say whether the unit at ``path`` is the importer's to fill."""
        return self.everything or bool(
            self.scope.unit_path and path.startswith(self.scope.unit_path)
        )


@dataclass(frozen=True)
class UnitRef:
    """A unit by its full name; a negative id stands for one that is still to be made."""

    pk: int
    full_name: str
    path: str
    today: date


@dataclass(frozen=True)
class ManagerRef:
    """A manager by staff number; a negative id stands for one that is still to be made."""

    pk: int
    staff_number: str
    name: str
    unit: UnitRef | None
    serves: bool = True

    def __str__(self) -> str:
        return f"{self.name} ({self.staff_number})"


@dataclass
class World:
    """All that the rows of one piece refer to, loaded with a constant number of statements.

    Units, managers and customers are found by the identity of their name or number.
    """

    units: dict[str, UnitRef]
    managers: dict[str, ManagerRef]
    known: Mapping[str, KnownCustomer]
    newest: Mapping[int, date]
    today: date
    units_by_id: dict[int, UnitRef] = field(default_factory=dict)
    managers_by_id: dict[int, ManagerRef] = field(default_factory=dict)


@dataclass(frozen=True)
class Terms:
    """What was said for the whole of an import.

    ``for_all``: what the row of a new customer says that is silent about a field; ``makings``:
    the units and managers to make, in which the rows also note those that they want.
    """

    for_all: Mapping[RosterField, Any] = field(default_factory=dict)
    makings: Makings = field(default_factory=Makings)

    @classmethod
    def of(cls, roster_import: RosterImport, *, all_made: bool = False) -> Terms:
        """Return what was said about ``roster_import``."""
        return cls(
            {RosterField(name): value for name, value in roster_import.for_all.items()},
            Makings.of(roster_import.makings, all_made=all_made),
        )


@dataclass(frozen=True)
class RowPlan:
    """What one row would do: its outcome, and all that is needed to do it."""

    row: RosterRow
    outcome: Outcome
    rejections: Sequence[Rejection] = ()
    intake: IntakePlan | None = None
    contact: tuple[date, Channel] | None = None
    new_unit: UnitRef | None = None
    new_manager: ManagerRef | None = None
    shown: Mapping[str, list[Any]] = field(default_factory=dict)

    def contact_of(self, customer_id: int) -> ImportedContact | None:
        """Return the contact that the row brings for the customer, if it brings one."""
        if self.contact is None:
            return None
        day, channel = self.contact
        return ImportedContact(customer_id=customer_id, happened_on=day, channel=channel)


def load_units() -> list[UnitRef]:
    """Return every unit of the company. One statement."""
    todays: dict[str, date] = {}

    def today(zone: str) -> date:
        if zone not in todays:
            todays[zone] = clock.today(zone)
        return todays[zone]

    rows = Unit.objects.order_by().values_list("pk", "full_name", "path", "time_zone")
    return [UnitRef(pk, name, path, today(zone)) for pk, name, path, zone in rows]


def load_world(
    rows: Sequence[RosterRow], *, units: Sequence[UnitRef] | None = None, lock: bool = False
) -> World:
    """Load what ``rows`` refer to. ``lock`` holds the customers until the transaction ends.

    ``units``: every unit, where they are known already.
    """
    known = load_known((row.number for row in rows), lock=lock)
    numbers = {row[RosterField.MANAGER] for row in rows} - {None}
    refs = {ref.pk: ref for ref in (load_units() if units is None else units)}
    served = {k.customer.manager_id for k in known.values()} - {None}
    people = StaffUser.objects.numbered(numbers) | StaffUser.objects.filter(pk__in=served)
    managers = {
        person.pk: ManagerRef(
            person.pk,
            person.staff_number,
            person.name,
            refs.get(person.unit_id) if person.unit_id else None,
            serves=person.role == Role.MANAGER and person.is_active,
        )
        for person in people.order_by(F("staff_number_key").asc(nulls_first=True))
    }
    return World(
        units={identity(ref.full_name): ref for ref in refs.values()},
        managers={identity(ref.staff_number): ref for ref in managers.values()},
        known=known,
        newest=newest_records(k.customer.pk for k in known.values()),
        today=clock.today(),
        units_by_id=refs,
        managers_by_id=managers,
    )


def plan_rows(
    rows: Iterable[RosterRow], world: World, importer: Importer, terms: Terms
) -> list[RowPlan]:
    """Return what each row would do. Numbers repeated among ``rows`` are the caller's matter.

    Units and managers that rows want and nobody has are noted in ``terms.makings``.
    """
    return [_RowPlanner(row, world, importer, terms).plan() for row in rows]


def rejected(row: RosterRow, rejections: Sequence[Rejection]) -> RowPlan:
    """Return the plan of a row that is not taken."""
    return RowPlan(row=row, outcome=Outcome.REJECTED, rejections=rejections)


def alike_of(plans: Sequence[RowPlan], importer: Importer) -> list[list[Any]]:
    """Return for each accepted row whom it may be besides: customer numbers, and why.

    Only customers whom the importer reaches, only of rows that say something new of name,
    phone, birthday or employer. Two statements.
    """
    asked = [(place, traits) for place, plan in enumerate(plans) if (traits := _traits(plan))]
    customers = Customer.objects.not_merged()
    if not importer.everything:
        customers = customers.within_unit(importer.scope.unit_path or NOBODY)
    alike = alike_among(customers, [traits for _place, traits in asked])
    ids = {pk for found in alike for pk, _kinds in found}
    numbers = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "number"))
    shown: list[list[Any]] = [[] for _plan in plans]
    for (place, _said), found in zip(asked, alike, strict=True):
        shown[place] = [
            [numbers[pk], [kind.value for kind in kinds]]
            for pk, kinds in found
            if identity(numbers[pk]) != plans[place].row.key
        ]
    return shown


NOBODY = "-"
"""A path that no unit has."""

_TRAIT_FIELDS = {"name", "phone", "employer", "birth_calendar", *BIRTHDAY_FIELDS}


def _traits(plan: RowPlan) -> Traits | None:
    """Return what a row would make of the customer, None where it says nothing new of that."""
    intake = plan.intake
    if intake is None or not _TRAIT_FIELDS & intake.changes.keys():
        return None
    said = intake.intake
    stored = intake.known.customer if intake.known else None
    profile = intake.known.profile if intake.known else None
    born = birthday_key(stored) if stored else None
    year = stored.birth_year if stored else None
    if said.birthday is not None:
        kept = stored.birth_calendar if stored else SOLAR
        calendar = said.customer.get("birth_calendar", kept)
        day = said.birthday
        born, year = BirthdayKey(calendar, day.month, day.day, day.leap_month), day.year
    return Traits(
        name=said.customer.get("name") or (stored.name if stored else ""),
        phones=[said.phone] if said.phone else [],
        birthday=born,
        birth_year=year,
        employer=said.profile.get("employer") or (profile.employer if profile else ""),
    )


class _RowPlanner:
    """Works out what one row would do."""

    def __init__(self, row: RosterRow, world: World, importer: Importer, terms: Terms) -> None:
        self.said, self.world, self.importer = row, world, importer
        self.makings = terms.makings
        self.known = world.known.get(row.key)
        # Who is there already keeps what the row is silent about.
        self.row = row.filled(terms.for_all) if self.known is None else row
        self.rejections: list[Rejection] = []

    def plan(self) -> RowPlan:
        """Return the plan, or the reasons against the row."""
        self._check_customer()
        if self.rejections:
            return rejected(self.said, self.rejections)
        unit = self._unit()
        manager = self._manager(unit)
        birthday = self._birthday()
        contact = self._contact(unit)
        if self.rejections:
            return rejected(self.said, self.rejections)
        intake = plan_intake(self._intake(unit, manager, birthday, contact), self.known)
        return RowPlan(
            row=self.said,
            outcome=self._outcome(intake, contact),
            intake=intake,
            contact=contact,
            new_unit=unit if unit and unit.pk < 0 else None,
            new_manager=manager if manager and manager.pk < 0 else None,
            shown=self._shown(intake, contact),
        )

    def _reject(self, field: RosterField, reason: Reason, detail: str = "") -> None:
        self.rejections.append(Rejection(field, reason, detail))

    def _check_customer(self) -> None:
        if self.known is None:
            for needed in _NEEDED_BY_NEW:
                if self.row[needed] is None:
                    self._reject(needed, Reason.EMPTY)
        elif not self.importer.reaches(self.known.customer.unit.path):
            self._reject(RosterField.NUMBER, Reason.CANNOT_BE_TAKEN)
        elif self.known.customer.merged_into is not None:
            self._refuse_merged(self.known.customer.merged_into)
        elif not self.known.customer.is_active:
            self._reject(RosterField.NUMBER, Reason.DEPARTED)

    def _refuse_merged(self, survivor: Customer) -> None:
        """Name whom the row was merged into where the importer reaches that customer too."""
        if self.importer.reaches(survivor.unit.path):
            self._reject(RosterField.NUMBER, Reason.MERGED, survivor.number)
        else:
            self._reject(RosterField.NUMBER, Reason.CANNOT_BE_TAKEN)

    # --- Units and managers -------------------------------------------------------------------

    def _unit(self) -> UnitRef | None:
        """Return the unit that the row names, None where it names none."""
        name = self.row[RosterField.UNIT]
        if name is None:
            return None
        unit = self.world.units.get(identity(name))
        if unit is None and self.importer.everything:
            return self._unit_to_make(name)
        if unit is None or not self.importer.reaches(unit.path):
            self._reject(RosterField.UNIT, Reason.CANNOT_BE_TAKEN)
            return None
        return unit

    def _unit_to_make(self, name: str) -> UnitRef | None:
        """Return a unit that is still to be made, or is taken instead, as it was decided."""
        making = self.makings.want(Making(Made.UNIT, name))
        if making.decision is Decision.TAKE and making.take:
            taken = self.world.units.get(identity(making.take))
            if taken is not None:
                return taken
        if making.decision is not Decision.MAKE:
            self._reject(RosterField.UNIT, Reason.NOT_AGREED, name[:60])
            return None
        unit = UnitRef(-1 - len(self.world.units_by_id), name, "", self.world.today)
        self.world.units[identity(name)] = self.world.units_by_id[unit.pk] = unit
        return unit

    def _manager(self, unit: UnitRef | None) -> ManagerRef | None:
        """Return the manager that the row names, None where it names none."""
        number = self.row[RosterField.MANAGER]
        if number is None:
            return None
        manager = self.world.managers.get(identity(number))
        if manager is None:
            return self._manager_to_make(number, unit)
        path = manager.unit.path if manager.unit else ""
        if not self.importer.reaches(path):
            self._reject(RosterField.MANAGER, Reason.CANNOT_BE_TAKEN)
        elif not manager.serves:
            self._reject(RosterField.MANAGER, Reason.NOT_A_MANAGER, number)
        return manager

    def _manager_to_make(self, number: str, unit: UnitRef | None) -> ManagerRef | None:
        name = self.row[RosterField.MANAGER_NAME] or self.makings.name_of_manager(number)
        if not self.importer.everything:
            self._reject(RosterField.MANAGER, Reason.CANNOT_BE_TAKEN)
            return None
        if not name:
            self._reject(RosterField.MANAGER, Reason.NO_SUCH_MANAGER, number)
            return None
        if unit is None and self.known is not None:
            unit = self.world.units_by_id[self.known.customer.unit_id]
        home = unit.full_name if unit else self.row[RosterField.UNIT] or ""
        making = self.makings.want(Making(Made.MANAGER, name, number=number, unit=home))
        if making.decision is not Decision.MAKE:
            self._reject(RosterField.MANAGER, Reason.NOT_AGREED, number)
            return None
        manager = ManagerRef(-1 - len(self.world.managers_by_id), number, name, unit)
        if not self.rejections:
            key = identity(number)
            self.world.managers[key] = self.world.managers_by_id[manager.pk] = manager
        return manager

    # --- Birthday and last contact ------------------------------------------------------------

    def _birthday(self) -> BirthDate | None:
        """Return the birthday, held against the row's calendar or else the customer's own."""
        said: Birthday | None = self.row[RosterField.BIRTHDAY]
        calendar = self.row[RosterField.BIRTH_CALENDAR]
        if said is None and calendar and self.known and self.known.customer.birth_month:
            stored = self.known.customer
            kept = Birthday(
                stored.birth_year,
                stored.birth_month or 0,
                stored.birth_day or 0,
                stored.birth_leap_month,
            )
            self.rejections += birthday_rejections(kept, calendar, self.world.today)
        if said is None:
            return None
        if calendar is None:
            calendar = self.known.customer.birth_calendar if self.known else SOLAR
        self.rejections += birthday_rejections(said, calendar, self.world.today)
        return BirthDate(said.year, said.month, said.day, said.is_leap_month)

    def _contact(self, unit: UnitRef | None) -> tuple[date, Channel] | None:
        """Return the last contact, unless a record of that day or later exists."""
        day: date | None = self.row[RosterField.LAST_CONTACT]
        if day is None:
            return None
        if self.known is not None:
            unit = unit or self.world.units_by_id[self.known.customer.unit_id]
            newest = self.world.newest.get(self.known.customer.pk)
            if newest is not None and newest >= day:
                return None
        if unit is not None and day > unit.today:
            self._reject(RosterField.LAST_CONTACT, Reason.IN_THE_FUTURE, day.isoformat())
        channel = self.row[RosterField.LAST_CONTACT_CHANNEL]
        return day, Channel(channel) if channel else Channel.PHONE

    # --- The outcome --------------------------------------------------------------------------

    def _intake(
        self,
        unit: UnitRef | None,
        manager: ManagerRef | None,
        birthday: BirthDate | None,
        contact: tuple[date, Channel] | None,
    ) -> CustomerIntake:
        row = self.row
        values: dict[str, Any] = {name.value: row[name] for name in _SAME_FIELDS}
        values["manager_id"] = manager.pk if manager else None
        values["unit_id"] = self._unit_id(unit, manager)
        policy = row[RosterField.SERVICE_POLICY]
        return CustomerIntake(
            number=row.number,
            customer={name: value for name, value in values.items() if value is not None},
            birthday=birthday,
            profile={
                name: row[RosterField(name)]
                for name in PROFILE_FIELDS
                if row[RosterField(name)] is not None
            },
            phone=row[RosterField.PHONE],
            address=row[RosterField.ADDRESS],
            extra={"service_policy": policy} if policy else {},
            last=last_contacts_of(*(contact or (None, None))),
        )

    def _unit_id(self, unit: UnitRef | None, manager: ManagerRef | None) -> int | None:
        """Return the row's unit; without one, a customer who changes manager moves along."""
        if unit is not None:
            return unit.pk
        if manager is None or self.known is None or manager.unit is None:
            return None
        return manager.unit.pk if manager.pk != self.known.customer.manager_id else None

    def _outcome(self, intake: IntakePlan, contact: tuple[date, Channel] | None) -> Outcome:
        if intake.is_new:
            return Outcome.NEW
        return Outcome.CHANGED if intake.changes or contact else Outcome.UNCHANGED

    def _shown(
        self, intake: IntakePlan, contact: tuple[date, Channel] | None
    ) -> dict[str, list[Any]]:
        """Return the changes as people read them: names for ids, one birthday, masked phones."""
        changes = masked_changes(intake.changes)
        shown = {name: pair for name, pair in changes.items() if name not in BIRTHDAY_FIELDS}
        for name, refs in (
            ("unit", self.world.units_by_id),
            ("manager", self.world.managers_by_id),
        ):
            if (pair := shown.pop(f"{name}_id", None)) is not None:
                shown[name] = [_label(refs.get(pk)) for pk in pair]
        if intake.is_new:
            return {name: shown[name] for name in _SHOWN_OF_NEW if name in shown}
        if changes.keys() & set(BIRTHDAY_FIELDS):
            shown["birthday"] = self._birthdays(intake)
        if contact:
            shown["last_contact"] = [None, contact[0]]
            shown["last_contact_channel"] = [None, contact[1].value]
        return {name: [_plain(value) for value in pair] for name, pair in shown.items()}

    def _birthdays(self, intake: IntakePlan) -> list[str | None]:
        stored = intake.known.customer if intake.known else None
        old = [getattr(stored, name, None) for name in BIRTHDAY_FIELDS]
        said = intake.intake.birthday
        new = [said.year, said.month, said.day, said.leap_month] if said else old
        return [_birthday_text(*old), _birthday_text(*new)]


def _label(ref: UnitRef | ManagerRef | None) -> str | None:
    if ref is None:
        return None
    return ref.full_name if isinstance(ref, UnitRef) else str(ref)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _birthday_text(
    year: int | None, month: int | None, day: int | None, leap: bool | None
) -> str | None:
    if month is None or day is None:
        return None
    text = f"{month:02d}-{day:02d}" if year is None else f"{year:04d}-{month:02d}-{day:02d}"
    return f"{text} 闰" if leap else text
