"""Customers in the API: who sees whom, whole numbers, filters, paging, changes with a version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from core import clock
from core.models import AuditEntry
from customers.models import Customer, FactConfirmation, Status, Tier
from customers.services.standing import change_tier
from staff.models import StaffUser
from tests.api import ids, problem, send, system
from tests.conftest import Company
from tests.factories import CoverFactory, CustomerFactory
from tests.portfolio.merges import merge

LIST = "/api/v1/customers/"
PHONE = "13800138000"

SignIn = Callable[[StaffUser], Client]


def url(customer: Customer) -> str:
    return reverse("api:customer_detail", args=[customer.pk])


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(
        manager=manager, phone=PHONE, name="张三", profile={"employer": "电力公司"}
    )


@pytest.fixture
def stranger(outsider: StaffUser) -> Customer:
    return CustomerFactory(manager=outsider, phone="13900139000")


def change(client: Client, customer: Customer, data: Any, etag: str | None = None) -> Any:
    wanted = etag if etag is not None else client.get(url(customer)).headers["ETag"]
    return send(client, "patch", url(customer), data, {"If-Match": wanted})


# --- Who sees whom --------------------------------------------------------------------------


def test_a_manager_lists_the_own_customers_only(
    signed_in: SignIn, manager: StaffUser, customer: Customer, stranger: Customer
) -> None:
    assert ids(signed_in(manager).get(LIST)) == [customer.pk]


def test_head_office_lists_everybody(
    signed_in: SignIn, head_office: StaffUser, customer: Customer, stranger: Customer
) -> None:
    assert set(ids(signed_in(head_office).get(LIST))) == {customer.pk, stranger.pk}


def test_a_customer_out_of_scope_is_not_found(
    signed_in: SignIn, manager: StaffUser, customer: Customer, stranger: Customer
) -> None:
    browser = signed_in(manager)
    assert browser.get(url(customer)).status_code == 200
    assert problem(browser.get(url(stranger)))["status"] == 404
    assert problem(send(browser, "patch", url(stranger), {}))["status"] == 404


def test_a_system_sees_its_unit_and_below(
    administrator: StaffUser, company: Company, customer: Customer, stranger: Customer
) -> None:
    _client, of_city = system(administrator, unit=company.city)
    _client, of_company = system(administrator, name="PRM")
    assert ids(of_city.get(LIST)) == [customer.pk]
    assert of_city.get(url(stranger)).status_code == 404
    assert set(ids(of_company.get(LIST))) == {customer.pk, stranger.pk}


def test_a_system_without_the_scope_is_refused(
    administrator: StaffUser, customer: Customer
) -> None:
    _client, reader = system(administrator, scopes=["customers:read"])
    assert reader.get(url(customer)).status_code == 200
    refused = problem(change(reader, customer, {"gender": "male"}))
    assert (refused["status"], refused["type"]) == (403, "urn:vipcrm:problem:scope_missing")
    assert Customer.objects.get(pk=customer.pk).gender == ""


@pytest.mark.parametrize("role", ["handler", "administrator"])
def test_who_has_nothing_to_do_with_customers_finds_nothing(
    request: pytest.FixtureRequest, signed_in: SignIn, customer: Customer, role: str
) -> None:
    browser = signed_in(request.getfixturevalue(role))
    assert problem(browser.get(LIST))["status"] == 404
    assert problem(browser.get(url(customer)))["status"] == 404


def test_nobody_gets_anything_without_signing_in(customer: Customer) -> None:
    refused = Client().get(LIST)
    assert problem(refused)["status"] == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


# --- Whole phone numbers --------------------------------------------------------------------


def numbers(response: Any) -> list[str]:
    return [phone["number"] for phone in response.json()["phones"]]


def test_the_manager_and_the_cover_see_whole_numbers_of_one_customer(
    signed_in: SignIn, manager: StaffUser, colleague: StaffUser, customer: Customer
) -> None:
    CoverFactory(manager=manager, stand_in=colleague)
    for person in (manager, colleague):
        browser = signed_in(person)
        assert numbers(browser.get(url(customer))) == [PHONE]
        row = browser.get(LIST).json()["results"][0]
        assert [phone["number"] for phone in row["phones"]] == ["138****8000"]


@pytest.mark.parametrize("role", ["supervisor", "head_office"])
def test_supervisors_and_head_office_see_numbers_masked(
    request: pytest.FixtureRequest, signed_in: SignIn, customer: Customer, role: str
) -> None:
    answer = signed_in(request.getfixturevalue(role)).get(url(customer))
    assert numbers(answer) == ["138****8000"]
    assert PHONE not in answer.content.decode()


def test_a_system_needs_a_scope_for_whole_numbers_and_each_sending_is_written_down(
    administrator: StaffUser, customer: Customer
) -> None:
    _client, masked = system(administrator, scopes=["customers:read"])
    allowed, whole = system(administrator, scopes=["customers:read", "phones:read"], name="短信")
    assert numbers(masked.get(url(customer))) == ["138****8000"]
    assert PHONE not in masked.get(LIST).content.decode()
    assert not AuditEntry.objects.filter(verb="phones.sent").exists()
    assert numbers(whole.get(url(customer))) == [PHONE]
    assert PHONE in whole.get(LIST).content.decode()
    sent = AuditEntry.objects.filter(verb="phones.sent", customer_id=customer.pk)
    assert [entry.actor_id for entry in sent] == [allowed.account_id] * 2


def test_numbers_and_texts_of_one_answer_are_one_entry(
    administrator: StaffUser, customer: Customer
) -> None:
    customer.addresses.create(text=f"到了打 {PHONE}", city="滨江")
    whole = system(administrator, scopes=["customers:read", "phones:read"])[1]
    assert whole.get(url(customer)).content.decode().count(PHONE) == 2
    [entry] = AuditEntry.objects.filter(verb="phones.sent")
    assert (entry.customer_id, entry.changes) == (customer.pk, {"texts": [None, 1]})


# --- Filters and paging ---------------------------------------------------------------------


def test_the_list_is_narrowed_as_on_the_page(
    signed_in: SignIn, supervisor: StaffUser, manager: StaffUser, customer: Customer
) -> None:
    silver = CustomerFactory(manager=manager, tier=Tier.SILVER, is_key=True)
    left = CustomerFactory(manager=manager, status=Status.LEFT)
    browser = signed_in(supervisor)
    assert set(ids(browser.get(LIST))) == {customer.pk, silver.pk, left.pk}
    assert ids(browser.get(LIST, {"tier": ["silver", "diamond"]})) == [silver.pk]
    assert ids(browser.get(LIST, {"status": "left"})) == [left.pk]
    assert ids(browser.get(LIST, {"key": "true"})) == [silver.pk]
    assert ids(browser.get(LIST, {"q": "zhangsan"})) == [customer.pk]
    assert set(ids(browser.get(LIST, {"due": "overdue"}))) == {customer.pk, silver.pk}
    assert ids(browser.get(LIST, {"pool": "true"})) == []


def test_a_unit_or_manager_out_of_scope_is_not_found(
    signed_in: SignIn, supervisor: StaffUser, outsider: StaffUser, company: Company
) -> None:
    browser = signed_in(supervisor)
    assert browser.get(LIST, {"unit": company.district.pk}).status_code == 200
    assert browser.get(LIST, {"unit": company.far_district.pk}).status_code == 404
    assert browser.get(LIST, {"manager": outsider.pk}).status_code == 404


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("tier", "bronze"),
        ("limit", "0"),
        ("limit", "1000"),
        ("key", "yes"),
        ("updated_since", "2026-11-23T10:00:00"),
        ("updated_sinse", "2026-11-23T10:00:00Z"),
        ("q", "a\0b"),
    ],
)
def test_a_parameter_that_is_not_understood_is_named(
    signed_in: SignIn, manager: StaffUser, parameter: str, value: str
) -> None:
    refused = problem(signed_in(manager).get(LIST, {parameter: value}))
    assert refused["status"] == 400
    assert [error["parameter"] for error in refused["errors"]] == [parameter]


def test_pages_follow_each_other_without_gap_or_repetition(
    signed_in: SignIn, manager: StaffUser
) -> None:
    made = [CustomerFactory(manager=manager).pk for _ in range(7)]
    same_moment = clock.now()
    Customer.objects.filter(pk__in=made[:4]).update(updated_at=same_moment)
    browser = signed_in(manager)
    page = browser.get(LIST, {"limit": 2})
    found = ids(page)
    while (address := page.json()["next"]) is not None:
        page = browser.get(address)
        found += ids(page)
    assert sorted(found) == sorted(made)
    assert ids(browser.get(page.json()["previous"])) == found[-3:-1]


def test_a_cursor_that_is_not_ours_is_refused(signed_in: SignIn, manager: StaffUser) -> None:
    refused = problem(signed_in(manager).get(LIST, {"cursor": "nonsense"}))
    assert refused["status"] == 422
    assert [error["parameter"] for error in refused["errors"]] == ["cursor"]


def test_only_what_changed_since_then_comes(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    old = CustomerFactory(manager=manager)
    long_ago = clock.now() - timedelta(days=3)
    Customer.objects.filter(pk=old.pk).update(updated_at=long_ago)
    browser = signed_in(manager)
    since = (clock.now() - timedelta(days=1)).isoformat()
    assert ids(browser.get(LIST, {"updated_since": since})) == [customer.pk]
    assert ids(browser.get(LIST, {"updated_since": long_ago.isoformat()})) == [
        old.pk,
        customer.pk,
    ]
    change_tier(actor=manager, customer=old, tier=Tier.DIAMOND)
    assert set(ids(browser.get(LIST, {"updated_since": since}))) == {old.pk, customer.pk}


def test_twenty_times_the_rows_cost_the_same_statements(
    signed_in: SignIn, manager: StaffUser, administrator: StaffUser, customer: Customer
) -> None:
    _client, whole = system(administrator)
    person = signed_in(manager)
    whole.get(LIST)
    few = [statements(person), statements(whole)]
    for _ in range(20):
        CustomerFactory(manager=manager)
    assert [statements(person), statements(whole)] == few
    assert max(few) <= 6


def statements(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(LIST).status_code == 200
    return len([query for query in captured if "SAVEPOINT" not in query["sql"]])


# --- Changing -------------------------------------------------------------------------------


def test_a_change_goes_through_the_service_of_the_page(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    before = browser.get(url(customer))
    changed = change(
        browser,
        customer,
        {
            "gender": "male",
            "birth_month": 8,
            "birth_day": 15,
            "preferred_from": "09:30",
            "preferred_to": "11:00",
            "opt_outs": ["sms"],
            "profile": {"employer": "银行", "sports": "羽毛球"},
        },
    )
    assert changed.status_code == 200, changed.content
    body = changed.json()
    assert body["profile"]["employer"] == "银行"
    assert body["opt_outs"] == ["sms"]
    assert body["preferred_from"] == "09:30:00"
    assert (body["birth_month"], body["birth_day"]) == (8, 15)
    assert body["version"] == before.json()["version"] + 1
    assert changed.headers["ETag"] == f'"{body["version"]}"' != before.headers["ETag"]
    entry = AuditEntry.objects.get(verb="customer.edited")
    assert (entry.actor, entry.changes["employer"]) == (manager, ["电力公司", "银行"])
    assert FactConfirmation.objects.filter(customer=customer, fact="sports").exists()


def test_what_is_left_out_stays(signed_in: SignIn, manager: StaffUser, customer: Customer) -> None:
    assert change(signed_in(manager), customer, {"gender": "female"}).status_code == 200
    customer.refresh_from_db()
    assert (customer.name, customer.profile.employer) == ("张三", "电力公司")
    assert list(customer.phones.values_list("number", flat=True)) == [PHONE]


def test_a_change_by_a_system_is_written_down_under_its_account(
    administrator: StaffUser, company: Company, customer: Customer
) -> None:
    client, prm = system(administrator, unit=company.city, name="PRM")
    assert change(prm, customer, {"profile": {"position": "经理"}}).status_code == 200
    entry = AuditEntry.objects.get(verb="customer.edited")
    assert entry.actor == client.account
    assert str(client.account).startswith("PRM")


def test_the_second_of_two_editors_is_told_what_changed(
    signed_in: SignIn, manager: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    late, early = signed_in(manager), signed_in(supervisor)
    read = late.get(url(customer)).headers["ETag"]
    assert change(early, customer, {"profile": {"employer": "银行"}}).status_code == 200
    refused = change(late, customer, {"gender": "male"}, etag=read)
    body = problem(refused)
    assert body["status"] == 412
    assert [(c["field"], c["old"], c["new"], c["by"]) for c in body["changes"]] == [
        ("employer", "电力公司", "银行", supervisor.name)
    ]
    assert refused.headers["ETag"] == early.get(url(customer)).headers["ETag"]
    customer.refresh_from_db()
    assert customer.gender == ""
    assert change(late, customer, {"gender": "male"}).status_code == 200


def test_a_change_of_tier_counts_as_a_change(
    signed_in: SignIn, manager: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    read = browser.get(url(customer)).headers["ETag"]
    change_tier(actor=supervisor, customer=customer, tier=Tier.DIAMOND)
    body = problem(change(browser, customer, {"gender": "male"}, etag=read))
    assert [(c["field"], c["new"]) for c in body["changes"]] == [("tier", "diamond")]


def test_a_change_without_a_version_is_refused(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    refused = problem(send(signed_in(manager), "patch", url(customer), {"gender": "male"}))
    assert refused["status"] == 428


def test_a_version_that_never_was_is_refused(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    for etag in ('"999"', '"999", W/"0"', '"x"', '""'):
        refused = problem(change(signed_in(manager), customer, {"gender": "male"}, etag=etag))
        assert (refused["status"], refused["changes"]) == (412, [])


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"gender": 1}, "/gender"),
        ({"employer": "银行"}, "/employer"),
        ({"profile": {"hobby": "x"}}, "/profile/hobby"),
        ({"profile": {"employer": 3}}, "/profile/employer"),
        ({"opt_outs": ["pigeon"]}, "/opt_outs/0"),
        ({"birth_month": "8"}, "/birth_month"),
        ({"name": "  "}, "/name"),
    ],
)
def test_what_does_not_have_the_form_is_pointed_at(
    signed_in: SignIn, manager: StaffUser, customer: Customer, data: Any, pointer: str
) -> None:
    refused = problem(change(signed_in(manager), customer, data))
    assert refused["status"] == 400
    assert [error["pointer"] for error in refused["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"birth_month": 2, "birth_day": 30}, "/birth_day"),
        ({"preferred_from": "11:00", "preferred_to": "09:00"}, "/preferred_to"),
        ({"preferred_channel": "sms", "opt_outs": ["sms"]}, "/preferred_channel"),
        ({"joined_on": "2999-01-01"}, "/joined_on"),
    ],
)
def test_what_the_page_would_refuse_is_refused(
    signed_in: SignIn, manager: StaffUser, customer: Customer, data: Any, pointer: str
) -> None:
    refused = problem(change(signed_in(manager), customer, data))
    assert refused["status"] == 422
    assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert Customer.objects.get(pk=customer.pk).version == customer.version


def test_head_office_changes_nothing(
    signed_in: SignIn, head_office: StaffUser, customer: Customer
) -> None:
    browser = signed_in(head_office)
    assert browser.get(url(customer)).status_code == 200
    assert change(browser, customer, {"gender": "male"}).status_code == 404


def test_a_session_changes_nothing_without_the_token(
    manager: StaffUser, customer: Customer
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(manager)
    etag = browser.get(url(customer)).headers["ETag"]
    refused = problem(send(browser, "patch", url(customer), {"gender": "male"}, {"If-Match": etag}))
    assert refused["status"] == 403
    assert Customer.objects.get(pk=customer.pk).gender == ""


def test_moments_have_an_offset(signed_in: SignIn, manager: StaffUser, customer: Customer) -> None:
    text = signed_in(manager).get(url(customer)).json()["updated_at"]
    moment = parse_datetime(text)
    assert moment is not None
    assert moment.tzinfo is not None


# --- Merged rows ----------------------------------------------------------------------------


def test_a_merged_row_tells_with_whom_it_answers_and_cannot_be_changed(
    signed_in: SignIn,
    customer: Customer,
    manager: StaffUser,
    supervisor: StaffUser,
    outsider: StaffUser,
) -> None:
    gone = CustomerFactory(manager=manager)
    began = clock.now()
    merge(supervisor, customer, gone)
    client = signed_in(manager)
    body = client.get(url(gone)).json()
    assert (body["status"], body["merged_into"]) == ("merged", customer.pk)
    assert client.get(url(customer)).json()["merged_into"] is None
    assert change(client, gone, {"name": "别人"}).status_code == 404
    assert ids(client.get(LIST, {"status": "merged"})) == [gone.pk]
    assert ids(client.get(LIST, {"status": "active"})) == [customer.pk]
    since = {"updated_since": began.isoformat()}
    assert set(ids(client.get(LIST, since))) == {customer.pk, gone.pk}
    assert ids(client.get(LIST, {"q": gone.number})) == [customer.pk]
    assert signed_in(outsider).get(url(gone)).status_code == 404


def test_a_merged_row_is_not_told_of_where_the_survivor_is_not_seen(
    signed_in: SignIn,
    customer: Customer,
    manager: StaffUser,
    other_manager: StaffUser,
    city_supervisor: StaffUser,
) -> None:
    gone = CustomerFactory(manager=other_manager)
    merge(city_supervisor, customer, gone)
    assert signed_in(other_manager).get(url(gone)).status_code == 404
    assert ids(signed_in(other_manager).get(LIST)) == []
    assert signed_in(city_supervisor).get(url(gone)).status_code == 200
