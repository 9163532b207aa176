"""Small inputs that once came out wrong, from the reports of people who do this job.

The files lie in `tests/data/cases/`; a case that is a way of working has its steps in its test.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from customers.models import Customer
from exchange.models import RosterImport
from exchange.rules.reasons import Rejection
from exchange.services.texts import problem_text, rejection_text
from staff.models import Role, StaffUser
from tests.exchange.rosters import receive, take_in
from tests.factories import StaffUserFactory, UnitFactory

CASES = Path(__file__).parent / "data" / "cases"


@pytest.fixture
def office(db: None, settings: Any, tmp_path: Path) -> StaffUser:
    """The administrator of a company with the unit and the manager that the cases name."""
    settings.MEDIA_ROOT = tmp_path / "media"
    unit = UnitFactory(name="城东区分公司", parent=UnitFactory(name="滨江市分公司"))
    StaffUserFactory(staff_number="M1006", unit=unit)
    administrator: StaffUser = StaffUserFactory(
        staff_number="A0001", unit=None, role=Role.ADMINISTRATOR
    )
    return administrator


def imported(name: str, administrator: StaffUser) -> dict[str, Customer]:
    """Import a case to its end; return the customers that there are then, by number."""
    take_in(CASES / name, administrator)
    return {customer.number: customer for customer in Customer.objects.select_related("manager")}


def told(name: str, administrator: StaffUser) -> dict[int, str]:
    """Preview and import a case; return why each rejected row is, in words, by its number."""
    done = take_in(CASES / name, administrator)
    return {
        row.row_number: " ".join(rejection_text(Rejection.from_json(why)) for why in row.reasons)
        for row in done.rows.filter(outcome="rejected")
    }


def phones_of(customer: Customer) -> list[str]:
    return [phone.number for phone in customer.phones.all()]


def manager_of(customer: Customer) -> str:
    return customer.manager.staff_number if customer.manager else ""


def birthday_of(customer: Customer) -> date:
    return date(customer.birth_year or 0, customer.birth_month or 0, customer.birth_day or 0)


# --- Files: which sheet, which cells, which kind of file ---------------------------------------


@pytest.mark.parametrize(
    ("name", "number", "customer"),
    [
        ("roster-backslash-parts.xlsx", "CX00041", "吴四"),
        ("roster-styled-to-xfd.xlsx", "CX00042", "吴五"),
        ("roster-unicode-text.txt", "CX00081", "郑四"),
        ("roster-trailing-nuls.csv", "CX00082", "郑五"),
        ("roster-pipe.txt", "CX00083", "郑六"),
        ("holds-phonetic.xlsx", "CX00112", "王小明"),
    ],
)
def test_a_file_that_spreadsheet_programs_open_brings_its_one_customer(
    office: StaffUser, name: str, number: str, customer: str
) -> None:
    found = imported(name, office)
    assert [(made.number, made.name, made.tier) for made in found.values()] == [
        (number, customer, "gold")
    ]
    assert found[number].unit.full_name == "滨江市分公司/城东区分公司"
    assert manager_of(found[number]) == "M1006"


def test_the_columns_of_a_row_with_a_format_to_its_end_are_six(office: StaffUser) -> None:
    received = receive(CASES / "roster-styled-to-xfd.xlsx", office)
    assert len(received.columns) == 6


def test_a_number_that_lost_digits_is_rejected_and_says_so(office: StaffUser) -> None:
    why = told("roster-long-numbers.xlsx", office)
    assert list(why) == [2, 3]
    for text in why.values():
        assert "the number has more digits than Excel keeps; make the column text" in text
    assert not Customer.objects.exists()


def test_an_apostrophe_before_a_number_is_no_part_of_it(office: StaffUser) -> None:
    found = imported("roster-apostrophe.csv", office)
    assert {number: phones_of(made) for number, made in found.items()} == {
        "0012341": ["13900005121"],
        "0012343": [],
        "0012342": ["13900005122"],
    }


def test_an_error_cell_rejects_its_row_by_name(office: StaffUser) -> None:
    why = told("roster-na-manager.xlsx", office)
    assert list(why) == [2, 3]
    assert "#N/A is an error of a formula" in why[2]
    assert "#REF! is an error of a formula" in why[3]
    assert "It is empty" not in why[3]
    assert not Customer.objects.exists()


def test_a_formula_without_a_stored_value_says_what_to_do(office: StaffUser) -> None:
    why = told("roster-formula-uncached.xlsx", office)
    assert "open it in Excel and save it" in why[2]
    assert "It is empty" not in why[2]
    assert not Customer.objects.exists()


def test_a_quotation_mark_that_is_never_closed_refuses_the_file_and_names_the_row(
    office: StaffUser,
) -> None:
    received = receive(CASES / "roster-open-quote.csv", office, ask=False)
    assert received.state == RosterImport.State.FAILED
    assert "row 2" in problem_text(received.problem)
    assert not received.rows.exists()
    assert not Customer.objects.exists()


def test_a_hidden_sheet_is_not_read_before_the_visible_one(office: StaffUser) -> None:
    assert list(imported("roster-hidden-sheet.xlsx", office)) == ["CX00021"]


def test_merged_cells_hold_for_every_row(office: StaffUser) -> None:
    found = imported("roster-merged-unit.xlsx", office)
    assert sorted(found) == ["CX00031", "CX00032", "CX00033"]
    assert {made.unit.full_name for made in found.values()} == {"滨江市分公司/城东区分公司"}
    assert {manager_of(made) for made in found.values()} == {"M1006"}


def test_days_with_a_time_and_a_zone_are_days(office: StaffUser) -> None:
    found = imported("roster-datetimes.csv", office)
    assert {number: birthday_of(made) for number, made in found.items()} == {
        "CX00101": date(1980, 1, 2),
        "CX00102": date(1980, 1, 2),
    }


def test_a_workbook_may_count_its_days_from_1904(office: StaffUser) -> None:
    found = imported("holds-1904.xlsx", office)
    assert birthday_of(found["CX00111"]) == date(1980, 1, 2)


def test_signs_that_turn_the_direction_are_no_part_of_numbers(office: StaffUser) -> None:
    why = told("roster-bidi.csv", office)
    found = {made.number: made for made in Customer.objects.all()}
    assert sorted(found) == ["CX00001", "CX00002"]
    assert phones_of(found["CX00001"]) == ["13900005101"]
    assert list(why) == [4]
    assert "row 3" in why[4]


# --- Files: headings, columns, what an import makes --------------------------------------------


# --- Numbers: calls, search --------------------------------------------------------------------


# --- Pages -------------------------------------------------------------------------------------


# --- API, complaints, feeds --------------------------------------------------------------------
