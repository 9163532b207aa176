"""The page that shows who stands in for whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from core import clock
from staff.models import Cover, StaffUser
from tests.conftest import Company
from tests.factories import CoverFactory, StaffUserFactory

pytestmark = pytest.mark.django_db

PAGE = "/staff/covers/"
SignedIn = Callable[[StaffUser], Client]


def test_a_supervisor_sees_todays_coming_and_past_covers(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, signed_in: SignedIn
) -> None:
    today = clock.today()
    now = CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    coming = CoverFactory(
        manager=manager,
        stand_in=supervisor,
        starts_on=today + timedelta(days=3),
        arranged_by=supervisor,
    )
    with time_machine.travel(datetime.now(UTC) - timedelta(days=30), tick=False):
        past = CoverFactory(manager=colleague, stand_in=manager, arranged_by=supervisor)
    page = signed_in(supervisor).get(PAGE)
    assert page.context["now"] == [(now, None)]
    assert page.context["coming"] == [coming]
    assert list(page.context["past"]) == [past]
    (row,) = page.context["strip"]
    assert [(days, person) for days, person in row.stretches] == [
        (1, colleague),
        (2, None),
        (1, supervisor),
        (10, None),
    ]


def test_a_cover_that_is_passed_on_says_to_whom(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, signed_in: SignedIn
) -> None:
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    CoverFactory(manager=colleague, stand_in=supervisor, arranged_by=supervisor)
    page = signed_in(supervisor).get(PAGE)
    passed = {cover.manager.name: following for cover, following in page.context["now"]}
    assert passed["王经理"].stand_in == supervisor
    assert passed["李经理"] is None
    assert "passed on" in page.text


def test_another_units_covers_are_not_shown(
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    other_manager: StaffUser,
    manager: StaffUser,
    signed_in: SignedIn,
) -> None:
    CoverFactory(manager=other_manager, stand_in=manager, arranged_by=city_supervisor)
    assert "赵经理" in signed_in(city_supervisor).get(PAGE).text
    assert "赵经理" not in signed_in(supervisor).get(PAGE).text


def test_a_manager_sees_own_covers_and_changes_none(
    company: Company,
    supervisor: StaffUser,
    manager: StaffUser,
    colleague: StaffUser,
    signed_in: SignedIn,
) -> None:
    third = StaffUserFactory(name="钱经理", unit=company.district)
    mine = CoverFactory(manager=colleague, stand_in=manager, arranged_by=supervisor)
    CoverFactory(manager=third, stand_in=supervisor, arranged_by=supervisor)
    page = signed_in(manager).get(PAGE)
    assert [cover for cover, _ in page.context["now"]] == [mine]
    assert "钱经理" not in page.text
    assert "Arrange cover" not in page.text
    assert f"/staff/covers/{mine.pk}/end/" not in page.text
    assert f"/staff/covers/{mine.pk}/end/" in signed_in(supervisor).get(PAGE).text


def test_an_empty_page_says_what_would_fill_it(
    supervisor: StaffUser, manager: StaffUser, signed_in: SignedIn
) -> None:
    assert "/staff/covers/new/" in signed_in(supervisor).get(PAGE).text
    text = signed_in(manager).get(PAGE).text
    assert "A supervisor arranges cover" in text
    assert "/staff/covers/new/" not in text


def test_a_cover_that_was_called_off_is_past_and_says_so(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, signed_in: SignedIn
) -> None:
    cover = CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    Cover.objects.filter(pk=cover.pk).update(cancelled_at=clock.now())
    page = signed_in(supervisor).get(PAGE)
    assert page.context["now"] == []
    assert list(page.context["past"]) == [cover]
    assert "called off" in page.text


def test_ten_covers_cost_as_many_statements_as_one(
    company: Company,
    supervisor: StaffUser,
    signed_in: SignedIn,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    def arrange_one() -> None:
        people = StaffUserFactory.create_batch(2, unit=company.district)
        CoverFactory(manager=people[0], stand_in=people[1], arranged_by=supervisor)

    client = signed_in(supervisor)
    arrange_one()
    with django_assert_num_queries(5) as seen:
        client.get(PAGE)
    for _ in range(9):
        arrange_one()
    with django_assert_num_queries(len(seen)):
        assert len(client.get(PAGE).context["now"]) == 10
