"""The roster that offices send: every figure of what must come out of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from contacts.models import ContactRecord
from customers.models import Customer
from customers.rules import Cadence
from exchange.models import RosterImport
from exchange.rules.reasons import Rejection
from exchange.services.texts import rejection_text
from staff.models import Role, StaffUser, Unit
from tests.exchange.rosters import AS_OF, ROSTER, take_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
TODAY = AS_OF.date()


@pytest.fixture
def imported(on_the_day: Any, administrator: StaffUser) -> RosterImport:
    return take_in(ROSTER, administrator)


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
    fields = {str(row.row_number): {"field": row.reasons[0][0]} for row in rows}
    assert {n: f["field"] for n, f in fields.items()} == {
        number: row["field"] for number, row in expected["rejected_rows"].items()
    }
    assert all(len(row.reasons) == 1 for row in rows)
    repeated = rows.get(row_number=558)
    assert rejection_text(Rejection.from_json(repeated.reasons[0])) == (
        "Customer number: The customer number stands in row 15 already. The first row counts."
    )
