"""The boards of plans and logs, and of complaints and calls: figures, sums, links and scope."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from complaints.services.requests import Promise, make_request
from portfolio.services.board import Level
from staff.models import StaffUser
from tests.complaints.reports import complains, designate
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import CustomerFactory, StaffUserFactory
from tests.pages import NOW, TODAY, statements
from tests.workplans.inspections_of import one_of_each
from tests.workplans.logs_of import a_submitted_log
from workplans.models import Lapse
from workplans.models.plans import PlanKind
from workplans.services import plans

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
WORK, CARE = "/board/plans/", "/board/complaints/"


def rows_of(browser: Client, url: str) -> dict[str, Any]:
    """The rows by the name of the manager, of the unit, or by their level."""
    rows = browser.get(url).context["rows"]
    return {
        shown.row.manager.name
        if shown.row.manager
        else shown.row.unit.name
        if shown.row.level is Level.UNIT
        else str(shown.row.level): shown
        for shown in rows
    }


def test_plans_logs_and_inspections_are_counted_by_manager_and_add_up(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
) -> None:
    for person in (manager, colleague):
        plan = plans.open_plan(actor=person, kind=PlanKind.WEEK, day=TODAY)
        entry = plans.ItemEntry(day=TODAY, text="整理资料")
        plans.add_item(actor=person, plan=plan, entry=entry)
        plans.submit_plan(actor=person, plan=plan)
        if person is manager:
            plans.approve_plan(actor=supervisor, plan=plan)
    a_submitted_log(manager)
    Lapse.objects.create(
        manager=other_manager, subject=Lapse.Subject.LOG, starts_on=TODAY, due_at=NOW
    )
    rows = rows_of(signed_in(city_supervisor), WORK)
    figures = {name: shown.row.figures for name, shown in rows.items()}
    assert (figures["王经理"].week_approved, figures["王经理"].logs_submitted) == (1, 1)
    assert (figures["李经理"].week_approved, figures["李经理"].plans_waiting) == (0, 1)
    assert (figures["赵经理"].logs_missing, figures["赵经理"].logs_asked) == (1, 1)
    assert (figures["东城区"].managers, figures["东城区"].week_approved) == (2, 1)
    assert (figures["total"].managers, figures["total"].logs_missing) == (3, 1)
    assert "外经理" not in rows


def test_inspections_and_findings_of_a_manager_are_counted(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    one_of_each(manager, supervisor)
    figures = rows_of(signed_in(supervisor), WORK)["王经理"].row.figures
    assert (figures.inspected, figures.findings_open) == (1, 1)


def test_complaints_promises_and_missed_calls_are_counted_where_the_customer_is(
    signed_in: Browser,
    manager: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    handler: StaffUser,
) -> None:
    designate(handler, manager.unit)
    customer, theirs = (CustomerFactory(manager=person) for person in (manager, outsider))
    for person, of in ((manager, customer), (outsider, theirs)):
        complains(person, of, received_at=NOW - timedelta(hours=60))
        make_request(actor=person, customer=of, promise=Promise("送卡"))
        tell(call_centre(), a_call(of.phones.get().number, NOW - timedelta(hours=1)))
    rows = rows_of(signed_in(supervisor), CARE)
    mine, total = rows["王经理"].row.figures, rows["total"].row.figures
    assert mine == total
    assert (mine.complaints, mine.complaints_late) == (1, 1)
    assert (mine.requests, mine.requests_late) == (1, 0)
    assert (mine.calls, mine.calls_late) == (1, 1)


@pytest.mark.parametrize("url", [WORK, CARE])
def test_every_figure_leads_to_a_page_that_is_there(
    url: str, signed_in: Browser, manager: StaffUser, supervisor: StaffUser, head_office: StaffUser
) -> None:
    complains(manager, CustomerFactory(manager=manager))
    for person in (supervisor, head_office):
        browser = signed_in(person)
        links = {cell.url for shown in rows_of(browser, url).values() for cell in shown.cells}
        assert len(links) > 5
        assert {browser.get(link).status_code for link in links if link} == {200}


@pytest.mark.parametrize("url", [WORK, CARE])
def test_it_takes_the_same_statements_for_many_managers(
    url: str, signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    def complaints_of(*people: StaffUser) -> None:
        for person in people:
            complains(person, CustomerFactory(manager=person))

    complaints_of(manager)
    browser = signed_in(supervisor)
    one = statements(browser, url)
    complaints_of(*(StaffUserFactory(unit=manager.unit) for _ in range(4)))
    assert statements(browser, url) == one
    assert one <= 15
