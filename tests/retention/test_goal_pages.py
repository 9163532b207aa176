"""Pages of goals, causes and judged warnings: figures within scope, charts, downloads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from core import clock
from core.models import OutboxTask
from retention.models import (
    ChurnBaseYear,
    ChurnEvent,
    ChurnGoal,
    ChurnWarning,
    Departure,
    DepartureCause,
)
from retention.services.goals import freeze_base
from retention.services.judging import judge_warnings
from staff.models import StaffUser, Unit
from tests.conftest import Company
from tests.factories import CustomerFactory, StaffUserFactory
from tests.pages import TODAY, statements, text_of
from tests.retention.leavers import home, leave, reviewed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
Kind = Departure.Kind
GOALS = "/retention/goals/"
CAUSES = "/retention/causes/chart/"
JUDGED = "/retention/warnings/judged/"


@pytest.fixture
def year(
    manager: StaffUser, colleague: StaffUser, other_manager: StaffUser, outsider: StaffUser
) -> None:
    """A frozen base of forty customers in three districts, some of them lost."""
    lost = []
    for person in (manager, colleague, other_manager, outsider):
        for number in range(10):
            customer = CustomerFactory(manager=person, tier="gold" if number % 2 else "silver")
            if number < 2:
                lost.append(customer)
    freeze_base(year=2026)
    for number, customer in enumerate(lost):
        leave(customer, Kind.PORTED_OUT, TODAY - timedelta(days=number * 20))


@pytest.mark.usefixtures("year")
def test_each_sees_the_year_of_the_own_customers_and_units(
    signed_in: Browser,
    manager: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    head_office: StaffUser,
) -> None:
    expected = {
        manager: (10, 2),
        supervisor: (20, 4),
        city_supervisor: (30, 6),
        head_office: (40, 8),
    }
    for person, (base, lost) in expected.items():
        standing = signed_in(person).get(GOALS).context["rows"][0].line.standing
        assert (standing.base, standing.lost) == (base, lost)
        assert standing.rate == Decimal("20.00")
        assert standing.missed_by == lost - (base * 35 - 1) // 1000


@pytest.mark.usefixtures("year")
def test_rows_add_up_and_lead_to_the_very_departures(
    signed_in: Browser, city_supervisor: StaffUser, company: Company
) -> None:
    client = signed_in(city_supervisor)
    for group in ("all", "top"):
        rows = client.get(GOALS, {"group": group}).context["rows"]
        levels = [shown.line.level for shown in rows]
        assert levels == ["total", "unit", "manager", "manager", "unit", "manager"]
        managers = [shown.line.standing for shown in rows if shown.line.level == "manager"]
        assert sum(one.base for one in managers) == rows[0].line.standing.base
        assert sum(one.lost for one in managers) == rows[0].line.standing.lost
        for shown in rows:
            page = client.get(shown.lost_url).context["page"]
            assert len(page.rows) == shown.line.standing.lost
    below = client.get(GOALS, {"unit": company.district.pk}).context["rows"]
    assert below[0].line.standing.base == 20
    assert client.get(GOALS, {"unit": company.far_district.pk}).status_code == 404
    assert client.get(GOALS, {"year": "x"}).status_code == 404


@pytest.mark.usefixtures("year")
def test_the_burn_down_is_drawn_shown_as_a_table_and_downloaded(
    signed_in: Browser, supervisor: StaffUser
) -> None:
    client = signed_in(supervisor)
    response = client.get(GOALS)
    chart = response.context["chart"]
    assert [len(series.values) for series in chart.series] == [13] * 5
    page = text_of(response)
    assert 'id="churn-burn-down-data"' in page
    assert "echarts.simple.min" in page
    book = client.get(GOALS, {"download": "churn-burn-down"})
    assert "attachment" in book.headers["Content-Disposition"]
    sheet = CalamineWorkbook.from_filelike(BytesIO(book.content)).get_sheet_by_index(0)
    rows = sheet.to_python()
    assert len(rows) == 14
    assert rows[1][1] == chart.series[0].values[0]


def test_without_a_base_there_is_a_dash_and_a_way_to_rebuild_it(
    signed_in: Browser, manager: StaffUser, head_office: StaffUser, administrator: StaffUser
) -> None:
    CustomerFactory(manager=manager)
    assert "No base for this year" in text_of(signed_in(manager).get(GOALS))
    assert "/retention/goals/set/" in text_of(signed_in(head_office).get(GOALS))
    client = signed_in(administrator)
    assert client.post("/retention/goals/base/").status_code == 302
    task = OutboxTask.objects.get(task="retention.tasks.freeze_base")
    assert task.kwargs == {"year": 2026, "actor_id": administrator.pk}
    freeze_base(year=2026, actor=administrator)
    assert client.post("/retention/goals/base/").status_code == 302
    assert OutboxTask.objects.filter(task="retention.tasks.freeze_base").count() == 1
    assert ChurnBaseYear.objects.get().is_rebuilt
    assert "rebuilt afterwards" in text_of(signed_in(manager).get(GOALS))


def test_head_office_sets_goals_from_this_year_on(
    signed_in: Browser, head_office: StaffUser, company: Company
) -> None:
    client = signed_in(head_office)
    data: dict[str, Any] = {
        "from_year": 2026,
        "tier_group": "all",
        "unit": company.city.pk,
        "percent": "3.2",
    }
    for wrong in ({"from_year": 2025}, {"percent": "0"}, {"percent": "101"}, {"unit": 99999}):
        assert client.post("/retention/goals/set/", {**data, **wrong}).status_code == 422
    assert client.post("/retention/goals/set/", data).status_code == 302
    assert ChurnGoal.objects.get(unit=company.city).percent == Decimal("3.20")


@pytest.mark.usefixtures("year")
def test_the_goal_page_takes_the_same_statements_for_many_managers(
    signed_in: Browser, company: Company, supervisor: StaffUser, manager: StaffUser
) -> None:
    client = signed_in(supervisor)
    one = statements(client, GOALS)
    for _number in range(5):
        person = StaffUserFactory(unit=company.district)
        leave(CustomerFactory(manager=person), Kind.CLOSED, TODAY)
    assert statements(client, GOALS) == one <= 15


# --- Causes ------------------------------------------------------------------------------------


def test_causes_are_ranked_and_lead_to_the_departures(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    codes = ["price-plan", "price-unused", "network-data", "price-plan"]
    for number, code in enumerate(codes):
        owner = manager if number < 3 else colleague
        customer = CustomerFactory(manager=owner, tier="gold" if number else "silver")
        reviewed(leave(customer, Kind.PORTED_OUT, TODAY), supervisor, code)
    leave(CustomerFactory(manager=manager), Kind.PORTED_OUT, TODAY)
    leave(CustomerFactory(manager=manager), Kind.DEATH, TODAY)
    client = signed_in(supervisor)
    context = client.get(CAUSES).context
    found = [(cause.code, bar.count) for cause, bar in context["causes"].bars]
    assert found == [("price", 3), ("network", 1)]
    assert context["causes"].not_reviewed == 1
    for _name, url, values in context["chart"].rows:
        assert len(client.get(url).context["page"].rows) == values[0][0]
    assert len(client.get(context["missing_url"]).context["page"].rows) == 1
    lower = client.get(CAUSES, {"level": "lower"}).context["causes"].bars
    assert (lower[0][0].code, lower[0][1].count) == ("price-plan", 2)
    own = client.get(CAUSES, {"manager": colleague.pk}).context["causes"]
    assert (own.reviewed, own.not_reviewed) == (1, 0)
    assert client.get(CAUSES, {"tier": "silver"}).context["causes"].reviewed == 1
    assert client.get(CAUSES, {"year": 2025}).context["chart"] is None
    assert client.get(CAUSES, {"download": "churn-causes"}).status_code == 200
    assert signed_in(manager).get(CAUSES).context["causes"].reviewed == 3


# --- Warnings ----------------------------------------------------------------------------------


def warned(
    manager: StaffUser, days_ago: int, kind: ChurnEvent.Kind, left_ago: int | None = None
) -> ChurnWarning:
    """Return a warning of a new customer, who then left or not."""
    customer = CustomerFactory(manager=manager)
    moment = clock.now() - timedelta(days=days_ago)
    warning = ChurnWarning.objects.create(
        customer=customer,
        manager=manager,
        unit=home(manager),
        opened_at=moment,
        follow_up_due_at=moment,
    )
    event = ChurnEvent.objects.create(customer=customer, kind=kind, happened_at=moment)
    warning.reasons.create(event=event, added_at=moment)
    if left_ago is not None:
        leave(customer, Kind.PORTED_OUT, TODAY - timedelta(days=left_ago))
    return warning


def test_warnings_are_held_against_who_left(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, outsider: StaffUser
) -> None:
    port, sim = ChurnEvent.Kind.PORT_OUT_STARTED, ChurnEvent.Kind.SIM_RETURNED
    warned(manager, 60, port, left_ago=50)  # right, 10 days ahead
    warned(manager, 200, port, left_ago=150)  # right, 50 days ahead
    warned(manager, 200, sim, left_ago=10)  # too early: 190 days
    warned(manager, 120, sim)  # wrong: still here
    warned(manager, 20, sim)  # not judged yet
    warned(outsider, 60, port, left_ago=50)  # of another city
    leave(CustomerFactory(manager=manager), Kind.CLOSED, TODAY)  # left unseen
    leave(CustomerFactory(manager=manager), Kind.DEATH, TODAY)  # does not count
    found = signed_in(supervisor).get(JUDGED).context["found"]
    every = found.all
    assert (every.judged, every.hits, every.leavers) == (4, 2, 4)
    assert (every.precision, every.recall, every.lead) == (Decimal("50.0"), Decimal("50.0"), 30)
    assert found.waiting == 1
    by_name = {one.name: one.judged for one in found.signals}
    assert (by_name["Port-out started"].judged, by_name["Port-out started"].hits) == (2, 2)
    assert (by_name["SIM returned"].judged, by_name["SIM returned"].hits) == (2, 0)
    assert by_name["SIM returned"].recall == Decimal("0.0")
    assert signed_in(supervisor).get(JUDGED, {"download": "warning-signals"}).status_code == 200


def test_judging_takes_the_same_statements_for_many_warnings(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    client = signed_in(supervisor)
    warned(manager, 60, ChurnEvent.Kind.SIM_RETURNED, left_ago=50)
    one = statements(client, JUDGED)
    for _number in range(8):
        warned(manager, 60, ChurnEvent.Kind.SIM_RETURNED, left_ago=50)
    assert statements(client, JUDGED) == one <= 18


@pytest.mark.parametrize(
    ("zone", "judged", "hits"), [("Asia/Shanghai", 2, 2), ("Asia/Urumqi", 1, 0)]
)
def test_a_warning_is_judged_by_the_days_of_its_own_unit(
    manager: StaffUser, supervisor: StaffUser, zone: str, judged: int, hits: int
) -> None:
    Unit.objects.filter(pk=home(manager).pk).update(time_zone=zone)
    # New Year in Shanghai and still the old year in Urumqi; left 90 days later, or 91.
    for opened_at, left_on in (
        (datetime(2025, 12, 31, 17, tzinfo=UTC), date(2026, 1, 31)),
        (datetime(2026, 2, 1, 17, tzinfo=UTC), date(2026, 5, 3)),
    ):
        warning = warned(manager, 0, ChurnEvent.Kind.SIM_RETURNED)
        leave(warning.customer, Kind.PORTED_OUT, left_on)
        ChurnWarning.objects.filter(pk=warning.pk).update(opened_at=opened_at)
    found = judge_warnings(
        warnings=ChurnWarning.objects.visible_to(supervisor),
        departures=Departure.objects.visible_to(supervisor),
        year=2026,
        today=TODAY,
    )
    assert (found.all.judged, found.all.hits) == (judged, hits)


def test_judging_agrees_with_looking_at_each_warning(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    for days_ago in (1, 50, 89, 90, 91, 92, 150):
        for left_ago in (None, 0, 10, 60):
            if left_ago is None or left_ago <= days_ago:
                warned(manager, days_ago, ChurnEvent.Kind.SIM_RETURNED, left_ago)
    found = judge_warnings(
        warnings=ChurnWarning.objects.visible_to(supervisor),
        departures=Departure.objects.visible_to(supervisor),
        year=2026,
        today=TODAY,
    )
    judged = hits = 0
    for warning in ChurnWarning.objects.all():
        opened = clock.local_date(warning.opened_at)
        days = [
            (one.left_on - opened).days
            for one in Departure.objects.filter(customer=warning.customer)
        ]
        hit = any(0 <= n <= 90 for n in days)
        hits += hit
        judged += hit or (TODAY - opened).days > 90
    assert (found.all.judged, found.all.hits) == (judged, hits)
    assert found.all.judged + found.waiting == ChurnWarning.objects.count()
    assert DepartureCause.objects.exists()
