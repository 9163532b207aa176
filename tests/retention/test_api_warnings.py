"""Churn warnings and risk scores over the API: read, in scope, with their reasons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from retention.models import ChurnEvent, ChurnWarning, RiskScore
from retention.services import warnings
from retention.services.scoring import flag_churn_risk
from staff.models import StaffUser
from tests.api import ids, problem, system
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import NOW, statements
from tests.retention.usage_of import LEAVING, use_for_months

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

WARNINGS = "/api/v1/churn-warnings/"
SCORES = "/api/v1/risk-scores/"


@pytest.fixture
def warning(manager: StaffUser) -> ChurnWarning:
    customer = CustomerFactory(manager=manager, last_contact_on=date(2026, 11, 20))
    use_for_months(customer, **LEAVING)
    flag_churn_risk()
    return ChurnWarning.objects.get()


def test_a_warning_tells_its_reasons(
    administrator: StaffUser, company: Company, warning: ChurnWarning
) -> None:
    event = ChurnEvent.objects.create(
        customer=warning.customer, kind="port_out_started", happened_at=NOW
    )
    warnings.judge_events(event_ids=[event.pk])
    _client, asking = system(administrator, unit=company.city)
    (row,) = asking.get(WARNINGS).json()["results"]
    assert (row["id"], row["score"], row["is_hard"]) == (warning.pk, 56, True)
    assert [(r["signal"], r["event"], r["points"], r["value"]) for r in row["reasons"]] == [
        ("dormant", None, 28, "18"),
        ("contract-ending", None, 16, "27"),
        ("voice-falling", None, 12, "-80"),
        (None, event.pk, 0, None),
    ]
    assert row["reasons"][3]["text"] == "Port-out started"
    assert asking.get(f"{WARNINGS}{warning.pk}/").json() == row


def test_what_may_not_be_seen_is_not_there(
    administrator: StaffUser, company: Company, warning: ChurnWarning
) -> None:
    _client, far = system(administrator, unit=company.other_city, name="外地系统")
    assert ids(far.get(WARNINGS)) == ids(far.get(SCORES)) == []
    assert problem(far.get(f"{WARNINGS}{warning.pk}/"))["status"] == 404
    _client, unscoped = system(administrator, scopes=["units:read"], name="其他系统")
    assert problem(unscoped.get(WARNINGS))["status"] == 403
    assert problem(unscoped.get(SCORES))["status"] == 403


def test_warnings_are_narrowed(administrator: StaffUser, warning: ChurnWarning) -> None:
    _client, asking = system(administrator)
    assert ids(asking.get(WARNINGS, {"manager": str(warning.manager_id)})) == [warning.pk]
    assert ids(asking.get(WARNINGS, {"hard": "true"})) == []
    assert ids(asking.get(WARNINGS, {"escalated": "false"})) == [warning.pk]
    assert ids(asking.get(WARNINGS, {"opened_since": "2026-11-24T00:00:00Z"})) == []
    warnings.close(actor=None, warning=warning, result=ChurnWarning.Result.FADED)
    assert ids(asking.get(WARNINGS)) == []
    assert ids(asking.get(WARNINGS, {"state": "closed"})) == [warning.pk]
    assert problem(asking.get(WARNINGS, {"state": "x"}))["status"] == 400


def test_a_score_tells_its_reasons_and_what_is_missing(
    administrator: StaffUser, warning: ChurnWarning
) -> None:
    _client, asking = system(administrator)
    (row,) = asking.get(SCORES).json()["results"]
    assert (row["score"], row["scored_on"]) == (56, "2026-11-23")
    assert sum(reason["points"] for reason in row["reasons"]) == 56
    assert row["reasons"][0] == {
        "signal": "dormant",
        "version": 1,
        "points": 28,
        "value": "18",
        "text": "Hardly uses the number any more",
    }
    CustomerFactory(manager=warning.manager)
    flag_churn_risk()
    rows = asking.get(SCORES, {"scored_from": "2026-11-23"}).json()["results"]
    assert {"signal": "dormant", "version": 1} in rows[-1]["missing"]
    assert ids(asking.get(SCORES, {"at_least": 56})) == [row["id"]]
    assert ids(asking.get(SCORES, {"customer": warning.customer_id})) == [row["id"]]


def test_a_page_costs_the_same_for_many(
    signed_in: Callable[[StaffUser], Client], manager: StaffUser, warning: ChurnWarning
) -> None:
    client = signed_in(manager)
    before = [statements(client, url) for url in (WARNINGS, SCORES)]
    for _ in range(6):
        customer = CustomerFactory(manager=manager, last_contact_on=date(2026, 11, 20))
        use_for_months(customer, **LEAVING)
    flag_churn_risk()
    assert ChurnWarning.objects.count() == 7
    assert RiskScore.objects.count() >= 7
    assert [statements(client, url) for url in (WARNINGS, SCORES)] == before
