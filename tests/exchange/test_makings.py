"""What a roster would make is listed with what it resembles, and made only where agreed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from customers.models import Customer
from exchange.models import RosterImport
from exchange.rules.makings import Decision, Made, Making, Makings, with_people, with_units
from exchange.services.roster_commit import commit_roster, confirm_import
from exchange.services.roster_import import decide_makings, preview_roster
from staff.models import StaffUser, Unit
from tests.conftest import Company
from tests.exchange.rosters import HEADINGS, outcomes, reasons, receive, row_of
from tests.factories import CustomerFactory

SignIn = Callable[[StaffUser], Client]
Write = Callable[..., Path]


# --- The rule ---------------------------------------------------------------------------------

THERE = ["滨江市分公司", "滨江市分公司/城东区分公司", "滨江市分公司/城西区分公司", "江海省/滨江市"]


def unit(name: str) -> Making:
    (made,) = with_units([Making(Made.UNIT, name)], THERE)
    return made


def test_the_only_unit_of_a_name_can_be_taken() -> None:
    made = unit("城东区分公司")
    assert made.take == "滨江市分公司/城东区分公司"
    assert made.alike[0] == "滨江市分公司/城东区分公司"
    assert made.above == ()


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("滨江市分公司/城东分公司", "滨江市分公司/城东区分公司"),
        ("滨江分公司", "滨江市分公司"),
        ("滨江市分公司/城东区支公司", "滨江市分公司/城东区分公司"),
        ("江海省/滨江市分公司", "滨江市分公司"),
        ("江海省/滨江", "江海省/滨江市"),
        ("滨江市分公司/Ｃ城西区分公司", "滨江市分公司/城西区分公司"),
    ],
)
def test_a_unit_spelt_otherwise_is_resembled(name: str, alike: str) -> None:
    assert alike in unit(name).alike


def test_a_unit_like_no_other_resembles_none_and_names_who_comes_with_it() -> None:
    made = unit("临海市分公司/新港营业部")
    assert (made.alike, made.take, made.above) == ((), "", ("临海市分公司",))


def manager(number: str, name: str) -> tuple[str, ...]:
    there = [("M1006", "李敏"), ("M1007", "王芳"), ("2001", "赵云")]
    (made,) = with_people([Making(Made.MANAGER, name, number=number)], there)
    return made.alike


@pytest.mark.parametrize("number", ["M1O06", "Ml006", "m1006x", "1006", "M01006", "MI006"])
def test_a_number_that_looks_like_anothers_is_told(number: str) -> None:
    assert manager(number, "新人") == ("李敏 (M1006)",)


def test_the_same_name_under_another_number_is_told_and_a_neighbours_number_is_not() -> None:
    assert manager("M1050", "李敏") == ("李敏 (M1006)",)
    assert manager("M1008", "新人") == ()


def test_what_was_decided_is_kept_when_the_rows_are_looked_at_again() -> None:
    makings = Makings.of([Making(Made.UNIT, "新区", decision=Decision.MAKE).as_json()])
    assert makings.want(Making(Made.UNIT, "新区")).decision is Decision.MAKE
    assert makings.want(Making(Made.UNIT, " 新区\u200b")).rows == 2
    assert makings.want(Making(Made.UNIT, "旧区")).decision is Decision.NONE
    assert len(makings.wanted) == 2


# --- The import -------------------------------------------------------------------------------

pytestmark = pytest.mark.usefixtures("on_the_day")


def leaf(number: str = "B1", **changed: str) -> list[Any]:
    said = {"所属单位": "东城区", "客户经理工号": "20O1", "客户经理姓名": "王经理"}
    return row_of(number, **(said | changed))


def looked_at(
    path: Path, actor: StaffUser | None, decisions: dict[str, Decision] | None = None
) -> RosterImport:
    received = receive(path, actor, make=False)
    if decisions is not None:
        decide_makings(actor=actor, roster_import=received, decisions=decisions)
        preview_roster(roster_import_id=received.pk)
        received.refresh_from_db()
    return received


def test_nothing_is_made_without_a_decision(
    administrator: StaffUser, manager: StaffUser, company: Company, workbook: Write
) -> None:
    rows = [HEADINGS, leaf("B1"), leaf("B2", 客户经理姓名=""), row_of("B3", 所属单位="")]
    received = looked_at(workbook(rows), administrator)
    listed = [Making.from_json(one) for one in received.makings]
    assert [(one.made, one.number or one.name, one.rows) for one in listed] == [
        ("unit", "东城区", 2),
        ("manager", "20O1", 2),
    ]
    assert listed[0].take == company.district.full_name
    assert listed[1].alike == ("王经理 (2001)",)
    assert reasons(received)[2] == [["unit", "not_agreed"], ["manager", "not_agreed"]]
    confirm_import(actor=administrator, roster_import=received)
    commit_roster(roster_import_id=received.pk)
    assert not Customer.objects.exists()
    assert not Unit.objects.filter(full_name="东城区").exists()


def test_what_is_agreed_is_made_and_what_is_taken_is_not(
    administrator: StaffUser, manager: StaffUser, company: Company, workbook: Write
) -> None:
    rows = [HEADINGS, leaf("B1"), leaf("B2", 所属单位="江海省/新市/新区")]
    decisions = {
        "unit:东城区": Decision.TAKE,
        "unit:江海省/新市/新区": Decision.MAKE,
        "manager:20o1": Decision.MAKE,
    }
    received = looked_at(workbook(rows), administrator, decisions)
    assert outcomes(received) == {2: "new", 3: "new"}
    before = Unit.objects.count()
    confirm_import(actor=administrator, roster_import=received)
    commit_roster(roster_import_id=received.pk)
    assert Unit.objects.count() == before + 2
    assert Customer.objects.get(number="B1").unit == company.district
    assert Customer.objects.get(number="B2").unit.full_name == "江海省/新市/新区"
    assert StaffUser.objects.get(staff_number="20O1").unit == company.district
    entry = AuditEntry.objects.get(verb="roster.makings_decided")
    assert entry.changes["东城区"] == ["", "take"]


def test_only_administrators_decide_and_only_what_is_offered(
    administrator: StaffUser, supervisor: StaffUser, company: Company, workbook: Write
) -> None:
    received = looked_at(workbook([HEADINGS, leaf(所属单位="新区")]), administrator)
    with pytest.raises(ValidationError, match="Only administrators"):
        decide_makings(actor=supervisor, roster_import=received, decisions={})
    with pytest.raises(ValidationError, match="no one unit of this name"):
        decide_makings(
            actor=administrator, roster_import=received, decisions={"unit:新区": Decision.TAKE}
        )


def test_a_supervisor_is_told_the_neutral_reason_and_nothing_of_others(
    supervisor: StaffUser, company: Company, outsider: StaffUser, workbook: Write
) -> None:
    rows = [
        HEADINGS,
        leaf("B1", 所属单位="南湖区"),
        leaf("B2", 所属单位=company.district.full_name, 客户经理工号="2OO4"),
    ]
    received = looked_at(workbook(rows), supervisor)
    assert received.makings == []
    assert reasons(received) == {
        2: [["unit", "cannot_be_taken"], ["manager", "cannot_be_taken"]],
        3: [["manager", "cannot_be_taken"]],
    }


def test_what_a_supervisor_sees_names_no_customer_of_other_units(
    supervisor: StaffUser, manager: StaffUser, outsider: StaffUser, workbook: Write
) -> None:
    theirs = CustomerFactory(number="F1", manager=outsider, name="王小明", phone="13812340001")
    own = CustomerFactory(number="E1", manager=manager, name="王小明", phone="13812340001")
    assert manager.unit is not None
    row = row_of("B1", 所属单位=manager.unit.full_name, 客户经理工号="2001")
    received = looked_at(workbook([HEADINGS, row]), supervisor)
    (staged,) = received.rows.all()
    assert [number for number, _kinds in staged.alike] == [own.number]
    assert theirs.number not in str([staged.alike, staged.changes, staged.reasons])


def test_the_page_lists_what_would_be_made_and_takes_the_decision(
    signed_in: SignIn,
    administrator: StaffUser,
    manager: StaffUser,
    company: Company,
    workbook: Write,
    django_capture_on_commit_callbacks: Any,
) -> None:
    received = looked_at(workbook([HEADINGS, leaf()]), administrator)
    client = signed_in(administrator)
    url = reverse("exchange:roster_import_preview", args=[received.pk])
    text = client.get(url).content.decode()
    assert "Unit 东城区" in text
    assert f"There is {company.district.full_name}" in text
    assert f"Take {company.district.full_name} instead" in text
    assert "Manager 王经理 (20O1), 东城区" in text
    decide = reverse("exchange:roster_import_makings", args=[received.pk])
    stale = {"run": received.run - 1, "making_0": "make", "making_1": "make"}
    assert "The preview has changed" in client.post(decide, stale, follow=True).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(decide, {"run": received.run, "making_0": "take", "making_1": "make"})
    received.refresh_from_db()
    assert (received.new_rows, received.rejected_rows) == (1, 0)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(decide, {"run": received.run, "everything": "on"})
    received.refresh_from_db()
    assert [one["decision"] for one in received.makings] == ["make", "make"]


def test_units_and_numbers_are_found_by_their_identity(
    administrator: StaffUser, manager: StaffUser, company: Company, workbook: Write
) -> None:
    StaffUser.objects.filter(pk=manager.pk).update(staff_number="M2001", staff_number_key="m2001")
    customer = CustomerFactory(number="BJ7", manager=manager, name="旧名")
    name = f"{company.district.full_name}\ufeff".replace("/", "／")
    rows = [
        HEADINGS,
        row_of("bj7", 所属单位=name, 客户经理工号="ｍ2001\u200b"),
        row_of("ＢＪ７", 所属单位=name, 客户经理工号="M2001"),
    ]
    received = looked_at(workbook(rows), administrator)
    assert received.makings == []
    assert reasons(received) == {3: [["number", "repeated"]]}
    assert outcomes(received)[2] == "changed"
    confirm_import(actor=administrator, roster_import=received)
    commit_roster(roster_import_id=received.pk)
    assert Customer.objects.count() == 1
    customer.refresh_from_db()
    assert (customer.number, customer.name, customer.manager) == ("BJ7", "王小明", manager)


# --- One unit and tier for all ----------------------------------------------------------------


def test_one_unit_and_tier_for_all_holds_for_new_customers_only(
    administrator: StaffUser,
    manager: StaffUser,
    other_manager: StaffUser,
    company: Company,
    workbook: Write,
) -> None:
    there = CustomerFactory(number="A1", manager=other_manager, name="在的")
    path = workbook([["客户编号", "客户姓名"], ["A1", "改名"], ["N1", "新人"]])
    received = looked_at(path, administrator)
    assert reasons(received) == {3: [["tier", "empty"], ["unit", "empty"]]}
    RosterImport.objects.filter(pk=received.pk).update(
        for_all={"unit": company.district.full_name, "tier": "silver"}, state="previewing"
    )
    preview_roster(roster_import_id=received.pk)
    received.refresh_from_db()
    assert outcomes(received) == {2: "changed", 3: "new"}
    assert "unit" not in received.rows.get(row_number=2).changes
    confirm_import(actor=administrator, roster_import=received)
    commit_roster(roster_import_id=received.pk)
    there.refresh_from_db()
    assert (there.unit, there.tier, there.name) == (company.other_district, "gold", "改名")
    new = Customer.objects.get(number="N1")
    assert (new.unit, new.tier) == (company.district, "silver")


def test_a_supervisor_gives_units_of_the_own_only(
    signed_in: SignIn, supervisor: StaffUser, company: Company, workbook: Write
) -> None:
    received = looked_at(workbook([["客户编号", "客户姓名"], ["N1", "新人"]]), supervisor)
    client = signed_in(supervisor)
    url = reverse("exchange:roster_import_mapping", args=[received.pk])
    text = client.get(url).content.decode()
    assert company.district.full_name in text
    assert company.other_district.full_name not in text
    given = {"column_0": "number", "column_1": "name"}
    answer = client.post(url, {**given, "all_unit": company.other_district.full_name})
    assert answer.status_code == 422
    received.refresh_from_db()
    assert received.for_all == {}
