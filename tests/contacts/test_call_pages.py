"""The pages of calls: missed, to confirm, unknown, figures, duty roster (article 7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import CallEvent, ContactRecord, MissedCall
from contacts.services.call_figures import call_picture
from contacts.services.missed_calls import escalate_missed_calls
from core import clock
from customers.models import Customer
from staff.models import StaffUser
from tests.contacts.calls_of import a_call, call_centre, only_missed, tell
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, events, get_part, post_part, statements, text_of

pytestmark = pytest.mark.usefixtures("frozen")

LIST = "/contacts/calls/"
NUMBER = "13812345678"
AGO = NOW - timedelta(minutes=20)
MINUTE = timedelta(minutes=1)
SignIn = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    found: Customer = CustomerFactory(name="王小美", manager=manager, phone=NUMBER)
    return found


@pytest.fixture
def centre(db: None) -> StaffUser:
    return call_centre()


def test_a_missed_call_shows_time_left_and_only_who_serves_sees_the_number(
    signed_in: SignIn,
    customer: Customer,
    centre: StaffUser,
    manager: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    outsider: StaffUser,
) -> None:
    tell(centre, a_call(NUMBER, AGO), a_call(NUMBER, AGO + MINUTE))
    page = text_of(signed_in(manager).get(LIST))
    assert "王小美" in page
    assert "10\xa0minutes left" in page
    assert "Rang 2 times since" in page
    assert "every 20s" in page
    assert f"tel:{NUMBER}" in page
    for other in (supervisor, head_office):
        page = text_of(signed_in(other).get(LIST))
        assert "王小美" in page
        assert NUMBER not in page
        assert NUMBER not in text_of(signed_in(other).get(f"{LIST}?show=all"))
    assert "王小美" not in text_of(signed_in(outsider).get(LIST))


def test_an_escalated_one_says_who_was_told(
    signed_in: SignIn, customer: Customer, centre: StaffUser, supervisor: StaffUser
) -> None:
    tell(centre, a_call(NUMBER, AGO - 15 * MINUTE))
    escalate_missed_calls()
    page = text_of(get_part(signed_in(supervisor), LIST))
    assert "5\xa0minutes overdue" in page
    assert f"{supervisor.name} (Supervisor)" in page


def test_a_call_is_confirmed_with_one_tap_and_closes_the_missed_one(
    signed_in: SignIn, customer: Customer, centre: StaffUser, manager: StaffUser
) -> None:
    tell(centre, a_call(NUMBER, AGO))
    own = a_call(NUMBER, AGO + 5 * MINUTE, "answered", "outgoing", staff_number="2001")
    [event] = tell(centre, own)
    browser = signed_in(manager)
    assert "Confirm the call of" in text_of(browser.get(LIST))
    url = reverse("contacts:call_confirm", args=[event.pk])
    for _twice in range(2):
        answer = post_part(browser, url)
        assert answer.status_code == 204
        assert "contactLogged" in events(answer)
    assert ContactRecord.objects.count() == 1
    assert not only_missed().is_open
    assert "No customer waits for a call" in text_of(browser.get(LIST))


def test_a_call_is_discarded_with_a_reason_by_who_had_it_alone(
    signed_in: SignIn,
    customer: Customer,
    centre: StaffUser,
    manager: StaffUser,
    supervisor: StaffUser,
) -> None:
    own = a_call(NUMBER, AGO, "answered", staff_number="2001")
    [event] = tell(centre, own)
    url = reverse("contacts:call_discard", args=[event.pk])
    assert signed_in(supervisor).get(url).status_code == 404
    browser = signed_in(manager)
    assert post_part(browser, url, {"reason": "other"}).status_code == 422
    assert post_part(browser, url, {"reason": "private"}).status_code == 204
    assert CallEvent.objects.get().discard_reason == "private"
    assert "A private call" in text_of(browser.get(f"{LIST}?show=all"))


def test_a_supervisor_says_whose_a_shared_number_was(
    signed_in: SignIn,
    customer: Customer,
    centre: StaffUser,
    colleague: StaffUser,
    manager: StaffUser,
    supervisor: StaffUser,
) -> None:
    CustomerFactory(name="李大年", manager=colleague, phone=NUMBER)
    [event] = tell(centre, a_call(NUMBER, AGO))
    url = reverse("contacts:call_explain", args=[event.pk])
    assert signed_in(manager).get(url).status_code == 404
    browser = signed_in(supervisor)
    page = text_of(browser.get(f"{LIST}?show=unknown"))
    assert "138****5678" in page
    drawer = text_of(get_part(browser, url))
    assert "李大年" in drawer
    assert NUMBER not in drawer
    assert post_part(browser, url, {"customer": customer.pk}).status_code == 204
    assert only_missed().customer == customer


def test_an_unknown_number_is_looked_up_again(
    signed_in: SignIn, centre: StaffUser, manager: StaffUser, city_supervisor: StaffUser
) -> None:
    centre = call_centre(city_supervisor.unit)
    [event] = tell(centre, a_call(NUMBER, AGO))
    browser = signed_in(city_supervisor)
    url = reverse("contacts:call_explain", args=[event.pk])
    assert events(post_part(browser, url))["toast"]["level"] == "warning"
    CustomerFactory(manager=manager, phone="+8613812345678")
    assert events(post_part(browser, url))["toast"]["level"] == "success"
    assert only_missed().opened_at == AGO


def test_the_list_takes_the_same_statements_for_many(
    signed_in: SignIn, centre: StaffUser, manager: StaffUser, supervisor: StaffUser
) -> None:
    numbers = [f"1370000000{n}" for n in range(8)]
    for number in numbers:
        CustomerFactory(manager=manager, phone=number)
    tell(centre, a_call(numbers[0], AGO), a_call("13999999999", AGO))
    browser = signed_in(supervisor)
    shows = ("missed", "confirm", "all", "unknown")
    few = [statements(browser, f"{LIST}?show={show}") for show in shows]
    tell(centre, *(a_call(number, AGO) for number in numbers[1:]))
    tell(centre, *(a_call(f"1390000000{n}", AGO) for n in range(8)))
    assert [statements(browser, f"{LIST}?show={show}") for show in shows] == few
    assert max(few) <= 15


def test_rates_by_hour_and_manager(
    signed_in: SignIn,
    customer: Customer,
    centre: StaffUser,
    supervisor: StaffUser,
    manager: StaffUser,
) -> None:
    """03:00 in Shanghai: one of two returned after 20 minutes; 09:40 not yet due."""
    night = NOW - timedelta(hours=7)
    CustomerFactory(manager=manager, phone="13700000001")
    tell(
        centre,
        a_call(NUMBER, night),
        a_call(NUMBER, night + 20 * MINUTE, "answered"),
        a_call("13700000001", night - 3 * 24 * 60 * MINUTE),
        a_call("13700000001", night - 2 * 24 * 60 * MINUTE, "answered"),
        a_call(NUMBER, AGO),
    )
    picture = call_picture(
        CallEvent.objects.visible_to(supervisor),
        MissedCall.objects.visible_to(supervisor),
        clock.zone_info("Asia/Shanghai"),
        NOW,
    )
    at_night = picture.by_hour[3]
    assert (at_night.incoming, at_night.answered, at_night.answer_rate) == (4, 2, 50.0)
    assert (at_night.missed, at_night.settled, at_night.in_time) == (2, 2, 1)
    assert (at_night.in_time_rate, at_night.return_rate) == (50.0, 100.0)
    assert at_night.median_minutes == 730.0
    assert (picture.by_hour[9].missed, picture.by_hour[9].settled) == (1, 0)
    assert picture.by_owner[manager.unit_id, manager.pk].incoming == 5
    browser = signed_in(supervisor)
    page = text_of(browser.get("/contacts/calls/figures/"))
    assert manager.name in page
    assert "03:00" in page
    file = browser.get("/contacts/calls/figures/?download=missed-by-hour")
    assert file.headers["Content-Disposition"].endswith('"missed-by-hour.xlsx"')
    assert signed_in(manager).get("/contacts/calls/figures/").status_code == 404


def test_the_roster_says_who_is_on_duty_now(
    signed_in: SignIn,
    customer: Customer,
    centre: StaffUser,
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
) -> None:
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    CoverFactory(manager=colleague, stand_in=other_manager, arranged_by=city_supervisor)
    tell(centre, a_call(NUMBER, AGO))
    page = text_of(signed_in(supervisor).get("/contacts/duty/"))
    assert f"{manager.name} → {colleague.name} → {other_manager.name}" in page
    assert "1 missed call" in page
