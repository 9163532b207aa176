"""Small inputs that once came out wrong, from the reports of people who do this job.

The files lie in `tests/data/cases/`; a case that is a way of working has its steps in its test.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.test import Client

from customers.models import Customer
from exchange.models import RosterImport, UsageImport
from exchange.services.usage_import import (
    commit_usage,
    confirm_usage,
    prepare_usage,
    receive_usage,
)
from retention.models import UsageSnapshot
from staff.models import StaffUser, Unit
from tests.exchange.rosters import outcomes, reasons, receive
from tests.factories import CustomerFactory, StaffUserFactory, UnitFactory

CASES = Path(__file__).parent / "data" / "cases"

# --- Files: which sheet, which cells, which kind of file ---------------------------------------


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
