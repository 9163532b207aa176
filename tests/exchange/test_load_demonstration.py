"""The demonstration, once loaded: complete, of today, and keeping every rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db.models import Max, Min
from django.test import Client, override_settings

from contacts.models import CadenceFlag, ContactRecord, Exemption, Snooze
from contacts.services.verification import differing_clocks, misjudged_records
from core import clock
from core.models import AuditEntry
from customers.models import Customer, Status
from customers.rules import Cadence
from exchange.services.demonstration import (
    AWAY,
    STAND_IN,
    demonstration_logins,
    load_demonstration,
)
from retention.models import (
    ChurnBaseYear,
    ChurnWarning,
    Departure,
    RiskState,
    UsageSnapshot,
)
from retention.models.usage import Source
from retention.services.scoring import flag_churn_risk
from staff.models import Cover, Role, StaffUser

# Loading it takes longer than all that is asked of it.
pytestmark = [pytest.mark.django_db, pytest.mark.whole]
SPRING = datetime(2027, 4, 30, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def loaded(made_once: Callable[..., Any]) -> None:
    """The demonstration, loaded on another day than the roster was drawn up."""
    with override_settings(DEMONSTRATION=True), time_machine.travel(SPRING, tick=False):
        assert made_once(load_demonstration)


@pytest.fixture(autouse=True)
def _demonstration(loaded: None, settings: Any) -> Iterator[None]:
    settings.DEMONSTRATION = True
    with time_machine.travel(SPRING, tick=False):
        yield


def test_loaded_twice_it_is_there_once_and_keeps_every_rule() -> None:
    before = AuditEntry.objects.count(), ContactRecord.objects.count()
    out = StringIO()
    call_command("load_demonstration", stdout=out)
    assert "there already" in out.getvalue()
    assert (AuditEntry.objects.count(), ContactRecord.objects.count()) == before
    assert list(differing_clocks()) == []
    assert list(misjudged_records()) == []
    assert not ContactRecord.objects.filter(happened_at__gt=clock.now()).exists()
    assert not ContactRecord.objects.filter(recorded_at__gt=clock.now()).exists()


def test_every_login_signs_in_and_their_roles_are_all_there(settings: Any) -> None:
    logins = demonstration_logins()
    for _label, number, password in logins:
        assert Client().login(username=number, password=password), number
    people = StaffUser.objects.filter(staff_number__in=[number for _, number, _ in logins])
    assert set(people.values_list("role", flat=True)) == set(Role.values) - {Role.SYSTEM}
    assert not StaffUser.objects.people().filter(is_demonstration=False).exists()
    settings.DEMONSTRATION = False
    for _label, number, password in logins:
        assert not Client().login(username=number, password=password), number


def test_its_dates_follow_today_and_every_figure_has_something_to_show() -> None:
    today = clock.today()
    assert today == SPRING.date()
    customers = Customer.objects.all()
    assert customers.exclude(number__startswith="SIM").count() == 1191
    latest = max(day for day in customers.values_list("last_contact_on", flat=True) if day)
    assert latest == today
    for cadence in Cadence:
        assert customers.overdue(cadence, today).exists()
        assert customers.due_soon(cadence, today, 7).exists()
    assert ContactRecord.objects.follow_ups_due(today).exists()
    assert CadenceFlag.objects.escalated().exists()
    assert CadenceFlag.objects.open().filter(escalated_at=None).exists()
    assert Exemption.objects.standing(today).exists()
    assert Exemption.objects.waiting().exists()
    assert Snooze.objects.hiding(today).exists()
    cover = Cover.objects.on(today).get()
    assert (cover.manager.staff_number, cover.stand_in.staff_number) == (AWAY, STAND_IN)


def test_two_years_of_history_have_something_for_every_page_of_retention() -> None:
    today = clock.today()
    roster = Customer.objects.exclude(number__startswith="SIM")
    assert not roster.exclude(status=Status.ACTIVE).exists()
    assert not Customer.objects.active().filter(number__startswith="SIM").exists()
    months = UsageSnapshot.objects.aggregate(first=Min("month"), last=Max("month"))
    assert months == {"first": date(2025, 4, 1), "last": date(2027, 3, 1)}
    assert not UsageSnapshot.objects.exclude(source=Source.SIMULATED).exists()
    warnings = ChurnWarning.objects.all()
    assert warnings.open().filter(contacted_at=None).exists()
    assert warnings.open().exclude(contacted_at=None).exists()
    assert {"left", "stays", "unfounded"} <= set(warnings.values_list("result", flat=True))
    assert not warnings.filter(is_simulated=False).exists()
    departures = Departure.objects.all()
    assert departures.filter(review__isnull=False).exists()
    assert departures.filter(review=None, review_due_on__isnull=False).exists()
    assert {year.year for year in ChurnBaseYear.objects.all()} == {2026, 2027}
    for year in ChurnBaseYear.objects.filter(year=2026):
        left = departures.counted().filter(left_on__year=year.year).count()
        assert 0.015 < left / (year.members or 1) < 0.05
    assert RiskState.objects.filter(score__gt=0).exists()
    assert flag_churn_risk(as_of=today).opened < 10
