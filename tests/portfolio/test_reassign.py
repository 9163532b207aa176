"""The page that hands customers over: the preview, the form, and who may open it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from portfolio.models import Reassignment
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY, statements, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
URL = "/handovers/new/"


def said(customers: list[Customer], manager: StaffUser, **other: object) -> dict[str, object]:
    """What the browser sends."""
    return {
        "customers": ",".join(str(customer.pk) for customer in customers),
        "submission_key": str(uuid4()),
        "manager": manager.pk,
        "effective_on": TODAY.isoformat(),
        "note": "老客户，爱打羽毛球",
        **other,
    }


def test_the_list_offers_it_to_supervisors_only(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, head_office: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager)
    offered = text_of(signed_in(supervisor).get(f"/customers/?manager={manager.pk}"))
    assert f'name="customer" value="{customer.pk}" form="hand_over"' in offered
    assert f'href="{URL}?manager={manager.pk}"' in offered
    for person in (manager, head_office):
        assert "hand_over" not in text_of(signed_in(person).get("/customers/"))


def test_the_customer_page_offers_it_to_supervisors_only(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager)
    link = f"{URL}?customer={customer.pk}"
    address = reverse("customers:customer_detail", args=[customer.pk])
    assert link in text_of(signed_in(supervisor).get(address))
    assert link not in text_of(signed_in(manager).get(address))


def test_ticked_customers_are_previewed_without_those_of_others(
    signed_in: Browser, manager: StaffUser, outsider: StaffUser, supervisor: StaffUser
) -> None:
    own = [CustomerFactory(manager=manager) for _ in range(3)]
    far = CustomerFactory(manager=outsider)
    query = "&".join(f"customer={one.pk}" for one in [*own[:2], far])
    answer = signed_in(supervisor).get(f"{URL}?{query}")
    assert answer.context["preview"].customers == 2
    assert answer.context["form"].initial["customers"] == [own[0].pk, own[1].pk]


def test_a_filter_chooses_all_that_it_leaves(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    CustomerFactory(manager=manager, tier="diamond")
    CustomerFactory(manager=manager, tier="silver")
    CustomerFactory(manager=colleague, tier="diamond")
    browser = signed_in(supervisor)
    found = browser.get(f"{URL}?tier=diamond&manager={manager.pk}").context["preview"]
    assert found.tiers == {"diamond": 1, "gold": 0, "silver": 0}
    assert browser.get(URL).context["preview"].customers == 3


def test_confirming_hands_over_exactly_the_previewed(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    previewed, later_arrived = CustomerFactory(manager=manager), CustomerFactory(manager=manager)
    answer = signed_in(supervisor).post(URL, said([previewed], colleague))
    made = Reassignment.objects.get()
    assert answer.headers["Location"] == reverse("portfolio:handover_detail", args=[made.pk])
    assert made.note == "老客户，爱打羽毛球"
    assert list(colleague.customers.all()) == [previewed]
    assert list(manager.customers.all()) == [later_arrived]


def test_sent_twice_it_is_done_once(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    sent = said([CustomerFactory(manager=manager)], colleague)
    browser = signed_in(supervisor)
    first, second = browser.post(URL, sent), browser.post(URL, sent)
    assert first.headers["Location"] == second.headers["Location"]
    assert Reassignment.objects.count() == 1


def test_a_refusal_keeps_what_was_typed(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    sent = said([CustomerFactory(manager=manager)], colleague, effective_on=yesterday)
    answer = signed_in(supervisor).post(URL, sent)
    assert answer.status_code == 422
    assert answer.context["form"].errors["effective_on"]
    assert answer.context["preview"].customers == 1
    assert "老客户，爱打羽毛球" in text_of(answer)
    assert str(sent["customers"]) in text_of(answer)


def test_only_managers_of_the_supervisors_units_are_offered(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
) -> None:
    customer = CustomerFactory(manager=manager)
    browser = signed_in(supervisor)
    form = browser.get(f"{URL}?customer={customer.pk}").context["form"]
    assert set(form.fields["manager"].queryset) == {manager, colleague}
    assert browser.post(URL, said([customer], outsider)).status_code == 422


def test_nobody_ticked_is_nobody_and_says_what_to_do(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    CustomerFactory(manager=manager)
    answer = signed_in(supervisor).get(f"{URL}?ticked=yes")
    assert "No customers are chosen" in text_of(answer)
    assert signed_in(supervisor).post(URL, {}).status_code == 422


def test_too_many_want_narrowing(
    signed_in: Browser,
    manager: StaffUser,
    supervisor: StaffUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules["portfolio.views.reassign"], "MOST_AT_ONCE", 2)
    for _ in range(3):
        CustomerFactory(manager=manager)
    text = text_of(signed_in(supervisor).get(URL))
    assert "Too many at once" in text
    assert "submission_key" not in text


@pytest.mark.parametrize("who", ["manager", "handler", "head_office", "administrator"])
def test_it_is_not_there_for_others(
    who: str, signed_in: Browser, request: pytest.FixtureRequest, supervisor: StaffUser
) -> None:
    person = request.getfixturevalue(who)
    assert signed_in(person).get(URL).status_code == 404
    assert signed_in(supervisor).get(URL).status_code == 200


def test_the_preview_takes_the_same_statements_for_many(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    browser = signed_in(supervisor)
    CustomerFactory(manager=manager)
    one = statements(browser, URL)
    for _ in range(20):
        CustomerFactory(manager=manager)
    assert statements(browser, URL) == one
    assert one <= 15
