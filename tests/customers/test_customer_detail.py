"""The customer's page: who sees it, what it says, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from customers.models import (
    ChannelOptOut,
    Customer,
    CustomerAddress,
    CustomerPhone,
    FactConfirmation,
    FamilyMember,
    JobChange,
    Status,
    Tier,
)
from customers.rules import FACTS, Cadence
from customers.services import standing
from customers.services.profile import confirm_facts
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CoverFactory, CustomerFactory

SignIn = Callable[[StaffUser], Client]

TODAY = date(2026, 11, 23)
PHONE = "13812345678"


@pytest.fixture(autouse=True)
def _a_monday_in_november() -> Any:
    with time_machine.travel("2026-11-23T10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(
        name="王伟芳", manager=manager, phone=PHONE, last_contact_on=date(2026, 10, 20)
    )


def url_of(customer: Customer) -> str:
    return reverse("customers:customer_detail", args=[customer.pk])


def page_of(client: Client, customer: Customer) -> str:
    response = client.get(url_of(customer))
    assert response.status_code == 200
    return response.content.decode()


# --- Who sees it ------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["manager", "supervisor", "city_supervisor", "head_office"])
def test_the_page_opens_for(
    role: str, customer: Customer, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    assert "王伟芳" in page_of(signed_in(request.getfixturevalue(role)), customer)


@pytest.mark.parametrize(
    "role", ["colleague", "other_manager", "outsider", "handler", "administrator"]
)
def test_the_page_is_not_there_for(
    role: str, customer: Customer, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    client = signed_in(request.getfixturevalue(role))
    missing = client.get(reverse("customers:customer_detail", args=[customer.pk + 1000]))
    hidden = client.get(url_of(customer))
    assert hidden.status_code == missing.status_code == 404
    assert "王伟芳" not in hidden.content.decode()


def test_a_former_manager_no_longer_finds_the_customer(
    customer: Customer,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    signed_in: SignIn,
) -> None:
    client = signed_in(manager)
    assert client.get(url_of(customer)).status_code == 200
    standing.assign_manager(actor=supervisor, customer=customer, manager=colleague)
    assert client.get(url_of(customer)).status_code == 404
    assert signed_in(colleague).get(url_of(customer)).status_code == 200


def test_the_cover_finds_the_customer_while_it_lasts(
    customer: Customer, manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    CoverFactory(manager=manager, stand_in=colleague, starts_on=TODAY, ends_on=TODAY)
    assert f'href="tel:{PHONE}"' in page_of(signed_in(colleague), customer)
    with time_machine.travel("2026-11-24T00:01:00+08:00", tick=False):
        assert signed_in(colleague).get(url_of(customer)).status_code == 404


# --- Numbers ----------------------------------------------------------------------------------


def test_the_manager_calls_with_the_whole_number(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    assert f'href="tel:{PHONE}"' in page_of(signed_in(manager), customer)


def test_a_supervisor_sees_it_masked_with_a_button(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    page = page_of(signed_in(supervisor), customer)
    assert "138****5678" in page
    assert PHONE not in page
    assert "/reveal/" in page


def test_head_office_sees_it_masked_without_a_button_and_changes_nothing(
    customer: Customer, head_office: StaffUser, signed_in: SignIn
) -> None:
    page = page_of(signed_in(head_office), customer)
    assert "138****5678" in page
    assert PHONE not in page
    for way in ("/reveal/", "/confirm/", "/edit/", "/standing/", "/contacts/log/", "tel:"):
        assert way not in page


# --- What it says -----------------------------------------------------------------------------


def test_what_to_be_careful_about(
    customer: Customer, manager: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    words = ["A complaint is open", "A churn warning is open", "Excused from", "Opted out of: SMS"]
    plain = page_of(client, customer)
    assert not any(word in plain for word in words)
    standing.watch(actor=supervisor, customer=customer, watched=True)
    standing.excuse(
        actor=supervisor,
        customer=customer,
        cadence=Cadence.CONTACT,
        until=TODAY + timedelta(days=2),
    )
    Customer.objects.filter(pk=customer.pk).update(has_open_complaint=True)
    ChannelOptOut.objects.create(customer=customer, channel="sms", since=TODAY)
    page = page_of(client, customer)
    assert all(word in page for word in words)


def test_the_clocks_say_how_long_is_left(
    customer: Customer, manager: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    assert "3 days overdue" in page_of(client, customer)
    assert "Face to face" not in client.get(url_of(customer)).content.decode()
    standing.mark_key(actor=supervisor, customer=customer, is_key=True)
    assert "never met yet" in page_of(client, customer)


def test_each_fact_says_when_and_by_whom_it_was_confirmed(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    profile = customer.profile
    profile.sports, profile.employer, profile.character = "羽毛球", "水务集团", "爽快"
    profile.save()
    confirm_facts(actor=manager, customer=customer, facts=["sports", "employer"])
    FactConfirmation.objects.filter(fact="employer").update(confirmed_on=date(2025, 11, 22))
    response = signed_in(manager).get(url_of(customer))
    facts = {fact.code: fact for fact in response.context["sheet"].facts}
    assert facts["sports"].lines == ["羽毛球"]
    assert facts["sports"].confirmation.confirmed_by == manager
    assert not facts["sports"].is_stale
    assert facts["employer"].is_stale
    assert facts["character"].is_stale
    assert facts["character"].confirmation is None
    assert not facts["rewards"].is_known
    assert not facts["rewards"].is_stale
    page = response.content.decode()
    assert "confirmed 11/23/2026, 王经理" in page
    assert "never confirmed" in page


def test_a_fact_is_stale_a_day_after_the_limit_not_on_it(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    confirm_facts(actor=manager, customer=customer, facts=["phone"])
    client = signed_in(manager)

    def is_stale_after(days: int) -> bool:
        FactConfirmation.objects.update(confirmed_on=TODAY - timedelta(days=days))
        facts = client.get(url_of(customer)).context["sheet"].facts
        return bool(next(fact for fact in facts if fact.code == "phone").is_stale)

    assert not is_stale_after(365)
    assert is_stale_after(366)


def test_completeness_counts_the_facts_that_are_known(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    sheet = client.get(url_of(customer)).context["sheet"]
    assert sheet.completeness == round(100 / len(FACTS))
    assert "rewards" in [fact.code for fact in sheet.missing]
    FamilyMember.objects.create(customer=customer, relation="女儿")
    JobChange.objects.create(customer=customer, employer="水务集团")
    CustomerAddress.objects.create(customer=customer, text="人民路 1 号")
    more = client.get(url_of(customer)).context["sheet"]
    assert more.completeness == round(400 / len(FACTS))


def test_histories_and_columns_of_the_roster_show(
    customer: Customer,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    signed_in: SignIn,
) -> None:
    customer.profile.imported_extra = {"套餐": "全球通588"}
    customer.profile.save()
    standing.change_tier(actor=supervisor, customer=customer, tier=Tier.DIAMOND, reason="升级")
    standing.assign_manager(actor=supervisor, customer=customer, manager=colleague, reason="交接")
    page = page_of(signed_in(colleague), customer)
    for words in ("Gold → Diamond", "升级", "王经理 → 李经理", "交接", "陈主管", "全球通588"):
        assert words in page


def test_a_customer_who_left_has_no_clocks_and_no_log_button(
    customer: Customer, manager: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    standing.mark_left(actor=supervisor, customer=customer)
    page = page_of(signed_in(manager), customer)
    assert "The clocks have stopped." in page
    assert "/contacts/log/" not in page


def test_markup_in_a_name_stays_text(manager: StaffUser, signed_in: SignIn) -> None:
    customer = CustomerFactory(name="<script>x</script>", manager=manager)
    assert "<script>x</script>" not in page_of(signed_in(manager), customer)


def test_the_panels_of_other_apps_are_asked_for(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    page = page_of(signed_in(manager), customer)
    for name in ("contacts:customer_timeline", "contacts:customer_care"):
        assert f'hx-get="{reverse(name, args=[customer.pk])}"' in page


def test_the_last_day_of_the_units_own_calendar_counts(
    manager: StaffUser, company: Company, signed_in: SignIn
) -> None:
    company.district.time_zone = "America/New_York"
    company.district.save()
    customer = CustomerFactory(manager=manager, last_contact_on=date(2026, 10, 22))
    # In New York it is still the 22nd.
    assert "due today" in page_of(signed_in(manager), customer)


# --- What it costs ----------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["manager", "supervisor", "head_office"])
def test_fifteen_statements_however_much_is_known(
    role: str,
    customer: Customer,
    manager: StaffUser,
    supervisor: StaffUser,
    request: pytest.FixtureRequest,
    signed_in: SignIn,
    django_assert_max_num_queries: Any,
) -> None:
    client = signed_in(request.getfixturevalue(role))

    def statements() -> int:
        with django_assert_max_num_queries(15) as captured:
            assert client.get(url_of(customer)).status_code == 200
        return len(captured)

    def add(number: int) -> None:
        CustomerPhone.objects.create(customer=customer, number=f"1390000{number:04}")
        CustomerAddress.objects.create(customer=customer, text=f"{number} 号")
        FamilyMember.objects.create(customer=customer, relation=f"{number}")
        JobChange.objects.create(customer=customer, employer=f"{number}")
        tier = Tier.DIAMOND if customer.tier == Tier.GOLD else Tier.GOLD
        customer.tier = standing.change_tier(actor=supervisor, customer=customer, tier=tier).tier

    add(0)
    confirm_facts(actor=manager, customer=customer, facts=["phone"])
    few = statements()
    for number in range(1, 20):
        add(number)
    confirm_facts(actor=supervisor, customer=customer, facts=FACTS)
    assert statements() == few


def test_a_customer_without_profile_row_opens(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    customer.profile.delete()
    assert customer.status == Status.ACTIVE
    assert "王伟芳" in page_of(signed_in(manager), customer)
