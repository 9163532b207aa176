"""Pages of departures: listed by scope, reported, reviewed, taken back; causes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from core import clock
from customers.models import Channel, Customer, Status
from customers.services.standing import assign_manager
from retention.models import ChurnWarning, Departure, DepartureCause, DepartureReview
from retention.services.goals import freeze_base
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY, statements, text_of
from tests.retention.leavers import home, leave, reviewed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
Kind = Departure.Kind
LIST = "/retention/departures/"


@pytest.fixture
def gone(manager: StaffUser, outsider: StaffUser) -> dict[str, Departure]:
    """One departure of the manager's, one of another city's."""
    return {
        "own": leave(CustomerFactory(manager=manager, name="王离网"), Kind.PORTED_OUT, TODAY),
        "far": leave(CustomerFactory(manager=outsider, name="远离网"), Kind.CLOSED, TODAY),
    }


def listed(client: Client, **query: Any) -> set[int]:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return {row.pk for row in response.context["page"].rows}


def test_each_sees_departures_of_the_own_units_and_customers(
    gone: dict[str, Departure],
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
) -> None:
    own, far = gone["own"].pk, gone["far"].pk
    expected = {manager: {own}, colleague: set(), supervisor: {own}, head_office: {own, far}}
    for person, seen in expected.items():
        client = signed_in(person)
        assert listed(client) == seen
        for departure in gone.values():
            status = client.get(reverse("retention:departure_detail", args=[departure.pk]))
            assert (status.status_code == 200) is (departure.pk in seen)


def test_the_filters_narrow_the_list(
    manager: StaffUser, supervisor: StaffUser, signed_in: Browser
) -> None:
    client = signed_in(supervisor)
    kinds = [Kind.PORTED_OUT, Kind.CLOSED, Kind.DEATH]
    made = [
        leave(CustomerFactory(manager=manager, tier=tier), kind, TODAY - timedelta(days=n))
        for n, (kind, tier) in enumerate(zip(kinds, ["gold", "silver", "gold"], strict=True))
    ]
    reviewed(made[0], supervisor)
    Departure.objects.filter(pk=made[1].pk).update(review_due_on=TODAY - timedelta(days=1))
    first, second, third = (row.pk for row in made)
    assert listed(client) == {first, second, third}
    assert listed(client, kind="counted") == {first, second}
    assert listed(client, kind="death") == {third}
    assert listed(client, tier="gold") == {first, third}
    assert listed(client, review="done") == {first}
    assert listed(client, review="due") == {second}
    assert listed(client, review="overdue") == {second}
    cause = DepartureCause.objects.get(code="price")
    assert listed(client, cause=cause.pk) == {first}
    assert listed(client, year=2025) == set()
    assert listed(client, unit=manager.unit_id) == {first, second, third}
    assert listed(client, unit="99999") == set()


def test_a_former_managers_loss_is_counted_without_saying_who_it_was(
    manager: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    signed_in: Browser,
) -> None:
    customer = CustomerFactory(manager=manager, name="张调走")
    freeze_base(year=2026)
    assign_manager(actor=head_office, customer=customer, manager=outsider, on=date(2026, 5, 1))
    leave(customer, Kind.PORTED_OUT, TODAY)
    client = signed_in(supervisor)
    assert listed(client) == set()
    response = client.get(f"{LIST}?base=2026&group=all&manager={manager.pk}")
    assert len(response.context["page"].rows) == 1
    assert "张调走" not in text_of(response)
    assert listed(client, base=2026, manager=outsider.pk) == set()


def test_a_supervisor_reports_a_departure_once(
    manager: StaffUser, supervisor: StaffUser, signed_in: Browser
) -> None:
    customer: Customer = CustomerFactory(manager=manager)
    client = signed_in(supervisor)
    url = reverse("retention:departure_report", args=[customer.pk])
    data = {
        "kind": "ported_out",
        "left_on": "2026-11-20",
        "is_voluntary": "yes",
        "competitor": "电信",
        "is_sure": "on",
    }
    for wrong in ({"is_sure": ""}, {"left_on": "2026-11-24"}, {"kind": "flown"}):
        assert client.post(url, {**data, **wrong}).status_code == 422
    assert not Departure.objects.exists()
    response = client.post(url, data)
    made = Departure.objects.get()
    assert response.headers["Location"] == reverse("retention:departure_detail", args=[made.pk])
    assert (made.competitor, made.reported_by) == ("电信", supervisor)
    customer.refresh_from_db()
    assert (customer.status, customer.left_on) == (Status.LEFT, date(2026, 11, 20))
    assert client.post(url, data).status_code == 404


def test_the_page_says_what_was_known_before(
    manager: StaffUser, supervisor: StaffUser, signed_in: Browser
) -> None:
    customer = CustomerFactory(manager=manager)
    log_contact(
        actor=manager,
        customer=customer,
        contact=Contact(channel=Channel.PHONE, outcome=Outcome.REACHED, summary="嫌贵"),
    )
    ChurnWarning.objects.create(
        customer=customer,
        manager=manager,
        unit=home(manager),
        opened_at=clock.now() - timedelta(days=12),
        follow_up_due_at=clock.now(),
        score=55,
    )
    customer.risk_scores.create(scored_on=TODAY - timedelta(days=100), score=20)
    customer.risk_scores.create(scored_on=TODAY - timedelta(days=12), score=55)
    made = leave(customer, Kind.PORTED_OUT, TODAY, actor=supervisor)
    response = signed_in(manager).get(reverse("retention:departure_detail", args=[made.pk]))
    story = response.context["story"]
    assert (story.warned_days, story.contact_count, story.reached_count) == (12, 1, 1)
    assert [score for _day, score in story.trend] == [20, 55]
    assert response.context["trend"] == "266,80 354,80 354,45 366,45"
    assert "12 days before" in text_of(response)
    assert "嫌贵" in text_of(response)
    assert response.context["form"] is None


def test_a_supervisor_reviews_and_the_second_is_told_of_the_first(
    gone: dict[str, Departure], supervisor: StaffUser, manager: StaffUser, signed_in: Browser
) -> None:
    url = reverse("retention:departure_detail", args=[gone["own"].pk])
    cause = DepartureCause.objects.get(code="network-data")
    data = {"cause": cause.pk, "foreseeable": "missed", "lesson": "先测网速", "competitor": ""}
    assert signed_in(manager).post(url, data).status_code == 404
    client = signed_in(supervisor)
    assert client.post(url, {**data, "lesson": ""}).status_code == 422
    upper = DepartureCause.objects.get(code="network")
    assert client.post(url, {**data, "cause": upper.pk}).status_code == 422
    assert client.post(url, data).status_code == 302
    assert DepartureReview.objects.get().cause == cause
    late = client.post(url, {**data, "lesson": "别的"})
    assert late.status_code == 422
    assert supervisor.name in text_of(late)
    assert "别的" in text_of(late)
    assert client.post(url, {**data, "lesson": "别的", "version": 1}).status_code == 302
    assert DepartureReview.objects.get().lesson == "别的"


def test_a_departure_is_taken_back_or_undone_by_a_return(
    gone: dict[str, Departure], supervisor: StaffUser, signed_in: Browser
) -> None:
    own = gone["own"]
    client = signed_in(supervisor)
    back = reverse("retention:departure_return", args=[own.pk])
    client.post(back, {"on": "2026-11-23"})
    own.refresh_from_db()
    assert own.returned_on is None
    cancel = reverse("retention:departure_cancel", args=[own.pk])
    client.post(cancel, {"reason": ""})
    assert Departure.objects.standing().filter(pk=own.pk).exists()
    client.post(cancel, {"reason": "号码有误"})
    assert not Departure.objects.standing().filter(pk=own.pk).exists()
    own.customer.refresh_from_db()
    assert own.customer.is_active


def test_head_office_and_administrators_keep_the_causes(
    head_office: StaffUser, administrator: StaffUser, manager: StaffUser, signed_in: Browser
) -> None:
    assert "A cheaper plan elsewhere" in text_of(signed_in(manager).get("/retention/causes/"))
    client = signed_in(administrator)
    data = {
        "code": "price-family",
        "parent": DepartureCause.objects.get(code="price").pk,
        "name_zh": "家人套餐",
        "name_en": "The family's plan",
        "position": 5,
        "is_active": "on",
    }
    assert client.post("/retention/causes/new/", {**data, "code": "价格"}).status_code == 422
    assert client.post("/retention/causes/new/", data).status_code == 302
    made = DepartureCause.objects.get(code="price-family")
    url = reverse("retention:cause_edit", args=[made.pk])
    assert signed_in(head_office).post(url, {**data, "is_active": ""}).status_code == 302
    made.refresh_from_db()
    assert not made.is_active
    assert made not in DepartureCause.objects.all().offered()


def test_the_list_takes_the_same_statements_for_many(
    manager: StaffUser, supervisor: StaffUser, signed_in: Browser
) -> None:
    client = signed_in(supervisor)
    reviewed(leave(CustomerFactory(manager=manager), Kind.CLOSED, TODAY), supervisor)
    one = statements(client, LIST)
    for _number in range(15):
        reviewed(leave(CustomerFactory(manager=manager), Kind.CLOSED, TODAY), supervisor)
    assert statements(client, LIST) == one <= 12
