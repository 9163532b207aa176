"""Small inputs that once came out wrong, from the reports of people who do this job.

The files lie in `tests/data/cases/`; a case that is a way of working has its steps in its test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import time_machine
from django.core.files import File
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from complaints.models import Category, Complaint, ComplaintMerge, ServiceRequest, Source
from contacts.models import ContactRecord, Exemption, MissedCall
from customers.models import Customer
from exchange.models import RosterImport, UsageImport
from exchange.rules.reasons import Rejection
from exchange.rules.values import read_phone
from exchange.services.texts import problem_text, rejection_text
from exchange.services.usage_import import (
    commit_usage,
    confirm_usage,
    prepare_usage,
    receive_usage,
)
from retention.models import RetentionCase, UsageSnapshot
from staff.models import Role, StaffUser, Unit
from tests.api import send, system
from tests.complaints.reports import complains, designate
from tests.conftest import Company
from tests.exchange.rosters import outcomes, reasons, receive, take_in
from tests.factories import CustomerFactory, StaffUserFactory, UnitFactory
from tests.pages import HTMX, TODAY
from tests.workplans.logs_of import a_submitted_log
from tests.workplans.plans_of import a_plan, an_item
from workplans.models import LogRemark, PlanItem
from workplans.services.feeds import make_feed

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


SignIn = Callable[[StaffUser], Client]


SignedIn = Callable[[StaffUser], Client]

pytestmark = pytest.mark.django_db


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

KNOWN_NUMBER = "13900005101"


def found_by(browser: Client, text: str) -> list[set[str]]:
    """Return the names that the list and the field at the top find, each posted as people do."""
    listed = browser.post(reverse("customers:customer_list"), {"q": text}, follow=True)
    suggested = browser.post(reverse("customers:customer_search"), {"q": text}, headers=HTMX)
    return [
        {customer.name for customer in listed.context["page"].rows},
        {customer.name for customer in suggested.context["customers"]},
    ]


@time_machine.travel("2026-11-28T12:00:00+08:00", tick=False)
def test_calls_prefixes(administrator: StaffUser, manager: StaffUser, company: Company) -> None:
    case = json.loads((CASES / "calls-prefixes.json").read_text(encoding="utf-8"))
    customer = CustomerFactory(manager=manager, phone=KNOWN_NUMBER)
    centre = system(administrator, unit=company.city, name="呼叫中心")[1]
    answer = send(centre, "post", "/api/v1/call-events/", {"rows": case["rows"]}).json()
    told = [(row["outcome"], row["match"], row["customer"]) for row in answer["rows"]]
    assert told == [("new", "known", customer.pk)] * len(case["rows"])
    assert MissedCall.objects.get().calls == len(case["rows"])


@pytest.mark.parametrize("role", ["manager", "supervisor"])
@pytest.mark.parametrize(
    "text",
    [
        *("+86 139 0000 5101", "+8613900005101", "139-0000-5101", "0086 13900005101"),
        *("139 0000 5101", "013900005101", "17951 139 0000 5101", "１３９００００５１０１"),
        *("139–0000‑5101", "\u202a+8613900005101\u202c", "(139)0000.5101"),
    ],
)
def test_search_numbers(
    request: pytest.FixtureRequest, signed_in: SignIn, manager: StaffUser, text: str, role: str
) -> None:
    wanted = CustomerFactory(name="王伟芳", manager=manager, phone=KNOWN_NUMBER)
    CustomerFactory(name="赵六", manager=manager)
    browser = signed_in(request.getfixturevalue(role))
    assert found_by(browser, text) == [{wanted.name}] * 2


@pytest.mark.parametrize("dot", ["·", "•", "・", ".", "‧", "．", ""])
@pytest.mark.parametrize(
    "text",
    [
        *("买买提吐尔逊", "买买提•吐尔逊", "买买提.吐尔逊", "买买提·吐尔逊", "买买提 吐尔逊"),
        *("maimaitituerxun", "mmttex", "吐尔逊", "tuerxun", "提吐"),
    ],
)
def test_search_minority_names(signed_in: SignIn, manager: StaffUser, dot: str, text: str) -> None:
    wanted = CustomerFactory(name=f"买买提{dot}吐尔逊", manager=manager)
    CustomerFactory(name="赵六", manager=manager)
    assert found_by(signed_in(manager), text) == [{wanted.name}] * 2


def test_roster_dashes_in_phones() -> None:
    rows: list[Any] = (CASES / "roster-dashes.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [read_phone(row.split(",")[2]) for row in rows[1:]] == ["13900005111", "13900005112"]


# --- Pages -------------------------------------------------------------------------------------


# back-and-save-again.md: the page /contacts/log/<id>/ (no drawer): choose phone, write a text,
# save, press Back, save again: one record, or a question. The page is fetched anew with a new key,
# and the browser puts the old text back. The same of every form that makes a row.


class Making(NamedTuple):
    """A form that makes a row: its page, where it posts to, what is typed, and the rows."""

    page: str
    action: str
    typed: dict[str, Any]
    rows: QuerySet[Any]
    refused: str = "Save it once more?"


def of_the_log(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    url = reverse("contacts:contact_log", args=[CustomerFactory(manager=manager).pk])
    typed = {"channel": "phone", "outcome": "reached", "occasion": "regular", "summary": "问了套餐"}
    return Making(url, url, typed, ContactRecord.objects.all())


def of_a_promise(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    url = reverse("complaints:request_make", args=[CustomerFactory(manager=manager).pk])
    return Making(url, url, {"what": "寄发票"}, ServiceRequest.objects.all())


def of_a_complaint(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    url = reverse("complaints:complaint_create", args=[CustomerFactory(manager=manager).pk])
    category = Category.objects.filter(children=None).first() or Category.objects.first()
    assert category is not None
    typed = {
        "subject": "话费不对",
        "description": "多收了三十元",
        "category": category.pk,
        "severity": "normal",
        "source": "manager",
    }
    return Making(url, url, typed, Complaint.objects.all())


def of_a_plan_item(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    plan = a_plan(manager)
    url = reverse("workplans:plan_item_add", args=[plan.pk])
    typed = {"text": "整理资料", "day": TODAY.isoformat(), "matter": "other"}
    return Making(url, url, typed, PlanItem.objects.all())


def of_a_log_remark(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    a_submitted_log(manager)
    place = [manager.pk, TODAY.isoformat()]
    page = reverse("workplans:log_detail", args=place)
    action = reverse("workplans:log_answer", args=place)
    return Making(page, action, {"text": "补充一句"}, LogRemark.objects.all())


def of_an_exemption(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    url = reverse("contacts:exemption_request", args=[CustomerFactory(manager=manager).pk])
    typed = {"cadence": "contact", "reason": "abroad", "ends_on": TODAY.isoformat()}
    # One request of a kind waits at a time: that is said, in other words.
    return Making(url, url, typed, Exemption.objects.all(), refused="")


def of_a_case(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    url = reverse("retention:case_open", args=[CustomerFactory(manager=manager).pk])
    # The page of an open case leads to it, so that nothing can be sent again.
    return Making(url, url, {"reason": "price"}, RetentionCase.objects.all(), refused="")


@pytest.mark.django_db
@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(
    "made",
    [
        of_the_log,
        of_a_promise,
        of_a_complaint,
        of_a_plan_item,
        of_a_log_remark,
        of_an_exemption,
        of_a_case,
    ],
)
def test_back_and_save_again_is_one_row_or_a_question(
    signed_in: Callable[[StaffUser], Client],
    manager: StaffUser,
    supervisor: StaffUser,
    handler: StaffUser,
    made: Callable[..., Making],
) -> None:
    making = made(manager, supervisor, handler)
    client = signed_in(manager)
    before = making.rows.count()
    sent = making.typed | hidden_in(client.get(making.page))
    assert client.post(making.action, sent).status_code == 302
    # Back: fetched anew, with what was typed put back by the browser.
    again = making.typed | hidden_in(client.get(making.page))
    answer = client.post(making.action, again)
    assert making.rows.count() == before + 1
    if not making.refused:
        return
    text = answer.content.decode()
    assert answer.status_code == 422
    assert making.refused in text
    assert any(str(typed) in text for typed in making.typed.values())
    # Who wants it once more gets it.
    sure = making.typed | hidden_in(answer) | {"again": "on"}
    assert client.post(making.action, sure).status_code == 302
    assert making.rows.count() == before + 2


def hidden_in(page: Any) -> dict[str, str]:
    """The key and what else a form carries by itself."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page.content.decode()):
        given = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if given.get("name") in ("submission_key", "seen") and given.get("value"):
            found[given["name"]] = given["value"]
    return found


