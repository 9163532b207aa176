"""INSERT … SELECT: one statement, and what a constraint refuses is left out."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import F, Value
from django.test.utils import CaptureQueriesContext

from core.bulk import insert_from_select
from core.models import OutboxTask
from staff.models import StaffUser, Unit

pytestmark = pytest.mark.django_db


def test_rows_come_from_a_query_by_one_statement(manager: StaffUser, outsider: StaffUser) -> None:
    rows = StaffUser.objects.order_by().values_list(
        "name", Value("{}"), F("created_at"), named=False
    )
    with CaptureQueriesContext(connection) as statements:
        made = insert_from_select(OutboxTask, ["task", "kwargs", "created_at"], rows)
    assert (made, len(statements)) == (2, 1)
    assert set(OutboxTask.objects.values_list("task", flat=True)) == {"王经理", "外经理"}


def test_what_a_constraint_refuses_is_left_out_and_the_rest_goes_in(manager: StaffUser) -> None:
    before = Unit.objects.count()
    rows = Unit.objects.order_by().values_list("path", "name", "time_zone", "full_name")
    columns = ["path", "name", "time_zone", "full_name"]
    assert insert_from_select(Unit, columns, rows) == 0
    assert Unit.objects.count() == before
