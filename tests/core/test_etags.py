"""ETags: read as they were sent, compared weakly, with every endpoint that has versions."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from hypothesis import given
from hypothesis import strategies as st

from complaints.models import Category, Complaint, ComplaintReview, Severity
from complaints.services.aftermath import Judgement, judge
from complaints.services.registering import Report, change_details
from core import clock
from core.rest.etags import Tags, etag_of, read_tags
from core.rest.views import Endpoint
from customers.models import Tier
from customers.services.standing import change_tier
from retention.models import Departure, DepartureReview
from retention.services.departures import ReviewRow, review_departure
from staff.models import StaffUser
from tests.api import PROBLEM, send, system
from tests.complaints.reports import complains, designate, stands_at
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.retention.leavers import leave, reviewed

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('"3"', Tags(named=frozenset({"3"}))),
        ('W/"3"', Tags(named=frozenset({"3"}))),
        (' "1" ,\tW/"2" ', Tags(named=frozenset({"1", "2"}))),
        (',"1",,W/"2",', Tags(named=frozenset({"1", "2"}))),
        ('""', Tags(named=frozenset({""}))),
        ('"a,b", "c"', Tags(named=frozenset({"a,b", "c"}))),
        ('"3-gzip", W/"4;br"', Tags(named=frozenset({"3", "4"}))),
        ("*", Tags(any=True)),
        (" * ", Tags(any=True)),
        *(
            (bad, None)
            for bad in (
                "",
                "3",
                '"3',
                '3"',
                'w/"3"',
                "W/3",
                'W / "3"',
                '"1" "2"',
                '"1";"2"',
                '*, "1"',
                '"1", *',
                "'3'",
                '"1 2"',
                ",",
                '"3"\n',
            )
        ),
    ],
)
def test_a_header_is_a_star_or_tags_or_nothing(header: str, expected: Tags | None) -> None:
    assert read_tags(header) == expected


def test_a_long_header_is_read_at_once() -> None:
    many = ", ".join(f'W/"{number}"' for number in range(5_000))
    tags = read_tags(many)
    assert tags is not None
    assert tags.match(4_999)
    assert read_tags(many + '"') is None
    assert read_tags(", " * 5_000) is None


@given(st.integers(1, 10**8), st.lists(st.integers(1, 10**8), max_size=4), st.booleans())
def test_a_tag_matches_its_own_version_only(
    version: int, others: list[int], weakened: bool
) -> None:
    def sent(one: int) -> str:
        return f"{'W/' if weakened else ''}{etag_of(one)}"

    tags = read_tags(", ".join(map(sent, [*others, version])))
    assert tags is not None
    assert tags.match(version)
    assert tags.match(version + 1) == (version + 1 in others)


# --- Every endpoint that has versions, with compression on --------------------------------------


def endpoints(resolver: URLResolver) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from endpoints(one)
        else:
            yield one


def versioned() -> set[str]:
    found = set()
    for pattern in endpoints(get_resolver()):
        view: Any = getattr(pattern.callback, "view_class", None)
        if not (isinstance(view, type) and issubclass(view, Endpoint)):
            continue
        if hasattr(view, "patch") or view.has_versions:
            assert view.has_versions, f"{pattern.name} changes something without an ETag."
            found.add(str(pattern.name))
    return found


@dataclass(frozen=True)
class People:
    """Who makes the rows, and somebody who changes them beside the system that asks."""

    manager: StaffUser
    supervisor: StaffUser
    handler: StaffUser


@dataclass(frozen=True)
class Route:
    """An endpoint with versions: how its row is made, and what changes it."""

    make: Callable[[People], models.Model]
    changes: tuple[dict[str, Any], dict[str, Any]]
    """Two that each leave the row otherwise than the other does."""
    by_somebody: Callable[[People, Any], object]
    """Changes the row as a person does on a page."""
    told: set[str]
    """The fields that this other change is told by."""


def a_complaint(people: People) -> Complaint:
    return complains(people.manager, CustomerFactory(manager=people.manager))


def a_complaint_review(people: People) -> ComplaintReview:
    complaint = stands_at(people.handler, a_complaint(people), "closed")
    review: ComplaintReview = complaint.reviews.get()
    return review


def a_departure_review(people: People) -> DepartureReview:
    customer = CustomerFactory(manager=people.manager)
    departure = leave(customer, Departure.Kind.PORTED_OUT, clock.today())
    # Longer than what is too short to be compressed.
    return reviewed(departure, people.supervisor, lesson="更早联系客户。" * 20)


def severe(people: People, complaint: Complaint) -> None:
    complaint.refresh_from_db()
    category = Category.objects.get(code="network-coverage")
    report = Report(complaint.subject, category, severity=Severity.HIGH)
    change_details(
        actor=people.handler, complaint=complaint, report=report, version=complaint.version
    )


def unjustified(people: People, review: ComplaintReview) -> None:
    review.refresh_from_db()
    judge(
        actor=people.handler,
        review=review,
        judgement=Judgement(is_justified=False),
        version=review.version,
    )


def another_lesson(people: People, review: DepartureReview) -> None:
    review.refresh_from_db()
    row = ReviewRow(review.cause, DepartureReview.Foreseeable(review.foreseeable), "每季回访")
    review_departure(
        actor=people.supervisor, departure=review.departure, review=row, version=review.version
    )


JUSTIFIED = {"is_justified": True, "responsibility": "unit", "cause": "promise-forgotten"}

ROUTES: dict[str, Route] = {
    "customer_detail": Route(
        lambda people: CustomerFactory(manager=people.manager),
        ({"profile": {"sports": "羽毛球"}}, {"profile": {"sports": "游泳"}}),
        lambda people, row: change_tier(actor=people.supervisor, customer=row, tier=Tier.DIAMOND),
        {"tier"},
    ),
    "complaint_detail": Route(
        a_complaint,
        ({"wish": "尽快退费"}, {"wish": "书面答复"}),
        severe,
        {"severity", "step", "category"},
    ),
    "complaint_review_detail": Route(
        a_complaint_review,
        (JUSTIFIED, {**JUSTIFIED, "prevention": "设提醒"}),
        unjustified,
        {"is_justified"},
    ),
    "departure_review_detail": Route(
        a_departure_review,
        ({"competitor": "联通"}, {"competitor": "电信"}),
        another_lesson,
        {"lesson"},
    ),
}
"""Every endpoint with versions by its name."""


def test_every_endpoint_with_versions_is_tried_below() -> None:
    assert versioned() == set(ROUTES)


@pytest.fixture
def people(
    manager: StaffUser, supervisor: StaffUser, handler: StaffUser, company: Company
) -> People:
    designate(handler, company.district)
    return People(manager, supervisor, handler)


@pytest.fixture
def asker(administrator: StaffUser) -> Client:
    return system(administrator)[1]


def made(name: str, people: People) -> tuple[Any, str]:
    """Return a row of the endpoint and its address."""
    row = ROUTES[name].make(people)
    return row, reverse(f"api:{name}", args=[row.pk])


def change(client: Client, url: str, data: Any, if_match: str) -> Any:
    return send(client, "patch", url, data, {**GZIP, "If-Match": if_match})


def body_of(response: Any) -> Any:
    """Return what an answer says, compressed or not."""
    packed = response.headers.get("Content-Encoding") == "gzip"
    return json.loads(gzip.decompress(response.content) if packed else response.content)


def strong(tag: str) -> str:
    return tag.removeprefix("W/")


@pytest.mark.parametrize("name", ROUTES)
def test_a_system_that_takes_compressed_answers_changes_what_it_read(
    name: str, asker: Client, people: People
) -> None:
    _row, url = made(name, people)
    one, other = ROUTES[name].changes
    tags = set()
    for data in (one, other):
        read = asker.get(url, headers=GZIP)
        assert read.headers["Content-Encoding"] == "gzip"
        assert read.headers["ETag"].startswith('W/"')
        changed = change(asker, url, data, read.headers["ETag"])
        assert changed.status_code == 200, changed.content
        tags |= {strong(read.headers["ETag"]), strong(changed.headers["ETag"])}
    assert len(tags) == 3
    # The tag of the answer to a change is good for the next one.
    assert change(asker, url, one, changed.headers["ETag"]).status_code == 200


@pytest.mark.parametrize("name", ROUTES)
def test_lists_and_the_star_match_the_present_version_and_old_ones_do_not(
    name: str, asker: Client, people: People
) -> None:
    row, url = made(name, people)
    route = ROUTES[name]
    old = asker.get(url, headers=GZIP).headers["ETag"]
    route.by_somebody(people, row)
    new = asker.get(url, headers=GZIP).headers["ETag"]
    refused = change(asker, url, route.changes[0], old)
    assert (refused.status_code, strong(refused.headers["ETag"])) == (412, strong(new))
    assert {one["field"] for one in body_of(refused)["changes"]} == route.told
    assert body_of(change(asker, url, route.changes[0], f'{old}, "x"'))["changes"]
    # Of no version of ours nothing can be told.
    unknown = change(asker, url, route.changes[0], '"x", "0"')
    assert (unknown.status_code, body_of(unknown)["changes"]) == (412, [])
    for data, wanted in zip(route.changes, (f"{old}, {new}", "*"), strict=True):
        assert change(asker, url, data, wanted).status_code == 200
    last = asker.get(url, headers=GZIP).headers["ETag"]
    assert len({strong(tag) for tag in (old, new, last)}) == 3


@pytest.mark.parametrize("name", ROUTES)
def test_what_is_no_tag_is_said_to_be_none_and_none_is_missed(
    name: str, asker: Client, people: People
) -> None:
    _row, url = made(name, people)
    before = asker.get(url).content
    for bad in ("1", 'W/1, "1"', '"1', "", '*, "1"'):
        refused = change(asker, url, ROUTES[name].changes[0], bad)
        assert (refused.status_code, refused.headers["Content-Type"]) == (400, PROBLEM)
        assert [one["parameter"] for one in body_of(refused)["errors"]] == ["If-Match"]
    missing = send(asker, "patch", url, ROUTES[name].changes[0])
    assert (missing.status_code, missing.headers["Content-Type"]) == (428, PROBLEM)
    assert asker.get(url).content == before


@pytest.mark.parametrize("name", ROUTES)
def test_what_is_known_already_is_not_sent_again(name: str, asker: Client, people: People) -> None:
    row, url = made(name, people)
    tag = asker.get(url, headers=GZIP).headers["ETag"]
    for known in (tag, strong(tag), f'"0", {tag}', "*"):
        answer = asker.get(url, headers={**GZIP, "If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == strong(tag)
    for other in ('"0"', strong(tag).strip('"'), ""):
        assert asker.get(url, headers={**GZIP, "If-None-Match": other}).status_code == 200
    nowhere = reverse(f"api:{name}", args=[row.pk + 1_000])
    assert asker.get(nowhere, headers={"If-None-Match": "*"}).status_code == 404
    change(asker, url, ROUTES[name].changes[0], tag)
    assert asker.get(url, headers={**GZIP, "If-None-Match": tag}).status_code == 200
