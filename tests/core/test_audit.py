"""The audit trail lives and dies with the change it speaks of."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from core import audit
from core.models import AuditEntry
from staff.models import StaffUser

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_what_and_from_which_value_to_which(manager: StaffUser) -> None:
    made = audit.record(
        actor=manager,
        verb="cover.ended",
        obj=manager,
        changes={"ends_on": [date(2026, 1, 2), None]},
        customer_id=9,
    )
    entry = AuditEntry.objects.get(pk=made.pk)
    assert (entry.actor, entry.verb, entry.customer_id) == (manager, "cover.ended", 9)
    assert (entry.object_type, entry.object_id) == ("staff.staffuser", manager.pk)
    assert entry.changes == {"ends_on": ["2026-01-02", None]}
    assert entry.at is not None


def test_an_entry_goes_when_its_change_is_rolled_back(manager: StaffUser) -> None:
    before = AuditEntry.objects.count()
    with transaction.atomic():
        audit.record(actor=manager, verb="x", obj=manager)
        transaction.set_rollback(True)
    assert AuditEntry.objects.count() == before


def test_many_entries_of_one_kind_are_written_together(manager: StaffUser) -> None:
    before = AuditEntry.objects.count()
    rows = [(number, None, {"a": [None, number]}) for number in range(1, 201)]
    audit.record_many(actor=manager, verb="x", model=StaffUser, rows=rows)
    assert AuditEntry.objects.count() == before + 200
    entry = AuditEntry.objects.get(verb="x", object_id=7)
    assert (entry.actor, entry.object_type, entry.customer_id) == (manager, "staff.staffuser", None)
    assert entry.changes == {"a": [None, 7]}
    assert entry.at is not None


def test_a_job_leaves_its_counts() -> None:
    entry = audit.record_job(verb="flags.run", model=StaffUser, changes={"opened": 3})
    entry.refresh_from_db()
    assert (entry.actor, entry.object_id, entry.changes) == (None, None, {"opened": 3})


def test_only_what_differs_is_a_difference() -> None:
    before, after = {"a": 1, "b": 2, "c": None}, {"a": 1, "b": 3, "c": 4, "d": 5}
    assert audit.difference(before, after) == {"b": [2, 3], "c": [None, 4], "d": [None, 5]}
    assert audit.difference(before, after, fields=["a", "b"]) == {"b": [2, 3]}
    assert audit.difference(after, after) == {}
