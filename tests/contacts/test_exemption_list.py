"""The requests that wait, and what was decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Cadence, Exemption
from contacts.services.exemptions import decide_exemption, request_exemption
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY, statements, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
URL = "/contacts/exemptions/"


def ask(manager: StaffUser) -> Exemption:
    return request_exemption(
        actor=manager,
        customer=CustomerFactory(manager=manager),
        cadence=Cadence.CONTACT,
        reason=Exemption.Reason.ABROAD,
        ends_on=TODAY + timedelta(days=10),
    )


def test_each_sees_the_requests_of_the_own_scope(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    head_office: StaffUser,
) -> None:
    near, far = ask(manager), ask(outsider)
    for person, seen in (
        (manager, [near]),
        (colleague, []),
        (supervisor, [near]),
        (city_supervisor, [near]),
        (head_office, [near, far]),
    ):
        assert signed_in(person).get(URL).context["waiting"] == seen


def test_only_the_supervisor_is_offered_to_decide(
    signed_in: Browser,
    manager: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
) -> None:
    decide = reverse("contacts:exemption_decide", args=[ask(manager).pk])
    assert decide in text_of(signed_in(supervisor).get(URL))
    for person in (manager, head_office):
        assert decide not in text_of(signed_in(person).get(URL))


def test_the_history_is_paged(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    for _number in range(25):
        decide_exemption(actor=supervisor, exemption=ask(manager), approve=False)
    browser = signed_in(supervisor)
    first = browser.get(URL).context["page"]
    assert len(first.rows) == 20
    second = browser.get(URL, {"cursor": first.next_cursor}).context["page"]
    assert len(second.rows) == 5
    assert not {row.pk for row in first.rows} & {row.pk for row in second.rows}


def test_it_takes_the_same_statements_for_many(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    browser = signed_in(supervisor)

    def add(count: int) -> None:
        for _number in range(count):
            ask(manager)
            decide_exemption(actor=supervisor, exemption=ask(manager), approve=True)

    add(1)
    one = statements(browser, URL)
    add(19)
    assert statements(browser, URL) == one
    assert one <= 10


def test_other_roles_find_nothing(
    signed_in: Browser, handler: StaffUser, administrator: StaffUser
) -> None:
    for person in (handler, administrator):
        assert signed_in(person).get(URL).status_code == 404
