"""Small inputs that once came out wrong, from the reports of people who do this job.

The files lie in `tests/data/cases/`; a case that is a way of working has its steps in its test.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.test import Client

from customers.models import Customer
from exchange.models import RosterImport, UsageImport
from exchange.rules.reasons import Rejection
from exchange.services.texts import problem_text, rejection_text
from exchange.services.usage_import import (
    commit_usage,
    confirm_usage,
    prepare_usage,
    receive_usage,
)
from retention.models import UsageSnapshot
from staff.models import Role, StaffUser, Unit
from tests.exchange.rosters import outcomes, reasons, receive, take_in
from tests.factories import CustomerFactory, StaffUserFactory, UnitFactory

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


def read_usage_case(name: str, actor: StaffUser) -> UsageImport:
    with (CASES / name).open("rb") as stream:
        received = receive_usage(actor=actor, file=File(stream), name=name)
    prepare_usage(usage_import=received)
    received.refresh_from_db()
    return received


def taken_in_usage(name: str, actor: StaffUser) -> UsageSnapshot:
    received = read_usage_case(name, actor)
    confirm_usage(actor=actor, usage_import=received)
    commit_usage(usage_import_id=received.pk)
    return UsageSnapshot.objects.get()


@pytest.fixture
def known(manager: StaffUser) -> Customer:
    return CustomerFactory(number="BJ70000003", manager=manager)


@pytest.fixture
def binjiang(db: None) -> Unit:
    """The district that the rosters of the cases name, with its manager."""
    district = UnitFactory(name="城东区分公司", parent=UnitFactory(name="滨江市分公司"))
    StaffUserFactory(staff_number="M1006", unit=district)
    return district


@pytest.fixture(autouse=True)
def _files_of_the_cases(settings: Any, tmp_path: Path) -> None:
    """What is uploaded goes with the test."""
    settings.MEDIA_ROOT = tmp_path / "media"


def test_usage_in_gigabytes_is_stored_in_megabytes(
    known: Customer, administrator: StaffUser
) -> None:
    assert taken_in_usage("usage-gigabytes.csv", administrator).data_mb == 20480


def test_decimals_of_whole_figures_are_rounded(known: Customer, administrator: StaffUser) -> None:
    row = taken_in_usage("usage-decimals.csv", administrator)
    assert (str(row.bill), row.voice_minutes, row.data_mb) == ("188.20", 121, 20481)


def test_a_usage_file_with_other_headings_asks_and_then_knows_them(
    known: Customer,
    administrator: StaffUser,
    signed_in: Callable[[StaffUser], Client],
    django_capture_on_commit_callbacks: Any,
) -> None:
    received = read_usage_case("usage-unknown-headings.csv", administrator)
    assert received.state == UsageImport.State.MAPPING
    client, url = signed_in(administrator), f"/exchange/usage/{received.pk}/columns/"
    text = client.get(url).content.decode()
    assert "用户编码" in text
    assert "BJ70000003" in text
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, {"column_0": "number", "column_1": "month", "column_2": "bill"})
    received.refresh_from_db()
    assert (received.state, received.rows_to_import) == (UsageImport.State.PREVIEWED, 1)
    again = read_usage_case("usage-unknown-headings.csv", administrator)
    form = client.get(f"/exchange/usage/{again.pk}/columns/").context["form"]
    assert [form.fields[f"column_{place}"].initial for place in range(3)] == [
        "number", "month", "bill"
    ]  # fmt: skip


def test_a_roster_without_any_known_heading_asks_for_its_columns(
    binjiang: Unit,
    administrator: StaffUser,
    signed_in: Callable[[StaffUser], Client],
    django_capture_on_commit_callbacks: Any,
) -> None:
    received = receive(CASES / "roster-unknown-headings.csv", administrator)
    assert received.state == RosterImport.State.MAPPING
    client, url = signed_in(administrator), f"/exchange/rosters/{received.pk}/columns/"
    text = client.get(url).content.decode()
    assert "用户标识" in text
    assert "139****5131" in text
    assert "13900005131" not in text
    fields = ("number", "name", "phone", "tier", "unit")
    given = {f"column_{place}": field for place, field in enumerate(fields)}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, given)
    assert outcomes(received) == {2: "new"}


def test_a_number_in_small_letters_is_the_same_customer(
    known: Customer, administrator: StaffUser
) -> None:
    received = receive(CASES / "roster-case-of-number.csv", administrator)
    assert outcomes(received) == {2: "unchanged", 3: "rejected"}
    assert reasons(received) == {3: [["number", "repeated"]]}


def test_a_unit_that_would_be_made_beside_one_of_its_name_is_announced(
    binjiang: Unit, administrator: StaffUser, signed_in: Callable[[StaffUser], Client]
) -> None:
    received = receive(CASES / "roster-leaf-unit.csv", administrator, make=False)
    page = signed_in(administrator).get(f"/exchange/rosters/{received.pk}/preview/")
    text = page.content.decode()
    assert "There is 滨江市分公司/城东区分公司" in text
    assert "Take 滨江市分公司/城东区分公司 instead" in text
    assert reasons(received) == {2: [["unit", "not_agreed"]]}
    assert Unit.objects.filter(name="城东区分公司").get() == binjiang


# --- Numbers: calls, search --------------------------------------------------------------------


# --- Pages -------------------------------------------------------------------------------------


# --- API, complaints, feeds --------------------------------------------------------------------
