"""Departures from a file: previewed, recorded once, rejected rows back; the first year's base."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.test import Client
from python_calamine import CalamineWorkbook

from customers.models import Customer, Status
from exchange.models import DepartureImport
from exchange.rules.departure_rows import DepartureField, read_departure_row
from exchange.rules.reasons import Reason
from exchange.services import departure_import as service
from exchange.services.departure_import import (
    commit_departures,
    confirm_departures,
    prepare_departures,
    receive_departures,
)
from exchange.tasks import resume_departure_imports
from retention.models import ChurnBaseMember, Departure
from retention.services.goals import freeze_base
from staff.models import StaffUser, Unit
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.retention.leavers import home

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

HEADINGS = ",".join(
    (
        *("客户编号", "离网日期", "离网类型", "是否主动", "去向运营商"),
        *("客户姓名", "VIP级别", "所属单位", "客户经理工号", "成为VIP日期"),
    )
)
State = DepartureImport.State


def received(actor: StaffUser, *rows: str) -> DepartureImport:
    text = "\n".join([HEADINGS, *rows, ""])
    made = receive_departures(
        actor=actor, file=ContentFile(text.encode(), name="离网.csv"), name="离网.csv"
    )
    prepare_departures(departure_import=made)
    made.refresh_from_db()
    return made


def taken(made: DepartureImport, actor: StaffUser) -> DepartureImport:
    confirm_departures(actor=actor, departure_import=made)
    commit_departures(departure_import_id=made.pk)
    made.refresh_from_db()
    return made


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager, number="A1", vip_since=date(2025, 1, 1))


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["#REF!", "2026-03-05", "销号", ""], ("number", Reason.FORMULA_ERROR, "#REF!")),
        ([1.1e17, "2026-03-05", "销号", ""], ("number", Reason.LOST_DIGITS, "110000000000000000")),
        (["A1", {"formula": "B1"}, "销号", ""], ("left_on", Reason.FORMULA_WITHOUT_VALUE, "=B1")),
        (["A1", "2026-03-05", "(null)", ""], ("kind", Reason.NO_VALUE, "(null)")),
        (["A1", "2026-03-05", "销号", "#N/A"], ("note", Reason.FORMULA_ERROR, "#N/A")),
    ],
)
def test_an_error_is_no_departure(cells: list[Any], why: tuple[str, Reason, str]) -> None:
    fields = (DepartureField.NUMBER, DepartureField.LEFT_ON, DepartureField.KIND)
    places = {field: place for place, field in enumerate((*fields, DepartureField.NOTE))}
    assert read_departure_row(2, cells, places, date(2026, 11, 1)) == [why]


def test_marks_of_text_are_no_part_of_a_departure() -> None:
    places = {DepartureField.NUMBER: 0, DepartureField.LEFT_ON: 1, DepartureField.KIND: 2}
    row = read_departure_row(2, ["'0012341", 46086, "銷號"], places, date(2026, 11, 1))
    assert not isinstance(row, list)
    assert (row.number, row[DepartureField.LEFT_ON]) == ("0012341", date(2026, 3, 5))
    assert row[DepartureField.KIND] == "closed"


def test_a_file_is_previewed_then_recorded_once(
    customer: Customer, manager: StaffUser, administrator: StaffUser
) -> None:
    rows = [
        "A1,2026-03-05,携号转网,是,电信,,,,,",
        f"Z9,2026-02-01,销户,否,,钱早走,金卡,{home(manager).full_name},{manager.staff_number},",
        "Z8,2026-02-01,销号,,,,,,,",
        "A1,2026-03-05,飞走,,,,,,,",
        "A1,2027-03-05,销号,,,,,,,",
    ]
    made = received(administrator, *rows)
    assert (made.state, made.new_rows, made.rejected_rows) == (State.PREVIEWED, 2, 3)
    assert not Departure.objects.exists()
    taken(made, administrator)
    assert (made.state, made.new_rows, made.unchanged_rows) == (State.DONE, 2, 0)
    customer.refresh_from_db()
    assert (customer.status, customer.left_on) == (Status.LEFT, date(2026, 3, 5))
    early = Customer.objects.get(number="Z9")
    assert (early.name, early.tier, early.manager) == ("钱早走", "gold", manager)
    gone = Departure.objects.get(customer=early)
    assert (gone.manager, gone.is_voluntary, gone.review_due_on) == (manager, False, None)
    again = received(administrator, *rows[:2])
    assert (again.new_rows, again.unchanged_rows) == (0, 2)
    assert not again.can_be_started


def test_a_day_of_leaving_begins_in_the_customers_own_unit(
    customer: Customer, manager: StaffUser, administrator: StaffUser
) -> None:
    Unit.objects.filter(pk=customer.unit_id).update(time_zone="Asia/Urumqi")
    unit = home(manager).full_name
    rows = ("A1,2026-12-01,销号,,,,,,,", f"Z1,2026-12-01,销号,,,甲,金卡,{unit},,")
    # 1 December in Shanghai, 30 November in Urumqi.
    with time_machine.travel(datetime(2026, 11, 30, 17, tzinfo=UTC), tick=False):
        made = received(administrator, *rows)
    assert (made.new_rows, made.rejected_rows) == (0, 2)
    why = [row.reasons[0][:2] for row in made.rejected.order_by("row_number")]
    assert why == [[DepartureField.LEFT_ON.value, Reason.IN_THE_FUTURE.value]] * 2


def test_the_first_years_base_is_rebuilt_from_roster_and_file(
    customer: Customer, manager: StaffUser, administrator: StaffUser
) -> None:
    unit = home(manager).full_name
    taken(
        received(
            administrator,
            f"Z1,2026-02-01,携号转网,,,甲,金卡,{unit},,",
            f"Z2,2025-12-31,携号转网,,,乙,金卡,{unit},,",
            f"Z3,2026-05-01,销号,,,丙,银卡,{unit},,2026-03-01",
        ),
        administrator,
    )
    base = freeze_base(year=2026)
    numbers = ChurnBaseMember.objects.values_list("customer__number", flat=True)
    assert set(numbers) == {"A1", "Z1"}
    assert base.is_rebuilt


def test_a_supervisor_imports_only_for_the_own_units(
    customer: Customer, supervisor: StaffUser, outsider: StaffUser, company: Company
) -> None:
    CustomerFactory(manager=outsider, number="F1")
    made = received(
        supervisor,
        "A1,2026-03-05,销号,,,,,,,",
        "F1,2026-03-05,销号,,,,,,,",
        f"N1,2026-03-05,销号,,,丁,金卡,{company.far_district.full_name},,",
    )
    assert (made.new_rows, made.rejected_rows) == (1, 2)


def test_a_supervisor_learns_nothing_of_managers_of_other_units(
    manager: StaffUser, supervisor: StaffUser, administrator: StaffUser, outsider: StaffUser
) -> None:
    unit = home(manager).full_name
    rows = [
        f"N1,2026-03-05,销号,,,丁,金卡,{unit},{outsider.staff_number},",
        f"N2,2026-03-05,销号,,,戊,金卡,{unit},9999,",
        f"N3,2026-03-05,销号,,,己,金卡,{unit},{manager.staff_number},",
    ]
    made = received(supervisor, *rows)
    whys = made.rejected.order_by("row_number").values_list("reasons", flat=True)
    assert [why[0][:2] for why in whys] == [["manager", "cannot_be_taken"]] * 2
    assert received(administrator, *rows).rejected.get().reasons[0][1] == "not_a_manager"


def test_what_a_rule_refuses_while_importing_comes_back(
    customer: Customer, administrator: StaffUser
) -> None:
    made = received(administrator, "A1,2026-03-05,销号,,,,,,,", "A1,2026-04-05,携号转网,,,,,,,")
    assert made.new_rows == 2
    taken(made, administrator)
    assert (made.new_rows, made.rejected_rows, made.rows_done) == (1, 1, 2)


def test_what_a_worker_writes_down_is_in_the_language_of_who_sent_the_file(
    customer: Customer, administrator: StaffUser
) -> None:
    made = received(administrator, "A1,2026-03-05,销号,,,,,,,", "A1,2026-04-05,携号转网,,,,,,,")
    StaffUser.objects.filter(pk=administrator.pk).update(language="zh-hans")
    taken(made, administrator)
    ((_field, reason, words),) = made.rejected.get().reasons
    assert reason == "refused"
    assert "已登记" in words


def test_an_import_goes_on_where_its_worker_was_killed(
    customer: Customer,
    manager: StaffUser,
    administrator: StaffUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "PIECE", 1)
    CustomerFactory(manager=manager, number="A2")
    made = received(administrator, "A1,2026-03-05,销号,,,,,,,", "A2,2026-11-05,销号,,,,,,,")
    confirm_departures(actor=administrator, departure_import=made)
    assert not confirm_departures(actor=administrator, departure_import=made)
    whole = service._commit_piece

    def killed(*args: object) -> None:
        whole(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(service, "_commit_piece", killed)
    with pytest.raises(KeyboardInterrupt):
        commit_departures(departure_import_id=made.pk)
    monkeypatch.setattr(service, "_commit_piece", whole)
    assert Departure.objects.count() == 1
    DepartureImport.objects.update(progress_at="2026-11-22T00:00:00Z")
    assert resume_departure_imports() == 1
    commit_departures(departure_import_id=made.pk)
    commit_departures(departure_import_id=made.pk)
    made.refresh_from_db()
    assert (made.state, made.new_rows, made.rows_done) == (State.DONE, 2, 2)
    assert Departure.objects.count() == 2


def test_the_pages_show_preview_reasons_and_rejected_rows(
    customer: Customer, supervisor: StaffUser, signed_in: Callable[[StaffUser], Client]
) -> None:
    client = signed_in(supervisor)
    text = f"{HEADINGS}\nA1,2026-03-05,销号,,,,,,,\nA1,2026-03-05,飞走,,,,,,,\n"
    file = ContentFile(text.encode(), name="d.csv")
    response: Any = client.post("/exchange/departures/", {"file": file})
    made = DepartureImport.objects.get()
    assert response.url == f"/exchange/departures/{made.pk}/"
    page = client.get(response.url).content.decode()
    assert "1 departure would be recorded" in page
    assert "飞走" in page
    download: Any = client.get(f"/exchange/departures/{made.pk}/rejected/")
    book = b"".join(download.streaming_content)
    rows = CalamineWorkbook.from_filelike(BytesIO(book)).get_sheet_by_index(0).to_python()
    assert rows[1][0] == "A1"
    assert "飞走" in str(rows[1][-1])
    assert client.post(f"/exchange/departures/{made.pk}/confirm/").status_code == 302
    made.refresh_from_db()
    assert made.state == State.COMMITTING


def test_a_file_that_is_none_is_refused_with_its_reason(
    supervisor: StaffUser, signed_in: Callable[[StaffUser], Client]
) -> None:
    file = ContentFile(b"%PDF-1.4", name="d.pdf")
    response = signed_in(supervisor).post("/exchange/departures/", {"file": file})
    assert response.status_code == 422
    assert "not a spreadsheet" in response.content.decode()
    assert DepartureImport.objects.get().state == State.FAILED
