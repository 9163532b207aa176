"""Reviews of departures and the catalogues of retention over the REST API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from retention.models import Departure, DepartureReview, Signal
from retention.services.signals import change_signal, draft_of
from staff.models import StaffUser
from tests.api import ids, problem, send, system
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import TODAY, statements
from tests.retention.cases_of import a_measure
from tests.retention.leavers import leave, reviewed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

SignIn = Callable[[StaffUser], Client]
REVIEWS, SIGNALS = "/api/v1/departure-reviews/", "/api/v1/risk-signals/"
MEASURES, CAUSES = "/api/v1/retention-measures/", "/api/v1/departure-causes/"
SAID = {"cause": "price-plan", "foreseeable": "missed", "lesson": "早联系", "competitor": "联通"}


def left(manager: StaffUser) -> Departure:
    return leave(CustomerFactory(manager=manager), Departure.Kind.PORTED_OUT, TODAY)


def create(client: Client, departure: Departure, **changed: Any) -> Any:
    return send(client, "post", f"/api/v1/departures/{departure.pk}/review/", {**SAID, **changed})


def test_a_review_is_written_once_and_changed_by_its_version(
    administrator: StaffUser, manager: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    departure = left(manager)
    _client, assistant = system(administrator)
    first, again = create(assistant, departure), create(assistant, departure)
    assert (first.status_code, again.status_code) == (201, 200), first.content
    body = first.json()
    assert {name: body[name] for name in SAID} == SAID
    assert (body["id"], body["left_on"], body["manager"]) == (
        departure.pk,
        TODAY.isoformat(),
        manager.pk,
    )
    assert problem(create(assistant, departure, lesson="别的"))["status"] == 422
    url, boss = f"{REVIEWS}{departure.pk}/", signed_in(supervisor)
    etag = {"If-Match": boss.get(url).headers["ETag"]}
    assert problem(send(boss, "patch", url, {"lesson": "每月"}))["status"] == 428
    changed = send(boss, "patch", url, {"lesson": "每月联系"}, etag)
    assert (changed.json()["lesson"], changed.json()["competitor"]) == ("每月联系", "联通")
    assert send(boss, "patch", url, {"lesson": "每月联系"}, etag).status_code == 200
    late = problem(send(assistant, "patch", url, {"lesson": "第三种"}, etag))
    assert [(one["field"], one["new"]) for one in late["changes"]] == [("lesson", "每月联系")]


def test_what_a_rule_refuses_of_a_review_is_told_with_its_place(
    administrator: StaffUser, manager: StaffUser
) -> None:
    departure = left(manager)
    _client, assistant = system(administrator)
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    for changed, place in (
        ({"cause": "none"}, "/cause"),
        ({"cause": "price"}, "/cause"),
        ({"win_back_on": yesterday}, "/win_back_on"),
    ):
        refused = problem(create(assistant, departure, **changed))
        assert (refused["status"], refused["errors"][0]["pointer"]) == (422, place)
    assert not DepartureReview.objects.exists()


def test_who_writes_and_reads_reviews(
    administrator: StaffUser,
    manager: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    company: Company,
    signed_in: SignIn,
) -> None:
    departure, far = left(manager), left(outsider)
    reviewed(far, supervisor)
    for person in (manager, head_office):
        assert problem(create(signed_in(person), departure))["status"] == 404
    _near, near = system(administrator, unit=company.city, name="市公司")
    assert problem(create(near, far))["status"] == 404
    assert near.get(f"{REVIEWS}{far.pk}/").status_code == 404
    assert ids(near.get(REVIEWS)) == []
    _reader, reader = system(administrator, scopes=["departure-reviews:read"], name="只读")
    assert problem(create(reader, departure))["type"] == "urn:vipcrm:problem:scope_missing"
    assert ids(reader.get(REVIEWS)) == [far.pk]


def test_reviews_are_found_by_cause_unit_and_change(
    administrator: StaffUser, manager: StaffUser, supervisor: StaffUser, company: Company
) -> None:
    departure = left(manager)
    reviewed(departure, supervisor)
    _client, asking = system(administrator)

    def found(query: str) -> list[int]:
        return ids(asking.get(f"{REVIEWS}?{query}"))

    mine = [departure.pk]
    assert found("cause=price-plan") == found("cause=price") == mine
    assert found(f"unit={company.city.pk}&manager={manager.pk}&foreseeable=no") == mine
    assert found(f"left_from={TODAY}&left_to={TODAY}&customer={departure.customer_id}") == mine
    assert found("updated_since=2026-11-23T00:00:00%2B08:00") == mine
    assert found("updated_since=2026-11-24T00:00:00%2B08:00") == found("cause=network") == []
    causes = asking.get(f"{CAUSES}?limit=200").json()["results"]
    by_code = {row["code"]: row for row in causes}
    assert by_code["price-plan"]["parent"] == by_code["price"]["id"]


def test_the_signals_tell_their_present_version_and_all_before(
    administrator: StaffUser, head_office: StaffUser
) -> None:
    signal = Signal.objects.order_by("pk")[0]
    version = signal.versions.get(is_current=True)
    draft = replace(draft_of(version), points=version.points + 1)
    change_signal(actor=head_office, signal=signal, draft=draft, seen_number=version.number)
    _client, asking = system(administrator, scopes=["risk-signals:read"])
    rows = {row["id"]: row for row in asking.get(SIGNALS).json()["results"]}
    assert len(rows) == Signal.objects.count()
    assert rows[signal.pk]["current"]["points"] == version.points + 1
    whole = asking.get(f"{SIGNALS}{signal.pk}/").json()
    assert [one["points"] for one in whole["versions"]] == [version.points, version.points + 1]
    assert len(ids(asking.get(f"{SIGNALS}?is_active=true"))) <= len(rows)
    assert ids(asking.get(f"{SIGNALS}?updated_since=2026-11-23T00:00:00Z")) == [signal.pk]
    assert ids(asking.get(f"{SIGNALS}?group=none")) == []


def test_the_measures_tell_for_whom_they_are_and_when(administrator: StaffUser) -> None:
    a_measure("over", valid_until=TODAY - timedelta(days=1))
    off = a_measure("off", is_active=False)
    now = a_measure("now", tiers=["gold"], valid_from=TODAY)
    _client, asking = system(administrator, scopes=["retention-measures:read"])
    offered = ids(asking.get(f"{MEASURES}?offered_on={TODAY}"))
    assert now.pk in offered
    assert off.pk not in offered
    assert off.pk in ids(asking.get(f"{MEASURES}?is_active=false"))
    body = asking.get(f"{MEASURES}{now.pk}/").json()
    assert (body["value"], body["manager_limit"], body["tiers"]) == ("50.00", "100.00", ["gold"])


@pytest.mark.parametrize("url", [REVIEWS, SIGNALS, MEASURES, CAUSES])
def test_a_list_takes_the_same_few_statements_for_many(
    url: str, signed_in: SignIn, manager: StaffUser, supervisor: StaffUser
) -> None:
    reviewed(left(manager), supervisor)
    browser = signed_in(supervisor)
    few = statements(browser, url)
    for number in range(4):
        reviewed(left(manager), supervisor)
        a_measure(f"m{number}")
    assert statements(browser, url) == few <= 6
