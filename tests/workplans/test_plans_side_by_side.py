"""Two at once on one plan: one wins, the other is told so (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection

from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY
from tests.workplans.plans_of import a_plan, a_submitted_plan
from workplans.models import WorkPlan
from workplans.models.plans import PlanKind
from workplans.services.drafting import draft_plan
from workplans.services.plans import approve_plan, open_plan, return_plan, take_back_plan

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs in threads that begin together; return results and refusals."""
    start = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return job()
        except ValidationError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]


def test_approving_and_taking_back_at_once_does_one_of_the_two(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    plan = a_submitted_plan(manager)
    done = at_once(
        lambda: approve_plan(actor=supervisor, plan=plan),
        lambda: take_back_plan(actor=manager, plan=plan),
    )
    assert sum(isinstance(one, ValidationError) for one in done) == 1
    plan.refresh_from_db()
    taken_back = isinstance(done[0], ValidationError)
    assert plan.state == ("draft" if taken_back else "approved")
    assert plan.steps.count() == 2


def test_two_supervisors_at_once_decide_once(
    manager: StaffUser, supervisor: StaffUser, city_supervisor: StaffUser
) -> None:
    plan = a_submitted_plan(manager)
    done = at_once(
        lambda: approve_plan(actor=supervisor, plan=plan),
        lambda: return_plan(actor=city_supervisor, plan=plan, note="More"),
    )
    assert sum(isinstance(one, ValidationError) for one in done) == 1
    assert plan.steps.count() == 2


def test_two_drafts_at_once_add_each_customer_once(manager: StaffUser) -> None:
    customers = CustomerFactory.create_batch(8, manager=manager)
    plan = a_plan(manager)
    done = at_once(*[lambda: draft_plan(actor=manager, plan=plan)] * 3)
    assert sum(one.added for one in done) == len(customers)
    assert plan.items.count() == len(customers)


def test_a_plan_opened_twice_at_once_is_one(manager: StaffUser) -> None:
    done = at_once(*[lambda: open_plan(actor=manager, kind=PlanKind.WEEK, day=TODAY)] * 3)
    assert len({plan.pk for plan in done}) == 1
    assert WorkPlan.objects.count() == 1