# ime-inspection-remark.md: keys that an input method composes with are its own. Its steps need a
# browser: tests/browser/test_keys.py; that every script asks is held by
# tests/guards/test_keys_and_buttons.py.


# --- API, complaints, feeds --------------------------------------------------------------------


def test_a_complaint_merged_with_an_appeal_is_one(
    company: Company, manager: StaffUser, handler: StaffUser, signed_in: SignedIn, frozen: Any
) -> None:
    """complaint-merge-appeal: by the hotline, two hours later by the regulator, made one."""
    designate(handler, company.district)
    customer = CustomerFactory(manager=manager)
    hotline = complains(manager, customer, source=Source.HOTLINE)
    frozen.shift(timedelta(hours=2))
    regulator = complains(manager, customer, source=Source.REGULATOR)
    browser = signed_in(handler)

    def open_appeals() -> list[int]:
        page = browser.get(reverse("complaints:complaint_list"), {"time": "appeal"})
        return [row.pk for row in page.context["page"].rows]

    assert open_appeals() == [regulator.pk]
    merge = reverse("complaints:double_merge", args=[regulator.pk])
    browser.post(merge, {"other": hotline.pk, "reason": "同一件事"})
    assert open_appeals() == [hotline.pk]
    undo = reverse("complaints:double_undo", args=[ComplaintMerge.objects.get().pk])
    browser.post(undo)
    assert open_appeals() == [regulator.pk]
    hotline.refresh_from_db()
    assert not hotline.is_appeal


