"""The working calendar in the admin: put right by administrators, and not filled over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from staff.models import StaffUser
from workplans.models import WorkdayException
from workplans.services.calendar import fill_workdays
from workplans.tasks import fill_workdays as job

SignIn = Callable[[StaffUser], Client]
ADD = "admin:workplans_workdayexception_add"
DAY = date(2026, 10, 1)


def test_an_administrator_corrects_a_day_which_is_not_filled_over(
    administrator: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(administrator)
    row = WorkdayException.objects.get(day=DAY)
    assert (row.is_workday, row.by_hand) == (False, False)
    address = reverse("admin:workplans_workdayexception_change", args=[row.pk])
    form = {"day": DAY, "is_workday": "on", "name": "Worked"}
    assert client.post(address, form).status_code == 302
    row.refresh_from_db()
    assert (row.is_workday, row.by_hand) == (True, True)
    entry = AuditEntry.objects.get(verb="workday.set")
    assert (entry.actor, entry.changes["is_workday"]) == (administrator, [False, True])
    fill_workdays(years=[2026])
    assert WorkdayException.objects.get(day=DAY).name == "Worked"
    assert client.post(reverse(ADD), form).status_code == 200
    delete = reverse("admin:workplans_workdayexception_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert AuditEntry.objects.filter(verb="workday.removed", object_id=row.pk).exists()
    assert not WorkdayException.objects.filter(day=DAY).exists()


def test_several_days_go_with_an_entry_each(administrator: StaffUser, signed_in: SignIn) -> None:
    rows = WorkdayException.objects.filter(day__range=("2026-10-01", "2026-10-03"))
    chosen = list(rows.values_list("pk", flat=True))
    form = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    address = reverse("admin:workplans_workdayexception_changelist")
    assert signed_in(administrator).post(address, form).status_code == 302
    assert AuditEntry.objects.filter(verb="workday.removed").count() == len(chosen) == 2


def test_a_supervisor_does_not_come_in(supervisor: StaffUser, signed_in: SignIn) -> None:
    assert signed_in(supervisor).get(reverse(ADD)).status_code == 302


@pytest.mark.django_db
def test_the_job_fills_this_year_and_the_next() -> None:
    WorkdayException.objects.filter(day__year=2026).delete()
    with time_machine.travel("2025-12-02T00:00:00+00:00"):
        assert job() > 20
        assert job() == 0
    assert WorkdayException.objects.filter(day__year=2026, is_workday=True).exists()
