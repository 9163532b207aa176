"""The page that shows what would change, and starts the import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import OutboxTask
from customers.models import Customer
from exchange.models import RosterImport
from staff.models import StaffUser
from tests.exchange.rosters import HEADINGS, ROSTER, receive, row_of, take_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
SignIn = Callable[[StaffUser], Client]
State = RosterImport.State


def url_of(roster_import: RosterImport) -> str:
    return reverse("exchange:roster_import_preview", args=[roster_import.pk])


def test_the_tabs_count_what_comes_of_the_rows(signed_in: SignIn, administrator: StaffUser) -> None:
    received = receive(ROSTER, administrator)
    page = signed_in(administrator).get(url_of(received))
    assert [(value, count) for value, _label, count in page.context["tabs"]] == [
        ("new", 1191),
        ("changed", 0),
        ("unchanged", 0),
        ("rejected", 9),
        ("alike", 0),
    ]
    assert "Import 1191 rows" in page.content.decode()
    assert not Customer.objects.exists()


def test_rejected_rows_say_row_field_and_reason_in_the_language_of_the_reader(
    signed_in: SignIn, administrator: StaffUser
) -> None:
    received = receive(ROSTER, administrator)
    text = signed_in(administrator).get(f"{url_of(received)}?tab=rejected").content.decode()
    for words in (
        "BJ70000101",
        "裘浩",
        "There is no tier “铜卡”",
        "“1380013800” is no phone",
    ):
        assert words in text


def test_changes_are_shown_field_by_field_with_masked_numbers(
    signed_in: SignIn, administrator: StaffUser, workbook: Callable[..., Path]
) -> None:
    take_in(workbook([HEADINGS, row_of("B1")]), administrator)
    changed = row_of("B1", VIP级别="钻卡", 手机号码="13900001111")
    received = receive(workbook([HEADINGS, changed]), administrator)
    page = signed_in(administrator).get(url_of(received))
    (line,) = page.context["lines"]
    assert line["changes"] == [
        ("Tier", "Gold", "Diamond"),
        ("Mobile number", "138****0001", "139****1111"),
    ]
    assert "13900001111" not in page.content.decode()


def test_pages_of_rows_follow_each_other(signed_in: SignIn, administrator: StaffUser) -> None:
    received = receive(ROSTER, administrator)
    client = signed_in(administrator)
    first = client.get(url_of(received)).context["page"]
    second = client.get(url_of(received), {"cursor": first.next_cursor}).context["page"]
    assert [row.row_number for row in first.rows] == [n for n in range(3, 54) if n != 20]
    assert second.rows[0].row_number == 54


def test_the_button_starts_the_import_once_however_often_it_is_pressed(
    signed_in: SignIn, administrator: StaffUser
) -> None:
    received = receive(ROSTER, administrator)
    client = signed_in(administrator)
    answers = [client.post(url_of(received)) for _ in range(3)]
    progress = reverse("exchange:roster_import_progress", args=[received.pk])
    assert {answer["Location"] for answer in answers} == {progress}
    assert OutboxTask.objects.filter(task="exchange.tasks.commit_roster").count() == 1


@pytest.mark.parametrize("state", [State.MAPPING, State.FAILED])
def test_without_a_preview_the_button_imports_nothing(
    signed_in: SignIn, administrator: StaffUser, state: str
) -> None:
    received = receive(ROSTER, administrator)
    RosterImport.objects.filter(pk=received.pk).update(state=state)
    answer = signed_in(administrator).post(url_of(received))
    assert answer.status_code == 302
    assert not OutboxTask.objects.filter(task="exchange.tasks.commit_roster").exists()


def test_the_page_costs_the_same_for_one_row_and_for_fifty(
    signed_in: SignIn,
    administrator: StaffUser,
    workbook: Callable[..., Path],
    django_assert_max_num_queries: Any,
) -> None:
    client = signed_in(administrator)

    def statements(rows: int) -> int:
        path = workbook([HEADINGS, *(row_of(f"B{n}") for n in range(rows))])
        received = receive(path, administrator)
        client.get(url_of(received))
        with django_assert_max_num_queries(100) as captured:
            client.get(url_of(received))
        return len(captured)

    assert statements(1) == statements(60)