def test_a_system_that_accepts_gzip_changes_a_customer(
    administrator: StaffUser, manager: StaffUser
) -> None:
    """api-etag-gzip: PATCH with the ETag exactly as received answers 200."""
    customer = CustomerFactory(manager=manager)
    _client, prm = system(administrator)
    url = f"/api/v1/customers/{customer.pk}/"
    read = prm.get(url, headers={"Accept-Encoding": "gzip"})
    assert read.headers["ETag"] == 'W/"1"'
    sent = {"Accept-Encoding": "gzip", "If-Match": read.headers["ETag"]}
    changed = send(prm, "patch", url, {"profile": {"sports": "羽毛球"}}, sent)
    assert changed.status_code == 200
    customer.profile.refresh_from_db()
    assert customer.profile.sports == "羽毛球"


@pytest.mark.usefixtures("frozen")
def test_the_calendar_feed_speaks_the_language_of_its_manager(
    manager: StaffUser, signed_in: Callable[[StaffUser], Client], client: Client
) -> None:
    """`feed-language.md`: calendar servers send no Accept-Language."""
    week = a_plan(manager)
    for entry in ({}, {"needs_visit": True}):
        an_item(week, CustomerFactory(manager=manager), **entry)
    address = f"/workplans/plans/feed/{make_feed(actor=manager)}.ics"
    signed_in(manager).get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert summaries(client, address) == ["1 次沟通、1 次面访"]


def summaries(client: Client, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code == 200, response
    events: Any = Calendar.from_ical(response.content).walk("VEVENT")
    return [str(event["summary"]) for event in events]
