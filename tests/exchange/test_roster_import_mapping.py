"""The page that asks what unknown headings mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from exchange.models import RosterImport
from staff.models import StaffUser
from tests.exchange.rosters import UNIT, receive
from tests.factories import UnitFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
SignIn = Callable[[StaffUser], Client]
State = RosterImport.State
ROWS = [
    ["编码X", "姓名", "级别", "单位", "号码Y", "备注"],
    ["B1", "王", "金卡", UNIT, "13812340001", "好"],
]
GIVEN = {
    "column_0": "number",
    "column_1": "name",
    "column_2": "tier",
    "column_3": "unit",
    "column_4": "phone",
    "column_5": "",
}


@pytest.fixture
def waiting(administrator: StaffUser, workbook: Callable[..., Path]) -> RosterImport:
    received = receive(workbook(ROWS), administrator)
    assert received.state == State.MAPPING
    return received


def url_of(roster_import: RosterImport) -> str:
    return reverse("exchange:roster_import_mapping", args=[roster_import.pk])


def test_known_headings_are_chosen_and_unknown_ones_shown_with_their_first_rows(
    signed_in: SignIn, administrator: StaffUser, waiting: RosterImport
) -> None:
    page = signed_in(administrator).get(url_of(waiting))
    text = page.content.decode()
    form = page.context["form"]
    assert [form.fields[f"column_{place}"].initial for place in range(6)] == [
        "", "name", "tier", "unit", "", ""
    ]  # fmt: skip
    assert "编码X" in text
    assert "B1" in text
    assert "138****0001" in text
    assert "13812340001" not in text


def test_given_meanings_lead_to_the_preview(
    signed_in: SignIn,
    administrator: StaffUser,
    waiting: RosterImport,
    django_capture_on_commit_callbacks: Any,
) -> None:
    UnitFactory(name="城东区分公司", parent=UnitFactory(name="滨江市分公司"))
    with django_capture_on_commit_callbacks(execute=True):
        answer = signed_in(administrator).post(url_of(waiting), GIVEN)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.new_rows) == (State.PREVIEWED, 1)
    follow = signed_in(administrator).get(answer["Location"], follow=True)
    assert follow.redirect_chain == [] or follow.status_code == 200
    assert waiting.rows.get().values["phone"] == "13812340001"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"column_0": ""}, "No column holds the customer number"),
        ({"column_5": "name"}, "Two columns have the same meaning"),
        ({"column_5": "password"}, "Select a valid choice"),
    ],
)
def test_meanings_that_cannot_be_are_told(
    signed_in: SignIn,
    administrator: StaffUser,
    waiting: RosterImport,
    wrong: dict[str, str],
    words: str,
) -> None:
    answer = signed_in(administrator).post(url_of(waiting), GIVEN | wrong)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == State.MAPPING


def test_what_a_heading_meant_last_time_is_offered_again(
    signed_in: SignIn,
    administrator: StaffUser,
    waiting: RosterImport,
    workbook: Callable[..., Path],
) -> None:
    signed_in(administrator).post(url_of(waiting), GIVEN)
    again = receive(workbook(ROWS, "again.xlsx"), administrator)
    form = signed_in(administrator).get(url_of(again)).context["form"]
    assert form.fields["column_0"].initial == "number"
    assert form.fields["column_4"].initial == "phone"


def test_an_import_that_went_further_is_not_mapped_again(
    signed_in: SignIn, administrator: StaffUser, waiting: RosterImport
) -> None:
    RosterImport.objects.filter(pk=waiting.pk).update(state=State.COMMITTING)
    answer = signed_in(administrator).post(url_of(waiting), GIVEN)
    assert answer["Location"] == reverse("exchange:roster_import_progress", args=[waiting.pk])
    waiting.refresh_from_db()
    assert waiting.state == State.COMMITTING
