"""Retention cases in the REST API: read in scope, changed since, never written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from retention.models import RetentionCase
from retention.services import cases
from staff.models import StaffUser
from tests.api import ids, problem, send, system
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.retention.cases_of import a_measure, asks_to_leave

pytestmark = pytest.mark.django_db

SignIn = Callable[[StaffUser], Client]
CASES = "/api/v1/retention-cases/"


@pytest.fixture
def case(manager: StaffUser) -> RetentionCase:
    return asks_to_leave(manager, CustomerFactory(manager=manager), competitor="联通")


@pytest.fixture
def strange(outsider: StaffUser) -> RetentionCase:
    return asks_to_leave(outsider, CustomerFactory(manager=outsider))


def test_a_case_comes_with_its_measures_and_follow_ups(
    signed_in: SignIn, manager: StaffUser, case: RetentionCase
) -> None:
    cases.offer_measure(actor=manager, case=case, measure=a_measure("gift"))
    cases.decide_case(actor=manager, case=case, saved=True)
    body = signed_in(manager).get(f"{CASES}{case.pk}/").json()
    assert (body["state"], body["competitor"]) == ("saved", "联通")
    assert [(offer["measure"], offer["value"]) for offer in body["offers"]] == [("gift", "50.00")]
    assert [row["kind"] for row in body["follow_ups"]] == ["day", "week", "month", "quarter"]


def test_each_sees_the_cases_of_the_own_customers(
    signed_in: SignIn,
    manager: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    case: RetentionCase,
    strange: RetentionCase,
) -> None:
    assert ids(signed_in(manager).get(CASES)) == [case.pk]
    assert ids(signed_in(supervisor).get(CASES)) == [case.pk]
    assert set(ids(signed_in(head_office).get(CASES))) == {case.pk, strange.pk}
    assert signed_in(manager).get(f"{CASES}{strange.pk}/").status_code == 404


def test_a_system_needs_the_scope_and_sees_its_unit(
    administrator: StaffUser, company: Company, case: RetentionCase, strange: RetentionCase
) -> None:
    _client, allowed = system(
        administrator, unit=company.city, scopes=["retention-cases:read"], name="分析系统"
    )
    assert ids(allowed.get(CASES)) == [case.pk]
    assert allowed.get(f"{CASES}{strange.pk}/").status_code == 404
    _other, refused = system(administrator, scopes=["customers:read"], name="别的系统")
    assert problem(refused.get(CASES))["status"] == 403


def test_it_is_filtered_and_only_read(
    signed_in: SignIn, manager: StaffUser, case: RetentionCase
) -> None:
    asking = signed_in(manager)
    later = clock.now() + timedelta(hours=1)
    lost = asks_to_leave(manager, CustomerFactory(manager=manager))
    cases.decide_case(actor=manager, case=lost, saved=False)
    assert ids(asking.get(CASES + "?state=open")) == [case.pk]
    assert ids(asking.get(CASES + f"?customer={lost.customer_id}")) == [lost.pk]
    assert ids(asking.get(CASES, {"updated_since": later.isoformat()})) == []
    assert problem(asking.get(CASES + "?state=perhaps"))["status"] == 400
    assert send(asking, "post", CASES).status_code == 405


def test_an_answer_of_a_measure_counts_as_a_change(
    signed_in: SignIn, manager: StaffUser, case: RetentionCase
) -> None:
    RetentionCase.objects.update(updated_at=clock.now() - timedelta(days=2))
    asking, since = signed_in(manager), clock.now() - timedelta(days=1)
    assert ids(asking.get(CASES, {"updated_since": since.isoformat()})) == []
    cases.offer_measure(actor=manager, case=case, measure=a_measure())
    assert ids(asking.get(CASES, {"updated_since": since.isoformat()})) == [case.pk]


def test_the_list_takes_the_same_statements_for_many(
    signed_in: SignIn, manager: StaffUser, case: RetentionCase
) -> None:
    asking = signed_in(manager)

    def taken() -> int:
        with CaptureQueriesContext(connection) as captured:
            ids(asking.get(CASES))
        return len(captured)

    cases.offer_measure(actor=manager, case=case, measure=a_measure("first"))
    few = taken()
    for n in range(5):
        other = asks_to_leave(manager, CustomerFactory(manager=manager))
        cases.offer_measure(actor=manager, case=other, measure=a_measure(f"m{n}"))
    assert taken() == few
