"""What is shown of one customer or one complaint is found by an index, however many there are.

SQLite without statistics takes every table for a large one: what it scans, PostgreSQL scans among
a million rows too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from complaints.models import Complaint
from complaints.services.parts import add_sub_task
from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from core import clock
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.complaints.reports import complains, designate
from tests.conftest import Company
from tests.factories import CustomerFactory, StaffUserFactory
from tests.portfolio.handovers import hand_over
from tests.portfolio.merges import merge
from tests.retention.cases_of import warn

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

LARGE = (
    *("customers_customer", "customers_profile", "customers_customerphone"),
    *("customers_tierchange", "customers_managerchange", "customers_searchentry"),
    *("contacts_contactrecord", "contacts_cadenceflag", "contacts_callevent"),
    *("contacts_missedcall", "complaints_complaint", "complaints_complaintstep"),
    *("complaints_complaintnotice", "complaints_servicerequest", "complaints_complaintreview"),
    *("retention_riskscore", "retention_churnwarning", "retention_usagesnapshot"),
    *("retention_churnevent", "retention_departure", "retention_retentioncase"),
    *("workplans_planitem", "workplans_worklog", "workplans_recordsignal", "core_auditentry"),
)
"""Tables that grow with the customers or with time."""


ABOUT_A_CUSTOMER = (
    *(f"customers:customer_{page}" for page in ("detail", "edit", "standing_edit")),
    *(f"complaints:customer_{page}" for page in ("complaints", "requests")),
    *(f"complaints:{page}" for page in ("complaint_create", "request_line", "request_make")),
    *(f"contacts:{page}" for page in ("contact_log", "exemption_request", "row_snooze")),
    *(f"contacts:customer_{page}" for page in ("care", "timeline")),
    *(f"portfolio:{page}" for page in ("handover_dossier", "handover_hint", "likeness_hint")),
    *(f"retention:{page}" for page in ("case_open", "departure_report")),
    *(f"retention:customer_{page}" for page in ("hint", "retention", "risk")),
)
FOR_MANAGERS = {"contacts:row_snooze"}
FOR_SUPERVISORS = {"customers:customer_standing_edit", "retention:departure_report"}
SCANNED = re.compile(r"SCAN (\w+)")
ALIASED = re.compile(r'"(\w+)" ([A-Z]+\d+)\b')


def is_large(name: str, sql: str) -> bool:
    """Say whether a name in a plan of ``sql`` is a large table's, or its alias there.

    Django gives two subqueries the same alias: then all it stands for must be large.
    """
    meant = {table for table, alias in ALIASED.findall(sql) if alias == name} or {name}
    return meant <= set(LARGE)


@dataclass
class Watch:
    """Explains every statement before it runs; ``found`` are those that scan a large table."""

    found: set[str] = field(default_factory=set)
    _explaining: bool = False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and not self._explaining:
            self._explaining = True
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
                steps = [SCANNED.match(row[3]) for row in cursor.fetchall()]
            self._explaining = False
            scanned = {step[1] for step in steps if step is not None}
            self.found |= {f"{name}: {sql}" for name in scanned if is_large(name, sql)}
        return execute(sql, params, many, context)


def whole_reads_of(browser: Client, route: str, pk: int) -> set[str]:
    """Return the statements of a page that read a large table from end to end."""
    watch = Watch()
    with connection.execute_wrapper(watch):
        page = browser.get(reverse(route, args=[pk]), headers={"hx-request": "true"})
    assert page.status_code == 200
    return watch.found


@pytest.fixture
def customer(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, company: Company
) -> Customer:
    """A customer with something of everything, who was merged and handed over."""
    survivor, absorbed = (CustomerFactory(manager=colleague, phone="13812345678") for _ in range(2))
    merge(supervisor, survivor, absorbed)
    hand_over(supervisor, [survivor], manager, clock.today())
    survivor.refresh_from_db()
    designate(StaffUserFactory(unit=company.district, role="complaint_handler"), company.district)
    reached = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    log_contact(actor=manager, customer=survivor, contact=reached)
    complaint = complains(manager, survivor)
    add_sub_task(
        actor=supervisor,
        complaint=complaint,
        department="计费",
        what="查账",
        due_at=clock.now() + timedelta(hours=4),
    )
    warn(survivor)
    return survivor


@pytest.mark.parametrize("route", ABOUT_A_CUSTOMER)
def test_what_is_about_one_customer_is_found_by_an_index(
    signed_in: Callable[[StaffUser], Client],
    customer: Customer,
    manager: StaffUser,
    supervisor: StaffUser,
    route: str,
) -> None:
    people = [supervisor] if route in FOR_SUPERVISORS else [manager, supervisor]
    for person in people:
        if not (person is supervisor and route in FOR_MANAGERS):
            assert whole_reads_of(signed_in(person), route, customer.pk) == set()


def test_a_whole_read_would_be_found(customer: Customer) -> None:
    watch = Watch()
    men = Customer.objects.filter(gender="male")
    with connection.execute_wrapper(watch):
        list(men)
        # Under an alias too.
        list(StaffUser.objects.filter(pk__in=men.values("manager")))
    assert len(watch.found) == 2


@pytest.mark.parametrize("route", ["complaint_detail", "complaint_edit", "complaint_reviews"])
def test_what_is_about_one_complaint_is_found_by_an_index(
    signed_in: Callable[[StaffUser], Client],
    customer: Customer,
    supervisor: StaffUser,
    route: str,
) -> None:
    complaint = Complaint.objects.get()
    found = whole_reads_of(signed_in(supervisor), f"complaints:{route}", complaint.pk)
    assert found == set()
