"""The roster that offices send: every figure of what must come out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import override_settings

from contacts.models import ContactRecord
from contacts.services.verification import differing_clocks
from core.models import AuditEntry
from customers.models import Customer, CustomerPhone
from customers.rules import Cadence
from exchange.models import RosterImport
from exchange.rules.reasons import Rejection
from exchange.services.roster_commit import commit_roster, confirm_import
from exchange.services.texts import rejection_text
from staff.models import Role, StaffUser, Unit
from tests.exchange.rosters import (
    AS_OF,
    HEADINGS,
    ROSTER,
    changes,
    outcomes,
    reasons,
    receive,
    row_of,
    take_in,
)
from tests.factories import StaffUserFactory

pytestmark = pytest.mark.django_db
Write = Callable[..., Path]
TODAY = AS_OF.date()


@pytest.fixture(scope="module")
def once_imported(
    made_once: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> RosterImport:
    folder = tmp_path_factory.mktemp("media")

    def rows() -> RosterImport:
        administrator = StaffUserFactory(role=Role.ADMINISTRATOR, unit=None)
        return take_in(ROSTER, administrator)

    with override_settings(MEDIA_ROOT=folder), time_machine.travel(AS_OF, tick=False):
        imported: RosterImport = made_once(rows)
    return imported


@pytest.fixture(autouse=True)
def imported(db: None, on_the_day: Any, once_imported: RosterImport) -> RosterImport:
    return RosterImport.objects.get(pk=once_imported.pk)


REASON_OF = {
    "10 digits: not a mobile number": "not_a_mobile_number",
    "no such tier": "no_such_tier",
    "empty customer number": "empty",
    "no such date": "no_such_date",
    "no such manager and no name to make one from": "no_such_manager",
    "number repeated in the file (first row 15 wins)": "repeated",
    "empty name": "empty",
    "in the future": "in_the_future",
    "no unit": "empty",
}
"""The reason that the product keeps, by why the row must be rejected."""


def by_tier(customers: Any) -> dict[str, int]:
    return dict(Counter(customers.values_list("tier", flat=True)))


def test_every_figure_of_the_roster_holds(imported: RosterImport, expected: Any) -> None:
    customers = Customer.objects.all()
    assert imported.state == RosterImport.State.DONE
    assert imported.rows_total == expected["rows"]
    assert imported.new_rows == customers.count() == expected["imported"]
    assert imported.rejected_rows == expected["rejected"]
    assert by_tier(customers) == expected["by_tier"]
    assert customers.filter(is_key=True).count() == expected["key_customers"]
    assert customers.filter(last_contact_on=None).count() == expected["never_contacted"]
    assert customers.filter(birth_calendar="lunar").count() == expected["lunar_birthdays"]
    managers = StaffUser.objects.filter(role=Role.MANAGER, customers__isnull=False).distinct()
    assert managers.count() == imported.managers_made == expected["managers"]
    units = Unit.objects.filter(customers__isnull=False).distinct()
    assert sorted(units.values_list("full_name", flat=True)) == sorted(expected["units"])


def test_the_clocks_stand_right_after_the_import(imported: RosterImport, expected: Any) -> None:
    overdue = Customer.objects.overdue(Cadence.CONTACT, TODAY)
    soon = Customer.objects.due_soon(Cadence.CONTACT, TODAY, 7)
    assert by_tier(overdue) == expected["overdue"]
    assert by_tier(soon) == expected["due_within_7_days"]


def test_every_last_contact_is_a_record_that_counts(imported: RosterImport, expected: Any) -> None:
    records = ContactRecord.objects.all()
    assert records.count() == expected["imported"] - expected["never_contacted"]
    assert set(records.values_list("source", "date_only", "is_late", "is_counted")) == {
        ("import", True, False, True)
    }


def test_every_rejected_row_says_which_field_and_why(imported: RosterImport, expected: Any) -> None:
    rows = imported.rows.filter(outcome="rejected").order_by("row_number")
    assert all(len(row.reasons) == 1 for row in rows)
    assert {str(row.row_number): row.reasons[0][:2] for row in rows} == {
        number: [row["field"], REASON_OF[row["why"]]]
        for number, row in expected["rejected_rows"].items()
    }
    for row in rows:
        _field, _reason, detail = row.reasons[0]
        words = rejection_text(Rejection.from_json(row.reasons[0]))
        assert detail in words
    assert rejection_text(Rejection.from_json(rows.get(row_number=558).reasons[0])) == (
        "Customer number: The customer number stands in row 15 already. The first row counts."
    )


def everything() -> dict[str, Any]:
    """All that an import could change."""
    return {
        "customers": list(Customer.objects.order_by("pk").values()),
        "records": ContactRecord.objects.count(),
        "people": StaffUser.objects.count(),
        "units": Unit.objects.count(),
        "phones": list(CustomerPhone.objects.order_by("pk").values()),
        "audit": AuditEntry.objects.exclude(verb__startswith="roster.").count(),
    }


# --- The same file twice ----------------------------------------------------------------------


def test_the_same_file_twice_changes_nothing(
    imported: RosterImport, administrator: StaffUser
) -> None:
    before = everything()
    second = take_in(ROSTER, administrator)
    assert second.unchanged_rows == imported.new_rows == 1191
    assert (second.new_rows, second.changed_rows, second.rejected_rows) == (0, 0, 9)
    assert reasons(second) == reasons(imported)
    assert everything() == before


def test_the_clocks_are_what_the_records_say() -> None:
    assert Customer.objects.filter(visit_due_on__isnull=False).count() == 68
    assert list(differing_clocks()) == []


# --- Blank, missing, absent -------------------------------------------------------------------


def test_a_blank_cell_and_a_missing_column_keep_the_value(
    administrator: StaffUser, workbook: Write
) -> None:
    before = Customer.objects.get(number="BJ70000001")
    blank = row_of("BJ70000001", 客户姓名="", 手机号码="", VIP级别="", 所属单位="", 客户经理工号="")
    missing = workbook([["客户编号", "性格"], ["BJ70000001", "急躁"]], "missing.xlsx")
    for path in (workbook([HEADINGS, blank]), missing):
        again = take_in(path, administrator)
        assert outcomes(again) == {2: "unchanged"}
    kept = Customer.objects.get(number="BJ70000001")
    assert (kept.name, kept.tier, kept.unit_id) == (before.name, before.tier, before.unit_id)
    assert Customer.objects.count() == 1191


def test_a_changed_cell_is_shown_field_by_field_and_taken(
    administrator: StaffUser, workbook: Write
) -> None:
    customer = Customer.objects.get(number="BJ70000001")
    said = {
        "客户编号": "BJ70000001",
        "客户姓名": "徐萍萍",
        "手机号码": "13900001111",
        "性格": "开朗",
        "喜欢的运动": "乒乓球",
        "家庭住址": "新街1号",
        "出生日期": "12-01",
        "VIP服务政策": "账单服务",
    }
    path = workbook([list(said), list(said.values())])
    received = receive(path, administrator, ask=False)
    assert changes(received, 2) == {
        "name": ["徐萍", "徐萍萍"],
        "phone": ["139****2626", "139****1111"],
        "character": ["急躁", "开朗"],
        "address": ["湖北省兰英县魏都贵阳街Q座 507924", "新街1号"],
        "birthday": ["1967-11-01", "12-01"],
        "service_policy": [None, "账单服务"],
    }
    confirm_import(actor=administrator, roster_import=received)
    commit_roster(roster_import_id=received.pk)
    customer.refresh_from_db()
    assert (customer.name, customer.version) == ("徐萍萍", 2)
    assert (customer.birth_calendar, customer.birth_year, customer.birth_month) == (
        "lunar",
        None,
        12,
    )
    assert customer.profile.character == "开朗"
    assert customer.profile.imported_extra == {"service_policy": "账单服务"}
    assert [phone.number for phone in customer.phones.all()] == ["13900001111"]
    assert [address.text for address in customer.addresses.all()] == ["新街1号"]
    assert "xupingping" in customer.search.words
    assert " 13900001111 " in customer.search.phones
    entry = AuditEntry.objects.get(customer_id=customer.pk, verb="customer.changed")
    assert entry.actor == administrator
    assert entry.changes["phone"] == ["139****2626", "139****1111"]
