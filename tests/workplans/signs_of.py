"""Signs of careless records as rows, one of each kind."""

from __future__ import annotations

from contacts.models import ContactRecord
from staff.models import StaffUser
from workplans.models import RecordSignal

FACTS = {
    "burst": {"count": 1, "gap_seconds": 95, "duration_seconds": 600},
    "pasted": {"times": 4, "customers": 3},
    "late": {"days": 9, "recorded_at": "2026-11-20T02:00:00+00:00"},
    "month_end": {"last": 12, "month": 25, "percent": 48},
    "no_call": {"nearest": "2026-11-20T02:00:00+00:00"},
    "two_places": {"here": "滨江 东城区", "there": "滨江 西城区", "gap_seconds": 600},
    "same_duration": {"times": 6, "minutes": 10},
}


def signs_of_every_kind(person: StaffUser) -> list[RecordSignal]:
    """Save one sign of each kind about the person's first record."""
    record = ContactRecord.objects.filter(recorded_by=person)[0]
    return RecordSignal.objects.bulk_create(
        RecordSignal(
            record=record,
            person=person,
            kind=kind,
            happened_on=record.happened_on,
            facts=facts,
        )
        for kind, facts in FACTS.items()
    )
