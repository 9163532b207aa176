"""The audit trail: who reads which entries, in which words, narrowed by what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from complaints.models import Complaint
from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from core import audit
from core.models import AuditEntry
from customers.models import Channel, Customer
from customers.services.editing import base_of, edit_customer
from customers.services.profile import reveal_phone
from customers.services.sheet import load_sheet, read_sheet
from customers.services.standing import assign_manager
from portfolio.services.trail_words import Names, changes_of, value_of, words_of
from staff import services as staff_services
from staff.models import Role, StaffUser, Unit
from tests.conftest import Company
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import get_part, statements, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
URL = "/audit-trail/"
PHONE = "13800138000"


def entry(actor: StaffUser | None, customer: Customer | None, verb: str = "x.y") -> AuditEntry:
    about = customer if customer is not None else actor
    assert about is not None
    pk = customer.pk if customer is not None else None
    return audit.record(actor=actor, verb=verb, obj=about, customer_id=pk)


def read_by(client: Client, query: str = "") -> list[AuditEntry]:
    """Return all entries that the page shows, over all its pages."""
    found: list[AuditEntry] = []
    cursor = ""
    while True:
        response = client.get(f"{URL}?{query}&cursor={cursor}")
        assert response.status_code == 200
        page = response.context["trail"].page
        found += page.rows
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    made: Customer = CustomerFactory(name="张伟", number="VIP0001", manager=manager, phone=PHONE)
    return made


@pytest.fixture
def far_customer(outsider: StaffUser) -> Customer:
    made: Customer = CustomerFactory(name="远客户", number="VIP0009", manager=outsider)
    return made


# --- Who reads what ----------------------------------------------------------------------------


def test_a_supervisor_reads_the_customers_of_the_unit_and_no_others(
    signed_in: Browser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    manager: StaffUser,
    outsider: StaffUser,
    other_manager: StaffUser,
    customer: Customer,
    far_customer: Customer,
) -> None:
    ours = entry(manager, customer)
    by_a_stranger = entry(outsider, customer)
    by_a_job = entry(None, customer)
    of_the_city = entry(other_manager, CustomerFactory(manager=other_manager))
    theirs = entry(outsider, far_customer)
    of_theirs_by_ours = entry(manager, far_customer)
    assert set(read_by(signed_in(supervisor))) == {ours, by_a_stranger, by_a_job}
    assert set(read_by(signed_in(city_supervisor))) == {ours, by_a_stranger, by_a_job, of_the_city}
    assert {theirs, of_theirs_by_ours}.isdisjoint(read_by(signed_in(city_supervisor)))


def test_a_supervisor_reads_what_is_about_no_customer_but_the_people_and_units(
    signed_in: Browser,
    company: Company,
    supervisor: StaffUser,
    manager: StaffUser,
    outsider: StaffUser,
    administrator: StaffUser,
) -> None:
    def about(obj: Any, actor: StaffUser | None = administrator) -> AuditEntry:
        return audit.record(actor=actor, verb="x.y", obj=obj)

    cover = CoverFactory(manager=manager, arranged_by=supervisor)
    ours = {
        AuditEntry.objects.get(verb="cover.arranged", object_id=cover.pk),
        about(manager),
        about(company.district),
        about(company.district, actor=None),
        about(cover),
        about(company.province, actor=manager),
    }
    theirs = {about(outsider), about(company.city), about(CoverFactory(manager=outsider))}
    found = set(read_by(signed_in(supervisor)))
    assert found == ours
    assert found.isdisjoint(theirs)


def test_a_customer_who_was_moved_away_is_not_read_about_any_more(
    signed_in: Browser,
    supervisor: StaffUser,
    manager: StaffUser,
    outsider: StaffUser,
    customer: Customer,
) -> None:
    made = entry(manager, customer)
    assert made in read_by(signed_in(supervisor))
    assign_manager(actor=None, customer=customer, manager=outsider)
    assert read_by(signed_in(supervisor)) == []


def test_head_office_reads_everything_with_numbers_masked(
    signed_in: Browser, head_office: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    reveal_phone(actor=supervisor, phone=customer.phones.get())
    response = signed_in(head_office).get(URL)
    page = text_of(response)
    assert "张伟" in page
    assert "Saw a whole phone number" in page
    assert "138****8000" in page
    assert PHONE not in page


def test_an_administrator_reads_that_and_which_fields_but_neither_customer_nor_values(
    signed_in: Browser, administrator: StaffUser, manager: StaffUser, customer: Customer
) -> None:
    audit.record(
        actor=manager,
        verb="customer.edited",
        obj=customer,
        changes={"employer": ["旧厂", "新厂"]},
        customer_id=customer.pk,
    )
    staff_services.set_password(actor=administrator, user=manager, password="Correct-horse-9")
    page = text_of(signed_in(administrator).get(URL))
    assert "Employer" in page
    assert "王经理" in page
    assert "Changed a password" in page
    for secret in ("张伟", "VIP0001", "旧厂", "新厂"):
        assert secret not in page
    assert "id_customer" not in page
    assert len(read_by(signed_in(administrator), "customer=VIP0001")) == 2


@pytest.mark.parametrize("who", ["manager", "colleague", "handler"])
def test_who_leads_nobody_finds_no_trail(
    signed_in: Browser, request: pytest.FixtureRequest, who: str
) -> None:
    assert signed_in(request.getfixturevalue(who)).get(URL).status_code == 404


# --- Filters -----------------------------------------------------------------------------------


def test_the_trail_is_narrowed_by_person(
    signed_in: Browser,
    supervisor: StaffUser,
    manager: StaffUser,
    colleague: StaffUser,
    customer: Customer,
) -> None:
    mine, other = entry(manager, customer), entry(colleague, customer)
    browser = signed_in(supervisor)
    assert read_by(browser, "person=2001") == [mine]
    assert read_by(browser, "person=李经理") == [other]
    assert set(read_by(browser, "person=经理")) == {mine, other}
    assert read_by(browser, "person=没有这人") == []


def test_a_whole_staff_number_finds_that_person_only(
    signed_in: Browser, supervisor: StaffUser, manager: StaffUser, customer: Customer
) -> None:
    longer = staff_services.create_staff(
        actor=supervisor, staff_number="20011", name="后来", role=Role.MANAGER, unit=manager.unit
    )
    entry(longer, customer)
    assert {one.actor_id for one in read_by(signed_in(supervisor), "person=2001")} <= {manager.pk}
    assert {one.actor_id for one in read_by(signed_in(supervisor), "person=20011")} == {longer.pk}


def test_the_trail_is_narrowed_by_customer(
    signed_in: Browser,
    supervisor: StaffUser,
    manager: StaffUser,
    customer: Customer,
    far_customer: Customer,
) -> None:
    mine = entry(manager, customer)
    entry(manager, CustomerFactory(manager=manager, name="别人", number="VIP00012"))
    entry(manager, far_customer)
    browser = signed_in(supervisor)
    assert read_by(browser, "customer=VIP0001") == [mine]
    assert read_by(browser, "customer=张伟") == [mine]
    assert read_by(browser, f"customer={PHONE}") == [mine]
    assert read_by(browser, "customer=VIP0009") == []


def test_a_name_that_too_many_have_is_refused_with_what_to_do(
    signed_in: Browser, supervisor: StaffUser, manager: StaffUser
) -> None:
    for _number in range(51):
        CustomerFactory(manager=manager, name="王芳")
    page = text_of(signed_in(supervisor).get(URL, {"customer": "王芳"}))
    assert "Too many have this name. Enter the whole number." in page


def test_the_trail_is_narrowed_by_what_was_done(
    signed_in: Browser, supervisor: StaffUser, manager: StaffUser, customer: Customer
) -> None:
    entry(manager, customer, "customer.edited")
    seen = entry(supervisor, customer, "phone.revealed")
    assert read_by(signed_in(supervisor), "group=numbers") == [seen]


def test_the_trail_is_narrowed_by_days_of_the_readers_zone(
    signed_in: Browser, supervisor: StaffUser, manager: StaffUser, customer: Customer
) -> None:
    made = []
    for hour, day in ((23, 20), (0, 21), (23, 21), (0, 22)):
        moment = datetime(2026, 11, day, hour, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
        with time_machine.travel(moment):
            made.append(entry(manager, customer))
    found = read_by(signed_in(supervisor), "since=2026-11-21&until=2026-11-21")
    assert found == [made[2], made[1]]


def test_what_is_not_understood_is_said(signed_in: Browser, supervisor: StaffUser) -> None:
    response = signed_in(supervisor).get(URL, {"since": "yesterday", "group": "nothing"})
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {"since", "group"}


def test_pages_follow_each_other_without_gap_or_repetition(
    signed_in: Browser, supervisor: StaffUser, manager: StaffUser, customer: Customer
) -> None:
    made = []
    for number in range(120):
        # Thirty entries of one moment, and moments apart by less than a thousandth of a second.
        with time_machine.travel(
            datetime(2026, 11, 1, 8, 0, 0, number // 30 * 7, tzinfo=ZoneInfo("UTC")), tick=False
        ):
            made.append(entry(manager, customer))
    assert read_by(signed_in(supervisor)) == made[::-1]


def test_the_page_takes_as_many_statements_for_many_entries_as_for_few(
    signed_in: Browser, supervisor: StaffUser, manager: StaffUser, customer: Customer
) -> None:
    def write(about: Customer) -> None:
        audit.record(
            actor=manager,
            verb="customer.manager_changed",
            obj=about,
            changes={"manager_id": [manager.pk, supervisor.pk], "unit_id": [None, about.unit_id]},
            customer_id=about.pk,
        )

    browser = signed_in(supervisor)
    write(customer)
    few = statements(browser, URL)
    for _number in range(40):
        write(CustomerFactory(manager=manager))
    assert statements(browser, URL) == few <= 10


def test_htmx_gets_the_part(signed_in: Browser, supervisor: StaffUser) -> None:
    page = text_of(get_part(signed_in(supervisor), URL))
    assert 'id="_audit_trail"' in page
    assert "<html" not in page


# --- Words -------------------------------------------------------------------------------------


def values(made: AuditEntry, names: Names | None = None) -> dict[str, tuple[str, str]]:
    made = AuditEntry.objects.get(pk=made.pk)
    changes = changes_of(made, names or Names(), with_values=True)
    return {change.label.text: (change.old.text, change.new.text) for change in changes}


def test_the_step_of_a_complaint_is_shown_in_words(manager: StaffUser) -> None:
    made = audit.record(
        actor=manager,
        verb="complaint.moved",
        obj=Complaint(pk=1),
        changes={"step": [None, "merged"]},
    )
    assert values(made) == {"Step": ("", "Merged as a double report")}


def test_ids_of_people_and_units_are_shown_as_names(
    signed_in: Browser,
    head_office: StaffUser,
    company: Company,
    outsider: StaffUser,
    customer: Customer,
) -> None:
    assign_manager(actor=None, customer=customer, manager=outsider)
    page = text_of(signed_in(head_office).get(URL))
    assert "王经理" in page
    assert "外经理" in page
    assert "江海省/临山市/南湖区" in page
    assert "A job of the product" in page


def test_a_failed_sign_in_is_no_job_of_the_product(
    signed_in: Browser, head_office: StaffUser, manager: StaffUser
) -> None:
    audit.record(actor=None, verb="staff.sign_in_failed", obj=manager)
    page = text_of(signed_in(head_office).get(URL))
    assert "Somebody not signed in" in page
    assert "A job of the product" not in page


def test_values_are_shown_as_a_person_reads_them(manager: StaffUser, customer: Customer) -> None:
    made = audit.record(
        actor=manager,
        verb="customer.edited",
        obj=customer,
        changes={
            "tier": ["silver", "gold"],
            "is_key": [False, True],
            "key_since": [None, date(2026, 11, 2)],
            "opt_outs": [[], ["sms", "mms"]],
            "birth_year": [None, 1980],
            "employer": ["", "滨江机械厂"],
        },
        customer_id=customer.pk,
    )
    assert values(made) == {
        "Tier": ("Silver", "Gold"),
        "Key customer": ("No", "Yes"),
        "Key customer since": ("", "11/02/2026"),
        "Opt-outs": ("", "SMS; MMS"),
        "Year of birth": ("", "1980"),
        "Employer": ("", "滨江机械厂"),
    }


def test_an_edited_sheet_is_shown_row_by_row_with_phones_masked(
    manager: StaffUser, customer: Customer
) -> None:
    audit.record(
        actor=manager,
        verb="customer.edited",
        obj=customer,
        changes={
            "birthday": [
                None,
                {"calendar": "lunar", "month": 8, "day": 15, "year": 1980, "leap_month": False},
            ],
            "preferred_hours": [None, {"start": "09:00:00", "end": "11:30:00"}],
            "phone": [[], [{"number": PHONE, "kind": "mobile"}]],
        },
        customer_id=customer.pk,
    )
    assert values(AuditEntry.objects.latest("pk")) == {
        "Birthday": ("", "1980-08-15, lunar calendar"),
        "Best reached": ("", "09:00–11:30"),
        "Phone numbers": ("", "138****8000 · Mobile"),
    }


def test_what_the_sheet_writes_is_read_back(manager: StaffUser, customer: Customer) -> None:
    stored = read_sheet(load_sheet(customer))
    wanted = {"employer": "新厂", "phone": ()}
    edit_customer(
        actor=manager,
        customer=customer,
        values=wanted,
        base=base_of({name: stored[name] for name in wanted}, ()),
    )
    made = AuditEntry.objects.get(verb="customer.edited")
    assert values(made)["Phone numbers"][0].startswith("138****8000")
    assert values(made)["Employer"] == (stored["employer"], "新厂")


@pytest.mark.parametrize(
    ("object_type", "name", "value", "shown"),
    [
        ("staff.staffuser", "phone", PHONE, "138****8000"),
        ("customers.customerphone", "number", PHONE, "138****8000"),
        ("contacts.contactrecord", "summary", f"打{PHONE}找他", "打138****8000找他"),
        ("customers.customer", "phone", "2026-11-23", "11/23/2026"),
        ("customers.customer", "number", PHONE, PHONE),
        ("staff.staffuser", "staff_number", PHONE, PHONE),
    ],
)
def test_phone_numbers_are_masked_wherever_they_stand(
    object_type: str, name: str, value: str, shown: str
) -> None:
    assert value_of(object_type, name, value, Names()).text == shown


def test_moments_are_shown_in_local_time(manager: StaffUser, customer: Customer) -> None:
    record = log_contact(
        actor=manager,
        customer=customer,
        contact=Contact(channel=Channel.PHONE, outcome=Outcome.REACHED),
    )
    shown = values(AuditEntry.objects.get(verb="contact.logged", object_id=record.pk))
    assert shown["Happened at"] == ("", "11/23/2026 10 a.m.")
    assert shown["Channel"] == ("", "Phone call")


def test_what_nobody_has_words_for_is_shown_as_it_was_written() -> None:
    assert words_of("brand.new").is_code
    with override("zh-hans"):
        assert words_of("phone.revealed").text == "查看了完整电话号码"


def test_a_unit_is_named_in_what_is_about_it(
    signed_in: Browser, supervisor: StaffUser, manager: StaffUser, company: Company
) -> None:
    unit: Unit = company.district
    audit.record(actor=manager, verb="unit.changed", obj=unit, changes={"name": ["旧", "东城区"]})
    page = text_of(signed_in(supervisor).get(URL))
    assert "江海省/滨江市/东城区" in page
    assert reverse("portfolio:access_report") in page
