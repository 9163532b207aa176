"""My day renews itself: what changed is seen, and where nothing did the look costs little."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from core import clock
from core.models import AuditEntry
from customers.models import Channel, Customer
from portfolio.services.renewal import Mark
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, TODAY, statements, text_of
from tests.portfolio.handovers import hand_over
from tests.workplans.plans_of import a_submitted_plan
from workplans.services.plans import approve_plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
HOME = reverse("portfolio:my_day")
URL = reverse("portfolio:day_changed")
MOST_STATEMENTS = 6
"""Session, person, scope, and three of the look."""


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    customer: Customer = CustomerFactory(
        manager=manager, last_contact_on=TODAY - timedelta(days=60)
    )
    return customer


def mark_on(page: Any) -> str:
    """The mark that the page carries for its next look."""
    return text_of(page).split('data-mark="')[1].split('"')[0]


def look(client: Client, mark: str) -> tuple[bool, str]:
    answer = client.get(URL, {"mark": mark})
    assert answer.content == b""
    return answer.status_code == 200, answer.headers["X-Day-Mark"]


def log(actor: StaffUser, customer: Customer) -> None:
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.BUSY)
    log_contact(actor=actor, customer=customer, contact=contact)


def test_where_nothing_changed_it_takes_a_few_statements_however_many_customers(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, customer: Customer
) -> None:
    client = signed_in(manager)
    mark = mark_on(client.get(HOME))
    whole = statements(client, HOME)
    taken = []
    for number in (1, 20):
        for _time in range(number):
            log(colleague, CustomerFactory(manager=colleague))
        CustomerFactory.create_batch(number, manager=manager)
        # Whom one serves has changed; then nothing of one's own.
        assert look(client, mark)[0]
        mark = mark_on(client.get(HOME))
        log(colleague, CustomerFactory(manager=colleague))
        with CaptureQueriesContext(connection) as captured:
            changed, mark = look(client, mark)
        assert not changed
        taken.append(len(captured))
    assert taken[0] == taken[1] <= MOST_STATEMENTS < whole / 2


def test_what_others_did_with_ones_customers_is_seen(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    customer: Customer,
) -> None:
    client = signed_in(manager)
    plan = a_submitted_plan(manager)
    things: list[Callable[[], Any]] = [
        lambda: log(supervisor, customer),
        lambda: approve_plan(actor=supervisor, plan=plan),
        lambda: CoverFactory(manager=colleague, stand_in=manager),
        lambda: hand_over(supervisor, [customer], colleague),
    ]
    for change in things:
        mark = mark_on(client.get(HOME))
        unchanged, mark = look(client, mark)
        assert not unchanged
        change()
        # Who signs in anew for each request learns of a cover too.
        assert look(client, mark)[0], change


def test_an_entry_that_was_written_late_is_seen(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    log(manager, customer)
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)[0]
    log(manager, CustomerFactory(manager=manager))
    client = signed_in(manager)
    seen = Mark.read(mark_on(client.get(HOME)))
    assert seen is not None
    assert seen.last > newest
    # As the page was drawn while a transaction with a lower number still ran.
    changed, counted = look(client, str(seen))
    assert not changed
    seen = Mark.read(counted)
    assert seen is not None
    early = Mark(seen.day, seen.served, seen.last, seen.near - 1, seen.minute)
    assert look(client, str(early))[0]
    assert not look(client, str(seen))[0]


def test_time_alone_moves_it_too(
    signed_in: Browser, manager: StaffUser, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(manager)
    mark = mark_on(client.get(HOME))
    for later, expected in ((timedelta(minutes=29), False), (timedelta(minutes=31), True)):
        monkeypatch.setattr(clock, "now", lambda later=later: NOW + later)
        assert look(client, mark)[0] is expected


@pytest.mark.parametrize("mark", ["", "x", "a.b.c.d.e", "2026-11-23.x.1.1", "9" * 400])
def test_any_other_mark_means_to_look_again(
    signed_in: Browser, manager: StaffUser, customer: Customer, mark: str
) -> None:
    assert look(signed_in(manager), mark)[0]
