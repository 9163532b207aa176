"""Phones, addresses, family and jobs in the API: a list that is sent stands instead of the old."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from customers.models import Customer, CustomerAddress, FactConfirmation, JobChange
from staff.models import StaffUser
from tests.api import problem, send, system
from tests.factories import CustomerFactory

PHONE, WORK, NEW = "13800138000", "01088880000", "13911112222"

SignIn = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    made = CustomerFactory(manager=manager, phone=PHONE)
    made.phones.create(number=WORK, kind="work", position=1)
    return made


@pytest.fixture
def prm(administrator: StaffUser) -> Client:
    """A system that writes customers and does not see whole numbers."""
    scopes = ["customers:read", "customers:write"]
    return system(administrator, scopes=scopes, name="PRM")[1]


def url(customer: Customer) -> str:
    return reverse("api:customer_detail", args=[customer.pk])


def change(client: Client, customer: Customer, data: Any, etag: str | None = None) -> Any:
    wanted = etag if etag is not None else client.get(url(customer)).headers["ETag"]
    return send(client, "patch", url(customer), data, {"If-Match": wanted})


def numbers(customer: Customer) -> list[tuple[str, str]]:
    return list(customer.phones.values_list("number", "kind"))


def test_a_number_that_one_may_not_read_stays_by_its_id(prm: Client, customer: Customer) -> None:
    shown = prm.get(url(customer)).json()["phones"]
    assert [row["number"] for row in shown] == ["138****8000", "010****0000"]
    rows = [{"id": shown[1]["id"]}, {"number": "+86 139-1111-2222"}, {"id": shown[0]["id"]}]
    changed = change(prm, customer, {"phones": rows})
    assert changed.status_code == 200, changed.content
    assert numbers(customer) == [(WORK, "work"), (NEW, "mobile"), (PHONE, "mobile")]
    assert [row["number"] for row in changed.json()["phones"]] == [
        "010****0000",
        "139****2222",
        "138****8000",
    ]
    for number in (PHONE, WORK, NEW):
        assert number not in changed.content.decode()
        assert number not in str(AuditEntry.objects.filter(verb="customer.edited").values())


def test_a_number_that_is_not_in_the_list_goes_and_search_follows(
    prm: Client, customer: Customer
) -> None:
    assert change(prm, customer, {"phones": [{"number": NEW, "kind": "home"}]}).status_code == 200
    assert numbers(customer) == [(NEW, "home")]
    found = prm.get("/api/v1/customers/", {"q": NEW}).json()["results"]
    assert [row["id"] for row in found] == [customer.pk]
    assert prm.get("/api/v1/customers/", {"q": PHONE}).json()["results"] == []
    assert FactConfirmation.objects.filter(customer=customer, fact="phone").exists()


def test_the_manager_gets_whole_numbers_back(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    changed = change(signed_in(manager), customer, {"phones": [{"number": NEW}]})
    assert [row["number"] for row in changed.json()["phones"]] == [NEW]


def test_all_lists_are_changed_at_once(prm: Client, customer: Customer) -> None:
    lists: dict[str, Any] = {
        "addresses": [{"text": "人民路1号", "city": "滨江", "kind": "work"}],
        "family_members": [{"relation": "女儿", "name": "张小", "birth_year": 2015}],
        "job_changes": [{"employer": "银行", "position_held": "经理", "from_year": 2019}],
        "opt_outs": ["sms"],
    }
    body = change(prm, customer, lists).json()
    assert body["opt_outs"] == ["sms"]
    for name in ("addresses", "family_members", "job_changes"):
        (shown,) = body[name]
        assert {key: shown[key] for key in lists[name][0]} == lists[name][0]
    assert body["version"] == 2
    assert AuditEntry.objects.filter(verb="customer.edited").count() == 1


def test_a_row_with_an_id_keeps_what_is_left_out(prm: Client, customer: Customer) -> None:
    address = CustomerAddress.objects.create(customer=customer, text="人民路1号", city="滨江")
    job = JobChange.objects.create(customer=customer, employer="电厂", to_year=2018)
    changed = change(
        prm,
        customer,
        {
            "addresses": [{"id": address.pk, "kind": "work"}],
            "job_changes": [{"employer": "银行"}, {"id": job.pk, "from_year": 2010}],
        },
    )
    assert changed.status_code == 200, changed.content
    address.refresh_from_db()
    job.refresh_from_db()
    assert (address.text, address.city, address.kind) == ("人民路1号", "滨江", "work")
    assert (job.employer, job.from_year, job.to_year, job.position) == ("电厂", 2010, 2018, 1)


def test_an_empty_list_removes_all_and_one_left_out_stays(prm: Client, customer: Customer) -> None:
    CustomerAddress.objects.create(customer=customer, text="人民路1号")
    assert change(prm, customer, {"addresses": []}).status_code == 200
    assert not customer.addresses.exists()
    assert len(numbers(customer)) == 2


def test_the_same_list_again_changes_nothing(prm: Client, customer: Customer) -> None:
    rows = [{"id": row["id"]} for row in prm.get(url(customer)).json()["phones"]]
    assert change(prm, customer, {"phones": rows}).json()["version"] == 1
    assert not AuditEntry.objects.filter(verb="customer.edited").exists()


def test_who_lost_the_race_is_told_in_the_words_of_the_api(
    prm: Client, signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    read = prm.get(url(customer))
    gone = read.json()["phones"][0]["id"]
    assert change(signed_in(manager), customer, {"phones": [{"number": NEW}]}).status_code == 200
    refused = change(prm, customer, {"phones": [{"id": gone}]}, etag=read.headers["ETag"])
    body = problem(refused)
    assert body["status"] == 412
    (told,) = body["changes"]
    assert (told["field"], told["by"]) == ("phones", manager.name)
    assert [row["number"] for row in told["new"]] == ["139****2222"]
    assert NEW not in refused.content.decode()
    assert numbers(customer) == [(NEW, "mobile")]


@pytest.mark.parametrize(
    ("data", "pointers"),
    [
        ({"phones": [{"number": NEW}, {"number": "abc"}]}, ["/phones/1/number"]),
        ({"phones": [{"number": "138****8000"}]}, ["/phones/0/number"]),
        ({"phones": [{"number": NEW}, {"number": f"+86{NEW}"}]}, ["/phones/1/number"]),
        ({"phones": [{"kind": "home"}]}, ["/phones/0/number"]),
        ({"phones": [{"id": 2**40}]}, ["/phones/0/id"]),
        ({"addresses": [{"city": "滨江"}]}, ["/addresses/0/text"]),
        (
            {"job_changes": [{"employer": "银行", "from_year": 2020, "to_year": 2010}]},
            ["/job_changes/0/to_year"],
        ),
    ],
)
def test_what_the_page_would_refuse_is_pointed_at(
    prm: Client, customer: Customer, data: Any, pointers: list[str]
) -> None:
    refused = problem(change(prm, customer, data))
    assert refused["status"] == 422
    assert [error["pointer"] for error in refused["errors"]] == pointers
    assert len(numbers(customer)) == 2


def test_an_id_named_twice_is_refused(prm: Client, customer: Customer) -> None:
    pk = customer.phones.order_by("position")[0].pk
    refused = problem(change(prm, customer, {"phones": [{"id": pk}, {"id": pk}]}))
    assert [error["pointer"] for error in refused["errors"]] == ["/phones/1/id"]


def test_the_row_of_another_customer_cannot_be_taken(
    prm: Client, customer: Customer, manager: StaffUser
) -> None:
    other = CustomerFactory(manager=manager).phones.get()
    refused = problem(change(prm, customer, {"phones": [{"id": other.pk}]}))
    assert [error["pointer"] for error in refused["errors"]] == ["/phones/0/id"]


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"phones": [{"nummer": NEW}]}, "/phones/0/nummer"),
        ({"phones": [{"number": 13911112222}]}, "/phones/0/number"),
        ({"addresses": "人民路"}, "/addresses"),
        ({"family_members": [{"relation": "女儿", "birth_year": 1800}]}, None),
        ({"phones": [{"number": f"1380000{n:04}"} for n in range(21)]}, "/phones"),
    ],
)
def test_what_does_not_have_the_form_is_pointed_at(
    prm: Client, customer: Customer, data: Any, pointer: str | None
) -> None:
    refused = problem(change(prm, customer, data))
    assert refused["status"] == 400
    assert [error["pointer"] for error in refused["errors"]] == [
        pointer or "/family_members/0/birth_year"
    ]
