"""Who handles a complaint and who supervises it, found in a few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from complaints.models import Complaint
from complaints.rules.people import handler_for, units_upward
from staff.models import ROLES_THAT_HANDLE, Cover, Role, StaffUser, Unit
from staff.rules import standing_in


def find_handler(unit: Unit) -> StaffUser | None:
    """Return who handles a complaint of ``unit`` today; None where nobody is found.

    The designated handler of the unit, else of the next one up; deputies by cover. Three
    statements.
    """
    return find_handlers([unit])[unit.pk]


def find_handlers(units: Sequence[Unit]) -> dict[int, StaffUser | None]:
    """Return by unit who handles a complaint of each of ``units`` today, as ``find_handler``.

    Three statements at most, however many units.
    """
    upward = {pk for unit in units for pk in units_upward(unit.path)}
    rows = Unit.objects.filter(pk__in=upward, complaint_handler__isnull=False)
    designated = {
        unit.pk: unit.complaint_handler
        for unit in rows.select_related("complaint_handler").order_by()
        if unit.complaint_handler is not None
    }
    if not designated:
        return dict.fromkeys((unit.pk for unit in units), None)
    stand_ins = Cover.objects.stand_ins()
    near = {person.pk: person for person in designated.values()}
    deputies = {pk for person in near for pk in standing_in(person, stand_ins)} - near.keys()
    if deputies:
        near |= StaffUser.objects.in_bulk(deputies)
    active = {
        pk: person
        for pk, person in near.items()
        if person.is_active and person.role in ROLES_THAT_HANDLE
    }
    handlers = {unit: person.pk for unit, person in designated.items()}
    found = {unit.pk: handler_for(unit.path, handlers, active.keys(), stand_ins) for unit in units}
    return {unit: active[pk] if pk is not None else None for unit, pk in found.items()}


def supervisors_of(paths: Iterable[str]) -> Mapping[int, Sequence[int]]:
    """Return the active supervisors by unit, of the units at ``paths`` and all above them."""
    units = {unit for path in paths for unit in units_upward(path)}
    found: dict[int, list[int]] = defaultdict(list)
    rows = StaffUser.objects.active().filter(role=Role.SUPERVISOR, unit__in=units)
    for pk, unit in rows.order_by("pk").values_list("pk", "unit"):
        found[unit].append(pk)
    return found


def handles(person: StaffUser, complaint: Complaint) -> bool:
    """Say whether ``person`` handles the complaint: it or its unit is theirs, or by cover."""
    mine = person.scope.handles_for
    return complaint.handler_id in mine or complaint.unit.complaint_handler_id in mine


def who_may_handle(complaint: Complaint) -> list[StaffUser]:
    """Return to whom the complaint can be handed: handlers and supervisors of the unit that the
    customer is in, and of those above it.
    """
    people = StaffUser.objects.active().filter(
        role__in=ROLES_THAT_HANDLE, unit__in=units_upward(complaint.customer.unit.path)
    )
    return list(people.select_related("unit").order_by("-unit__path", "name", "pk"))
