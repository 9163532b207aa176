"""Keyset pages: walking them shows every row once, in order, both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models import OutboxTask
from core.pagination import Page, counted_page, keyset_page

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = (
    ("pk",),
    ("-pk",),
    ("task", "pk"),
    ("-task", "-pk"),
    ("created_at", "task", "pk"),
    ("-created_at", "-task", "-pk"),
)
# Few different values, so that many rows share one and the tie decides.
rows = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=25)


def make(pairs: list[tuple[str, int]]) -> None:
    OutboxTask.objects.bulk_create(
        OutboxTask(task=task, created_at=START + timedelta(hours=hours)) for task, hours in pairs
    )


def page_at(order: tuple[str, ...], size: int, cursor: str | None) -> Page[OutboxTask]:
    return keyset_page(OutboxTask.objects.all(), order=order, cursor=cursor, size=size)


@given(pairs=rows, order=st.sampled_from(ORDERS), size=st.integers(1, 7))
@settings(deadline=None, max_examples=60)
def test_walking_forward_and_back_shows_every_row_once_in_order(
    pairs: list[tuple[str, int]], order: tuple[str, ...], size: int
) -> None:
    with transaction.atomic():
        make(pairs)
        wanted = list(OutboxTask.objects.order_by(*order).values_list("pk", flat=True))
        forward, page = [], page_at(order, size, None)
        assert page.previous_cursor is None
        forward.append([row.pk for row in page])
        while page.next_cursor:
            page = page_at(order, size, page.next_cursor)
            forward.append([row.pk for row in page])
        backward = [[row.pk for row in page]]
        while page.previous_cursor:
            page = page_at(order, size, page.previous_cursor)
            backward.insert(0, [row.pk for row in page])
        transaction.set_rollback(True)
    assert [pk for one in forward for pk in one] == wanted
    assert [pk for one in backward for pk in one] == wanted
    assert all(len(one) == size for one in forward[:-1])


def test_a_row_added_meanwhile_moves_no_other_row_to_another_page() -> None:
    make([("b", 0)] * 4)
    first = page_at(("task", "pk"), 2, None)
    seen = {row.pk for row in first}
    make([("a", 0)])
    second = page_at(("task", "pk"), 2, first.next_cursor)
    assert not seen & {row.pk for row in second}
    assert len(second) == 2


@pytest.mark.parametrize(
    "cursor",
    ["nonsense", "!!!!", "e30", "W10", "WzAsMSwyLDNd", "WzAsIngiXQ", "bnVsbA", "WzAsbnVsbF0", "é"],
)
def test_a_cursor_that_is_not_ours_gives_the_first_page(cursor: str) -> None:
    make([("a", 0), ("b", 0)])
    page = page_at(("pk",), 1, cursor)
    assert [row.task for row in page] == ["a"]
    assert page.previous_cursor is None


def test_a_page_costs_one_statement() -> None:
    make([("a", n) for n in range(9)])
    cursor = page_at(("task", "pk"), 3, None).next_cursor
    with CaptureQueriesContext(
        connection,
    ) as statements:
        assert len(page_at(("task", "pk"), 3, cursor)) == 3
    assert len(statements) == 1


def test_related_fields_can_order(manager: Any, other_manager: Any) -> None:
    from staff.models import StaffUser

    people = StaffUser.objects.filter(pk__in=[manager.pk, other_manager.pk])
    order = ("unit__full_name", "pk")
    wanted = list(people.order_by(*order))
    first = keyset_page(people, order=order, size=1)
    second = keyset_page(people, order=order, size=1, cursor=first.next_cursor)
    assert [*first, *second] == wanted


@pytest.mark.parametrize(("rows", "most", "counted"), [(0, 60, 0), (50, 60, 50), (140, 60, 61)])
def test_a_counted_page_is_the_page_and_its_count_in_two_statements(
    rows: int, most: int, counted: int
) -> None:
    make([("abc"[number % 3], number) for number in range(rows)])
    order = ("task", "pk")
    everything = OutboxTask.objects.all()
    wanted = list(everything.order_by(*order))
    shown: list[OutboxTask] = []
    cursor: str | None = None
    while True:
        with CaptureQueriesContext(connection) as asked:
            page, count = counted_page(
                everything, lambda chosen: chosen, order=order, most=most, cursor=cursor
            )
        assert len(asked) <= 2
        assert count == counted
        shown += page.rows
        cursor = page.next_cursor
        if cursor is None:
            break
    assert shown == wanted
