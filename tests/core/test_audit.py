"""The audit trail lives and dies with the change it speaks of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from core import audit
from core.models import AuditEntry
from core.querysets import AppendOnlyError
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


CHANGES: dict[str, Callable[[AuditEntry], object]] = {
    "save": lambda entry: entry.save(),
    "save of one field": lambda entry: entry.save(update_fields=["verb"]),
    "delete": lambda entry: entry.delete(),
    "update of many": lambda entry: AuditEntry.objects.filter(pk=entry.pk).update(verb="y"),
    "update of objects": lambda entry: AuditEntry.objects.bulk_update([entry], ["verb"]),
    "delete of many": lambda entry: AuditEntry.objects.filter(pk=entry.pk).delete(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_no_code_changes_or_deletes_an_entry(
    manager: StaffUser, change: Callable[[AuditEntry], object]
) -> None:
    entry = AuditEntry.objects.get(pk=audit.record(actor=manager, verb="x", obj=manager).pk)
    entry.verb = "y"
    with pytest.raises(AppendOnlyError):
        change(entry)
    assert AuditEntry.objects.get(pk=entry.pk).verb == "x"


def refused(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError:
        return True
    return False


def test_the_database_refuses_to_change_an_entry(manager: StaffUser) -> None:
    audit.record(actor=manager, verb="x", obj=manager)
    assert refused("UPDATE core_auditentry SET verb = 'y'")
    assert not refused("UPDATE staff_staffuser SET name = name")
    assert set(AuditEntry.objects.values_list("verb", flat=True)) == {"x"}


def test_the_database_refuses_to_delete_an_entry(manager: StaffUser) -> None:
    audit.record(actor=manager, verb="x", obj=manager)
    assert refused("DELETE FROM core_auditentry")
    # Django's own manager knows nothing of our querysets.
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry._base_manager.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry._base_manager.update(verb="y")
    assert AuditEntry.objects.get().verb == "x"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_emptying_the_whole_database_empties_the_trail_and_keeps_its_guard() -> None:
    audit.record_job(verb="x", model=StaffUser, changes={})
    call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
    assert not AuditEntry.objects.exists()
    audit.record_job(verb="x", model=StaffUser, changes={})
    assert refused("DELETE FROM core_auditentry")
    assert refused("UPDATE core_auditentry SET verb = 'y'")


def test_the_administration_only_reads_the_trail(
    manager: StaffUser, administrator: StaffUser, rf: RequestFactory
) -> None:
    entry = audit.record(actor=manager, verb="x", obj=manager)
    pages = admin.site.get_model_admin(AuditEntry)
    request = rf.get("/")
    request.user = administrator
    assert pages.has_view_permission(request, entry)
    assert not pages.has_add_permission(request)
    assert not pages.has_change_permission(request, entry)
    assert not pages.has_delete_permission(request, entry)


def test_the_administration_shows_which_fields_changed_but_no_values(
    manager: StaffUser, administrator: StaffUser, client: Client
) -> None:
    changes = {"employer": ["旧厂", "新厂"]}
    entry = audit.record(actor=manager, verb="x", obj=manager, changes=changes, customer_id=987654)
    client.force_login(administrator)
    for address in ("", f"{entry.pk}/change/"):
        page = client.get(f"{reverse('admin:core_auditentry_changelist')}{address}").text
        assert "王经理" in page
        assert "新厂" not in page
        assert "987654" not in page
    assert "employer" in page
