"""Arranging and ending cover: every refusal, and what holds on which day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core.models import AuditEntry
from staff import services
from staff.models import Cover, StaffUser
from tests.conftest import Company

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _monday_noon() -> object:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def arrange(
    actor: StaffUser, manager: StaffUser, stand_in: StaffUser, first: int = 0, last: int = 0
) -> Cover:
    return services.arrange_cover(
        actor=actor,
        manager=manager,
        stand_in=stand_in,
        starts_on=MONDAY + timedelta(days=first),
        ends_on=MONDAY + timedelta(days=last),
        reason=" 年假 ",
    )


def test_a_cover_is_arranged_and_written_down(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser
) -> None:
    cover = arrange(supervisor, manager, colleague, 0, 4)
    assert (cover.reason, cover.arranged_by) == ("年假", supervisor)
    entry = AuditEntry.objects.get(verb="cover.arranged")
    assert entry.actor == supervisor
    assert entry.changes["stand_in_id"] == [None, colleague.pk]
    assert entry.changes["ends_on"] == [None, "2026-11-27"]


def test_the_same_cover_sent_twice_is_one(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser
) -> None:
    assert arrange(supervisor, manager, colleague) == arrange(supervisor, manager, colleague)
    assert Cover.objects.count() == 1
    assert AuditEntry.objects.filter(verb="cover.arranged").count() == 1


def test_nobody_stands_in_for_themselves(supervisor: StaffUser, manager: StaffUser) -> None:
    with pytest.raises(ValidationError, match="Nobody can stand in for themselves"):
        arrange(supervisor, manager, manager)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cover.objects.create(
            manager=manager,
            stand_in=manager,
            starts_on=MONDAY,
            ends_on=MONDAY,
            arranged_by=supervisor,
        )


def test_the_last_day_is_not_before_the_first(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser
) -> None:
    with pytest.raises(ValidationError, match="The last day is before the first day"):
        arrange(supervisor, manager, colleague, 3, 2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cover.objects.create(
            manager=manager,
            stand_in=colleague,
            starts_on=MONDAY,
            ends_on=MONDAY - timedelta(days=1),
            arranged_by=supervisor,
        )


def test_days_that_are_over_are_refused_and_today_is_not(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser
) -> None:
    with pytest.raises(ValidationError, match="These days are over"):
        arrange(supervisor, manager, colleague, -3, -1)
    assert arrange(supervisor, manager, colleague, -3, 0).pk


@pytest.mark.parametrize(("first", "last"), [(4, 6), (-2, 0), (1, 2), (-9, 9)])
def test_there_is_one_stand_in_a_day(
    supervisor: StaffUser,
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    first: int,
    last: int,
) -> None:
    arrange(supervisor, manager, colleague, 0, 4)
    with pytest.raises(ValidationError, match="李经理 already stands in") as refusal:
        arrange(supervisor, manager, other_manager, first, last)
    assert "starts_on" in refusal.value.message_dict
    assert arrange(supervisor, manager, other_manager, 5, 6).pk


def test_the_days_of_a_cover_that_was_called_off_are_free_again(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, other_manager: StaffUser
) -> None:
    cover = arrange(supervisor, manager, colleague, 2, 4)
    services.end_cover(actor=supervisor, cover=cover)
    assert arrange(supervisor, manager, other_manager, 2, 4).pk


@pytest.mark.postgres
def test_postgresql_itself_refuses_two_stand_ins_on_one_day(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, other_manager: StaffUser
) -> None:
    first = arrange(supervisor, manager, colleague, 0, 4)

    def another(starts: int, ends: int) -> Cover:
        return Cover.objects.create(
            manager=manager,
            stand_in=other_manager,
            starts_on=MONDAY + timedelta(days=starts),
            ends_on=MONDAY + timedelta(days=ends),
            arranged_by=supervisor,
        )

    name = "staff_cover_one_stand_in_a_day"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        another(4, 9)
    assert another(5, 9).pk
    services.end_cover(actor=supervisor, cover=first)
    Cover.objects.filter(pk=first.pk).update(cancelled_at=NOON)
    assert another(0, 4).pk


def test_a_loop_is_refused_whichever_way_it_closes(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, other_manager: StaffUser
) -> None:
    arrange(supervisor, manager, colleague, 0, 4)
    arrange(supervisor, colleague, other_manager, 2, 6)
    with pytest.raises(ValidationError, match="go round in a circle"):
        arrange(supervisor, other_manager, manager, 3, 3)
    assert arrange(supervisor, other_manager, manager, 5, 6).pk


def test_only_managers_are_covered_and_only_who_serves_stands_in(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, handler: StaffUser
) -> None:
    with pytest.raises(ValidationError, match="Only a customer manager or a complaint handler"):
        arrange(supervisor, supervisor, colleague)
    with pytest.raises(ValidationError, match="must be an active manager or supervisor"):
        arrange(supervisor, manager, handler)
    StaffUser.objects.filter(pk=colleague.pk).update(is_active=False)
    colleague.refresh_from_db()
    with pytest.raises(ValidationError, match="must be an active manager or supervisor"):
        arrange(supervisor, manager, colleague)
    assert arrange(supervisor, manager, supervisor).pk


def test_a_complaint_handler_is_covered_by_who_may_handle_complaints(
    supervisor: StaffUser, manager: StaffUser, handler: StaffUser
) -> None:
    with pytest.raises(ValidationError, match="active complaint handler or supervisor"):
        arrange(supervisor, handler, manager)
    assert arrange(supervisor, handler, supervisor).pk
    assert handler.pk in supervisor.scope.handles_for
    assert manager.scope.handles_for == frozenset()


def test_a_cover_that_has_begun_ends_with_yesterday(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser
) -> None:
    cover = arrange(supervisor, manager, colleague, -2, 4)
    ended = services.end_cover(actor=supervisor, cover=cover)
    assert (ended.ends_on, ended.cancelled_at) == (MONDAY - timedelta(days=1), None)
    entry = AuditEntry.objects.get(verb="cover.ended")
    assert entry.changes == {"ends_on": ["2026-11-27", "2026-11-22"]}


@pytest.mark.parametrize("first", [0, 3])
def test_a_cover_of_today_or_later_is_called_off(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, first: int
) -> None:
    cover = arrange(supervisor, manager, colleague, first, 4)
    ended = services.end_cover(actor=supervisor, cover=cover)
    assert ended.cancelled_at == NOON
    assert not Cover.objects.standing().exists()


def test_ending_twice_is_ending_once(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser
) -> None:
    cover = arrange(supervisor, manager, colleague, -2, 4)
    services.end_cover(actor=supervisor, cover=cover)
    services.end_cover(actor=supervisor, cover=cover)
    assert AuditEntry.objects.filter(verb="cover.ended").count() == 1


def test_a_cover_begins_and_ends_by_itself_at_the_units_midnight(
    company: Company, supervisor: StaffUser, manager: StaffUser, colleague: StaffUser
) -> None:
    arrange(supervisor, manager, colleague, 1, 1)
    tuesday = datetime(2026, 11, 23, 16, tzinfo=UTC)
    seen = {}
    for name, moment in {
        "before": tuesday - timedelta(seconds=1),
        "first": tuesday,
        "last": tuesday + timedelta(days=1, seconds=-1),
        "after": tuesday + timedelta(days=1),
    }.items():
        with time_machine.travel(moment, tick=False):
            seen[name] = Cover.objects.covered_by(colleague.pk)
    nobody: frozenset[int] = frozenset()
    only = frozenset({manager.pk})
    assert seen == {"before": nobody, "first": only, "last": only, "after": nobody}


def test_the_day_is_that_of_the_covered_managers_zone(
    company: Company, supervisor: StaffUser, manager: StaffUser, colleague: StaffUser
) -> None:
    arrange(supervisor, manager, colleague, 1, 1)
    company.district.time_zone = "America/New_York"
    services.save_unit(actor=None, unit=company.district)
    with time_machine.travel(datetime(2026, 11, 24, 4, tzinfo=UTC), tick=False):
        assert not Cover.objects.covered_by(colleague.pk)
    with time_machine.travel(datetime(2026, 11, 24, 5, tzinfo=UTC), tick=False):
        assert Cover.objects.covered_by(colleague.pk) == {manager.pk}


def test_a_covered_stand_in_passes_the_customers_on(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, other_manager: StaffUser
) -> None:
    arrange(supervisor, manager, colleague)
    arrange(supervisor, colleague, other_manager)
    assert Cover.objects.covered_by(other_manager.pk) == {manager.pk, colleague.pk}
    assert Cover.objects.covered_by(colleague.pk) == {manager.pk}
    assert Cover.objects.standing_in_for(manager.pk, MONDAY) == [colleague.pk, other_manager.pk]
