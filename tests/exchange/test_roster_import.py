"""What a roster does to customers: the rules of the import, row by row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from contacts.models import ContactRecord
from contacts.services.verification import differing_clocks
from customers.models import Customer, CustomerPhone, FactConfirmation
from customers.services.standing import mark_left
from exchange.models import RosterImport, RosterImportRow
from exchange.services.roster_commit import commit_roster, confirm_import
from exchange.services.roster_import import map_columns
from staff.models import Role, StaffUser, Unit
from tests.exchange.rosters import (
    HEADINGS,
    ROSTER,
    UNIT,
    changes,
    outcomes,
    reasons,
    receive,
    row_of,
    take_in,
)
from tests.factories import UnitFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
Write = Callable[..., Path]
State = RosterImport.State


# --- Known values -----------------------------------------------------------------------------


def test_a_changed_fact_loses_its_confirmation_and_others_keep_theirs(
    administrator: StaffUser, workbook: Write
) -> None:
    take_in(workbook([HEADINGS, row_of("B1")]), administrator)
    customer = Customer.objects.get(number="B1")
    for fact in ("phone", "gender"):
        FactConfirmation.objects.create(
            customer=customer, fact=fact, confirmed_on=date(2026, 1, 1), confirmed_by=administrator
        )
    take_in(workbook([HEADINGS, row_of("B1", 手机号码="13900001111")]), administrator)
    assert list(customer.confirmations.values_list("fact", flat=True)) == ["gender"]


def test_a_number_or_address_that_the_customer_has_already_changes_nothing(
    administrator: StaffUser, workbook: Write
) -> None:
    take_in(workbook([HEADINGS, row_of("B1")]), administrator)
    customer = Customer.objects.get(number="B1")
    CustomerPhone.objects.create(customer=customer, number="13900001111", position=1)
    again = take_in(workbook([HEADINGS, row_of("B1", 手机号码="13900001111")]), administrator)
    assert outcomes(again) == {2: "unchanged"}


# --- Rows that are refused --------------------------------------------------------------------


def test_the_first_valid_row_wins_and_an_invalid_one_does_not_reserve_the_number(
    administrator: StaffUser, workbook: Write
) -> None:
    rows = [
        row_of("B1", VIP级别="铜卡", 客户姓名="无效"),
        row_of("B1", 客户姓名="第一"),
        row_of(" B1 ", 客户姓名="第二"),
    ]
    done = take_in(workbook([HEADINGS, *rows]), administrator)
    assert outcomes(done) == {2: "rejected", 3: "new", 4: "rejected"}
    assert reasons(done)[4] == [["number", "repeated"]]
    assert Customer.objects.get(number="B1").name == "第一"


def test_every_bad_cell_of_a_row_is_named(administrator: StaffUser, workbook: Write) -> None:
    bad = row_of("B1", VIP级别="铜卡", 手机号码="123", 最近沟通日期="2099-01-01")
    received = receive(workbook([HEADINGS, bad]), administrator)
    assert reasons(received) == {
        2: [
            ["phone", "not_a_mobile_number"],
            ["tier", "no_such_tier"],
            ["last_contact", "in_the_future"],
        ]
    }


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("客户姓名", "", ["name", "empty"]),
        ("VIP级别", "", ["tier", "empty"]),
        ("所属单位", "", ["unit", "empty"]),
        ("所属单位", "滨江市分公司//", ["unit", "no_such_unit_name"]),
        ("客户姓名", "王" * 81, ["name", "too_long"]),
        ("客户经理姓名", "", ["manager", "no_such_manager"]),
        ("最近沟通方式", "信鸽", ["last_contact_channel", "no_such_channel"]),
    ],
)
def test_a_new_customer_needs_what_cannot_be_guessed(
    administrator: StaffUser, workbook: Write, column: str, value: str, reason: list[str]
) -> None:
    good, bad = row_of("B1"), row_of("B2", **{column: value})
    received = receive(workbook([HEADINGS, good, bad]), administrator)
    if column != "客户经理姓名":  # the good row makes the manager, so that the name is not needed
        assert reasons(received) == {3: [reason]}
        return
    assert outcomes(received) == {2: "new", 3: "new"}
    alone = receive(workbook([HEADINGS, bad]), administrator)
    assert reasons(alone) == {2: [reason]}


def test_a_departed_customers_row_is_rejected(administrator: StaffUser, workbook: Write) -> None:
    path = workbook([HEADINGS, row_of("B1"), row_of("B2")])
    take_in(path, administrator)
    mark_left(actor=administrator, customer=Customer.objects.get(number="B1"))
    again = take_in(path, administrator)
    assert outcomes(again) == {2: "rejected", 3: "unchanged"}
    assert reasons(again) == {2: [["number", "departed"]]}


def test_a_lunar_birthday_is_held_against_the_calendar_of_the_row_or_the_customer(
    administrator: StaffUser, workbook: Write
) -> None:
    headings = [*HEADINGS, "出生日期", "生日历法"]
    rows = [
        [*row_of("B1"), "1980-04-30", "农历"],
        [*row_of("B2"), "1980-02-30", "农历"],
        [*row_of("B3"), "1980-01-31", "公历"],
        [*row_of("B4"), "2020年闰四月初二", "农历"],
    ]
    done = take_in(workbook([headings, *rows]), administrator)
    assert reasons(done) == {3: [["birthday", "no_such_date"]]}
    leap = Customer.objects.get(number="B4")
    assert (leap.birth_month, leap.birth_day, leap.birth_leap_month) == (4, 2, True)
    later = [["客户编号", "出生日期"], ["B1", "1980-01-31"], ["B3", "1980-01-30"]]
    again = take_in(workbook(later), administrator)
    assert reasons(again) == {2: [["birthday", "no_such_date"]]}
    calendar = [["客户编号", "生日历法"], ["B3", "农历"], ["B4", "公历"]]
    last = take_in(workbook(calendar), administrator)
    assert outcomes(last) == {2: "changed", 3: "rejected"}


# --- Tier, manager, key, unit -----------------------------------------------------------------


def test_a_tier_change_is_dated_the_day_of_the_import_with_its_days_of_grace(
    administrator: StaffUser, workbook: Write, on_the_day: Any
) -> None:
    row = row_of("B1", VIP级别="银卡", 最近沟通日期="2026-10-10")
    headings = [*HEADINGS, "成为VIP日期"]
    take_in(workbook([headings, [*row, "2024-01-05"]]), administrator)
    customer = Customer.objects.get(number="B1")
    assert customer.contact_due_on == date(2027, 1, 10)
    on_the_day.shift(timedelta(days=2))
    take_in(workbook([HEADINGS, row_of("B1", VIP级别="钻卡")]), administrator)
    customer.refresh_from_db()
    assert customer.contact_due_on == date(2026, 12, 2)
    assert list(customer.tier_changes.values_list("old_tier", "tier", "effective_on")) == [
        ("", "silver", date(2024, 1, 5)),
        ("silver", "diamond", date(2026, 11, 25)),
    ]


def test_managers_and_units_are_made_and_cannot_sign_in(
    administrator: StaffUser, workbook: Write
) -> None:
    done = take_in(workbook([HEADINGS, row_of("B1"), row_of("B2")]), administrator)
    assert (done.units_made, done.managers_made) == (2, 1)
    made = StaffUser.objects.get(staff_number="M1001")
    assert (made.name, made.role) == ("李经理", Role.MANAGER)
    assert made.unit is not None
    assert made.unit.full_name == UNIT
    assert not made.has_usable_password()
    assert not made.is_demonstration


def test_a_known_manager_keeps_our_name(
    administrator: StaffUser, manager: StaffUser, workbook: Write
) -> None:
    assert manager.unit is not None
    row = row_of("B1", 客户经理工号="2001", 客户经理姓名="别名", 所属单位=manager.unit.full_name)
    done = take_in(workbook([HEADINGS, row]), administrator)
    assert (done.managers_made, done.units_made) == (0, 0)
    manager.refresh_from_db()
    assert manager.name == "王经理"
    assert Customer.objects.get(number="B1").manager == manager


def test_somebody_who_is_no_manager_cannot_be_given_customers(
    administrator: StaffUser, supervisor: StaffUser, workbook: Write
) -> None:
    row = row_of("B1", 客户经理工号=supervisor.staff_number)
    received = receive(workbook([HEADINGS, row]), administrator)
    assert reasons(received) == {2: [["manager", "not_a_manager"]]}


def test_a_manager_change_is_dated_the_day_of_the_import_and_moves_the_customer_along(
    administrator: StaffUser,
    manager: StaffUser,
    other_manager: StaffUser,
    workbook: Write,
) -> None:
    assert manager.unit is not None
    assert other_manager.unit is not None
    row = row_of("B1", 客户经理工号="2001", 所属单位=manager.unit.full_name)
    take_in(workbook([HEADINGS, row]), administrator)
    moved = workbook([["客户编号", "客户经理工号"], ["B1", "2003"]])
    received = receive(moved, administrator)
    assert changes(received, 2) == {
        "unit": [manager.unit.full_name, other_manager.unit.full_name],
        "manager": ["王经理 (2001)", "赵经理 (2003)"],
    }
    confirm_import(actor=administrator, roster_import=received)
    commit_roster(roster_import_id=received.pk)
    customer = Customer.objects.get(number="B1")
    assert (customer.manager, customer.unit) == (other_manager, other_manager.unit)
    change = customer.manager_changes.get(old_manager=manager)
    assert (change.manager, change.effective_on) == (other_manager, date(2026, 11, 23))


def test_a_row_without_a_manager_makes_a_customer_of_the_pool(
    administrator: StaffUser, workbook: Write
) -> None:
    row = row_of("B1", 客户经理工号="", 客户经理姓名="")
    take_in(workbook([HEADINGS, row]), administrator)
    assert Customer.objects.get(number="B1").manager is None


def test_a_key_customer_is_key_from_the_day_of_the_import(
    administrator: StaffUser, workbook: Write
) -> None:
    headings = [*HEADINGS, "重要客户"]
    take_in(workbook([headings, [*row_of("B1"), "否"]]), administrator)
    take_in(workbook([headings, [*row_of("B1"), "是"]]), administrator)
    customer = Customer.objects.get(number="B1")
    assert (customer.key_since, customer.visit_due_on) == (date(2026, 11, 23), date(2027, 2, 23))
    take_in(workbook([headings, [*row_of("B1"), "0"]]), administrator)
    customer.refresh_from_db()
    assert (customer.is_key, customer.key_since, customer.visit_due_on) == (False, None, None)


# --- The last contact -------------------------------------------------------------------------


def contact_row(number: str, day: str, channel: str) -> list[Any]:
    return row_of(number, 最近沟通日期=day, 最近沟通方式=channel)


def test_the_last_contact_becomes_a_record_of_its_date(
    administrator: StaffUser, workbook: Write
) -> None:
    take_in(workbook([HEADINGS, contact_row("B1", "2026/10/14", "登门拜访")]), administrator)
    record = ContactRecord.objects.get()
    customer = record.customer
    assert (record.channel, record.outcome, record.recorded_as) == ("visit", "reached", "import")
    assert (record.date_only, record.is_late, record.is_counted) == (True, False, True)
    assert (record.happened_on, record.recorded_by) == (date(2026, 10, 14), administrator)
    assert record.manager == customer.manager
    assert (customer.last_contact_on, customer.last_visit_on) == (record.happened_on,) * 2
    assert customer.contact_due_on == date(2026, 11, 14)


def test_a_newer_last_contact_is_added_and_moves_the_clock(
    administrator: StaffUser, workbook: Write
) -> None:
    take_in(workbook([HEADINGS, contact_row("B1", "2026-10-14", "登门拜访")]), administrator)
    again = take_in(workbook([HEADINGS, contact_row("B1", "2026-11-01", "电话")]), administrator)
    assert outcomes(again) == {2: "changed"}
    customer = Customer.objects.get(number="B1")
    assert customer.contact_records.count() == 2
    assert customer.last_contact_on == date(2026, 11, 1)
    assert customer.last_visit_on == date(2026, 10, 14)
    assert customer.contact_due_on == date(2026, 12, 1)
    assert list(differing_clocks()) == []


@pytest.mark.parametrize("day", ["2026-10-14", "2026-10-13"])
def test_a_last_contact_is_skipped_where_a_record_of_that_day_or_later_exists(
    administrator: StaffUser, workbook: Write, day: str
) -> None:
    take_in(workbook([HEADINGS, contact_row("B1", "2026-10-14", "电话")]), administrator)
    again = take_in(workbook([HEADINGS, contact_row("B1", day, "登门拜访")]), administrator)
    assert outcomes(again) == {2: "unchanged"}
    assert ContactRecord.objects.count() == 1


def test_an_imported_contact_that_was_voided_does_not_come_back(
    administrator: StaffUser, workbook: Write
) -> None:
    path = workbook([HEADINGS, contact_row("B1", "2026-10-14", "电话")])
    take_in(path, administrator)
    ContactRecord.objects.update(
        voided_at="2026-11-01T00:00:00Z", void_reason="不实", is_counted=False
    )
    assert outcomes(take_in(path, administrator)) == {2: "unchanged"}
    assert ContactRecord.objects.count() == 1


# --- Supervisors ------------------------------------------------------------------------------


def test_a_supervisor_fills_the_own_units_only(
    administrator: StaffUser,
    city_supervisor: StaffUser,
    manager: StaffUser,
    outsider: StaffUser,
    workbook: Write,
) -> None:
    assert manager.unit is not None
    assert outsider.unit is not None
    inside, outside = manager.unit.full_name, outsider.unit.full_name
    theirs = row_of("F1", 所属单位=outside, 客户经理工号="2004")
    take_in(workbook([HEADINGS, theirs]), administrator)

    def mine(number: str, **changed: str) -> list[Any]:
        return row_of(number, **({"所属单位": inside, "客户经理工号": "2001"} | changed))

    rows = [
        mine("B1"),
        mine("F1"),  # a customer of another city
        mine("B2", 所属单位=outside),
        mine("B3", 所属单位="江海省/滨江市/新区"),
        mine("B4", 客户经理工号="2004"),
        mine("B5", 客户经理工号="9999"),
    ]
    done = take_in(workbook([HEADINGS, *rows]), city_supervisor)
    neutral = "cannot_be_taken"
    assert outcomes(done)[2] == "new"
    assert reasons(done) == {
        3: [["number", neutral]],
        4: [["unit", neutral]],
        5: [["unit", neutral]],
        6: [["manager", neutral]],
        7: [["manager", neutral]],
    }
    assert not StaffUser.objects.filter(staff_number="9999").exists()
    assert not Unit.objects.filter(name="新区").exists()
    assert Customer.objects.get(number="F1").unit == outsider.unit
    assert done.rows.get(row_number=3).changes == {}


def test_an_import_uses_the_rights_that_the_supervisor_has_when_it_runs(
    supervisor: StaffUser, manager: StaffUser, company: Any, workbook: Write
) -> None:
    assert manager.unit is not None
    row = row_of("B1", 所属单位=manager.unit.full_name, 客户经理工号="2001")
    received = receive(workbook([HEADINGS, row]), supervisor)
    assert outcomes(received) == {2: "new"}
    StaffUser.objects.filter(pk=supervisor.pk).update(unit=company.other_city)
    confirm_import(actor=supervisor, roster_import=received)
    commit_roster(roster_import_id=received.pk)
    received.refresh_from_db()
    assert (received.new_rows, received.rejected_rows) == (0, 1)
    assert not Customer.objects.exists()
    rejected = received.rows.get()
    assert rejected.cells[:2] == ["B1", "王小明"]


# --- Headings that nobody knows ---------------------------------------------------------------


def test_unknown_headings_wait_for_a_person(administrator: StaffUser, workbook: Write) -> None:
    received = receive(workbook([["编码X", "姓名"], ["B1", "王"]]), administrator)
    assert received.state == State.MAPPING
    assert received.columns[0]["samples"] == ["B1"]
    assert not RosterImportRow.objects.exists()


def test_given_meanings_lead_to_the_preview(
    administrator: StaffUser, workbook: Write, django_capture_on_commit_callbacks: Any
) -> None:
    rows = [["编码X", "姓名", "级别", "单位"], ["B1", "王", "金卡", UNIT]]
    received = receive(workbook(rows), administrator)
    fields = {0: "number", 1: "name", 2: "tier", 3: "unit"}
    UnitFactory(name="城东区分公司", parent=UnitFactory(name="滨江市分公司"))
    with django_capture_on_commit_callbacks(execute=True):
        map_columns(actor=administrator, roster_import=received, fields=fields)
    received.refresh_from_db()
    assert received.state == State.PREVIEWED
    assert outcomes(received) == {2: "new"}


def test_a_file_with_headings_and_nothing_else_fails_clearly(
    administrator: StaffUser, workbook: Write
) -> None:
    received = receive(workbook([["标题"], HEADINGS, ["", " "]]), administrator)
    assert (received.state, received.problem) == (State.FAILED, "no_rows")


def test_a_file_that_cannot_be_read_fails_clearly_and_leaves_no_row(
    administrator: StaffUser, tmp_path: Path
) -> None:
    path = tmp_path / "half.xlsx"
    path.write_bytes(ROSTER.read_bytes()[:9000])
    received = receive(path, administrator)
    assert (received.state, received.problem) == (State.FAILED, "damaged")
    assert not RosterImportRow.objects.exists()


def test_rows_of_nothing_are_passed_over_and_still_counted(
    administrator: StaffUser, workbook: Write
) -> None:
    received = receive(workbook([HEADINGS, row_of("B1"), [" "], row_of("B2")]), administrator)
    assert outcomes(received) == {2: "new", 4: "new"}


def test_text_that_looks_like_a_formula_or_markup_stays_text(
    administrator: StaffUser, workbook: Write
) -> None:
    evil = '=HYPERLINK("http://x")<script>'
    take_in(workbook([[*HEADINGS, "性格"], [*row_of("B1"), evil]]), administrator)
    assert Customer.objects.get(number="B1").profile.character == evil
