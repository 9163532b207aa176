"""The demonstration: the same every time, complete, and only where it belongs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import StringIO
from random import Random
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client

from contacts.models import CadenceFlag, ContactRecord, Exemption, Snooze
from contacts.services.verification import differing_clocks, misjudged_records
from core import clock
from core.models import AuditEntry
from customers.models import Customer
from customers.rules import Cadence
from exchange.rules.invention import InventedContact, invent_contacts
from exchange.services.demonstration import (
    AWAY,
    STAND_IN,
    demonstration_logins,
    load_demonstration,
)
from staff.models import Cover, Role, StaffUser

pytestmark = pytest.mark.django_db
SPRING = datetime(2027, 4, 30, 2, 0, tzinfo=UTC)


@pytest.fixture
def demonstration(settings: Any) -> Any:
    """The demonstration, loaded on another day than the roster was drawn up."""
    settings.DEMONSTRATION = True
    with time_machine.travel(SPRING, tick=False):
        assert load_demonstration()
        yield


def test_it_is_refused_outside_demonstration_mode(settings: Any) -> None:
    settings.DEMONSTRATION = False
    with pytest.raises(CommandError, match="demonstration mode only"):
        call_command("load_demonstration")
    assert not StaffUser.objects.exists()


@pytest.mark.usefixtures("demonstration")
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


@pytest.mark.usefixtures("demonstration")
def test_every_login_signs_in_and_their_roles_are_all_there(settings: Any) -> None:
    logins = demonstration_logins()
    for _label, number, password in logins:
        assert Client().login(username=number, password=password), number
    people = StaffUser.objects.filter(staff_number__in=[number for _, number, _ in logins])
    assert set(people.values_list("role", flat=True)) == set(Role.values) - {Role.SYSTEM}
    assert not StaffUser.objects.filter(is_demonstration=False).exists()
    settings.DEMONSTRATION = False
    for _label, number, password in logins:
        assert not Client().login(username=number, password=password), number


@pytest.mark.usefixtures("demonstration")
def test_its_dates_follow_today_and_every_figure_has_something_to_show() -> None:
    today = clock.today()
    assert today == SPRING.date()
    customers = Customer.objects.all()
    assert customers.count() == 1191
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


def test_what_is_invented_is_the_same_for_the_same_seed() -> None:
    def invented() -> list[InventedContact]:
        random = Random(7)
        return [
            contact
            for day in range(1, 29)
            for contact in invent_contacts(
                random,
                last_contact_on=date(2027, 4, day),
                vip_since=date(2020, 1, 1),
                is_key=day % 3 == 0,
                today=date(2027, 4, 30),
            )
        ]

    assert len(invented()) > 28
    assert invented() == invented()
