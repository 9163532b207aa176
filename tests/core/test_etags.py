"""ETags: read as they were sent, compared weakly, with every endpoint that has versions."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from hypothesis import given
from hypothesis import strategies as st

from core.rest.etags import Tags, etag_of, read_tags
from core.rest.views import Endpoint
from customers.models import Customer, Tier
from customers.services.standing import change_tier
from staff.models import StaffUser
from tests.api import PROBLEM, send, system
from tests.factories import CustomerFactory

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
CHANGE = {"profile": {"sports": "羽毛球"}}


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


ROUTES: dict[str, dict[str, Any]] = {"customer_detail": CHANGE}
"""A change that each endpoint with versions takes."""


def test_every_endpoint_with_versions_is_tried_below() -> None:
    assert versioned() == set(ROUTES)


@pytest.fixture
def asker(administrator: StaffUser) -> Client:
    return system(administrator)[1]


@pytest.fixture
def row(manager: StaffUser) -> Customer:
    made: Customer = CustomerFactory(manager=manager)
    return made


def url_of(name: str, row: Customer) -> str:
    return reverse(f"api:{name}", args=[row.pk])


def change(client: Client, url: str, data: Any, if_match: str) -> Any:
    return send(client, "patch", url, data, {**GZIP, "If-Match": if_match})


def body_of(response: Any) -> Any:
    """Return what an answer says, compressed or not."""
    packed = response.headers.get("Content-Encoding") == "gzip"
    return json.loads(gzip.decompress(response.content) if packed else response.content)


@pytest.mark.parametrize("name", ROUTES)
def test_a_system_that_takes_compressed_answers_changes_what_it_read(
    name: str, asker: Client, row: Customer
) -> None:
    url = url_of(name, row)
    for _time in range(2):
        read = asker.get(url, headers=GZIP)
        assert read.headers["Content-Encoding"] == "gzip"
        assert read.headers["ETag"].startswith('W/"')
        changed = change(asker, url, ROUTES[name], read.headers["ETag"])
        assert changed.status_code == 200
    # The tag of the answer to a change is good for the next one.
    assert change(asker, url, ROUTES[name], changed.headers["ETag"]).status_code == 200


@pytest.mark.parametrize("name", ROUTES)
def test_lists_and_the_star_match_the_present_version_and_old_ones_do_not(
    name: str, asker: Client, row: Customer, supervisor: StaffUser
) -> None:
    url, data = url_of(name, row), ROUTES[name]
    old = asker.get(url, headers=GZIP).headers["ETag"]
    change_tier(actor=supervisor, customer=row, tier=Tier.DIAMOND)
    new = asker.get(url, headers=GZIP).headers["ETag"]
    refused = change(asker, url, data, old)
    assert (refused.status_code, refused.headers["ETag"].removeprefix("W/")) == (
        412,
        new.removeprefix("W/"),
    )
    assert [one["field"] for one in body_of(refused)["changes"]] == ["tier"]
    assert body_of(change(asker, url, data, f'{old}, "x"'))["changes"]
    for wanted in (f"{old}, {new}", "*"):
        assert change(asker, url, data, wanted).status_code == 200
        new = asker.get(url, headers=GZIP).headers["ETag"]


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("bad", ["1", 'W/1, "1"', '"1'])
def test_what_is_no_tag_is_said_to_be_none(
    name: str, bad: str, asker: Client, row: Customer
) -> None:
    refused = change(asker, url_of(name, row), ROUTES[name], bad)
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, PROBLEM)
    assert [one["parameter"] for one in body_of(refused)["errors"]] == ["If-Match"]


@pytest.mark.parametrize("name", ROUTES)
def test_what_is_known_already_is_not_sent_again(
    name: str, asker: Client, row: Customer, manager: StaffUser, outsider: StaffUser
) -> None:
    url = url_of(name, row)
    tag = asker.get(url, headers=GZIP).headers["ETag"]
    strong = tag.removeprefix("W/")
    for known in (tag, strong, f'"0", {tag}', "*"):
        answer = asker.get(url, headers={**GZIP, "If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == strong
    for other in ('"0"', strong.strip('"'), ""):
        assert asker.get(url, headers={**GZIP, "If-None-Match": other}).status_code == 200
    assert asker.get(url + "0", headers={"If-None-Match": "*"}).status_code == 404
    change(asker, url, ROUTES[name], tag)
    assert asker.get(url, headers={**GZIP, "If-None-Match": tag}).status_code == 200
