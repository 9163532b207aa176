"""Who is reachable now for each manager's customers: the duty roster (article 7). Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contacts.querysets import MissedCallQuerySet
from core import clock
from staff.models import Cover, StaffUser
from staff.rules import standing_in


@dataclass(frozen=True)
class DutyRow:
    """One manager and who takes the calls now: the last of ``chain``, who is not covered.

    ``waiting``, ``late``: missed calls of the manager's customers that are open, and overdue.
    """

    manager: StaffUser
    chain: Sequence[StaffUser]
    waiting: int = 0
    late: int = 0

    @property
    def on_duty(self) -> StaffUser:
        """Who takes the calls."""
        return self.chain[-1] if self.chain else self.manager

    @property
    def is_reachable(self) -> bool:
        """Whether the person still works here."""
        return self.on_duty.is_active


def people_on_duty(manager_ids: Sequence[int | None]) -> dict[int, StaffUser]:
    """Return who takes the calls of these managers' customers now. Two statements."""
    stand_ins = Cover.objects.stand_ins()
    last = {pk: [pk, *standing_in(pk, stand_ins)][-1] for pk in manager_ids if pk is not None}
    people = StaffUser.objects.in_bulk(set(last.values()))
    return {pk: people[person] for pk, person in last.items()}


def duty_roster(managers: Sequence[StaffUser], missed: MissedCallQuerySet) -> list[DutyRow]:
    """Return a row for each of ``managers``, in their order. Three statements."""
    stand_ins = Cover.objects.stand_ins()
    chains = {one.pk: standing_in(one.pk, stand_ins) for one in managers}
    wanted = {pk for chain in chains.values() for pk in chain}
    people = StaffUser.objects.select_related("unit").in_bulk(wanted)
    waiting = _by_manager(missed)
    return [
        DutyRow(one, [people[pk] for pk in chains[one.pk]], *waiting.get(one.pk, (0, 0)))
        for one in managers
    ]


def _by_manager(missed: MissedCallQuerySet) -> Mapping[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for (_unit, manager), (waiting, late) in missed.open_counts(clock.now()).items():
        if manager is not None:
            before = found.get(manager, (0, 0))
            found[manager] = (before[0] + waiting, before[1] + late)
    return found
