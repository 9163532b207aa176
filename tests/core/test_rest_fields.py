"""Lists and names in the body of an API request are bounded before they are looked at."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from core.rest.fields import MOST_UNKNOWN_NAMED, RowsField, StrictSerializer
from core.rest.parsers import LimitedJSONParser


class Untouched(serializers.Field[Any, Any, Any, Any]):
    """A row that nobody may look at."""

    def to_internal_value(self, data: Any) -> Any:
        raise AssertionError("A row was looked at.")


class Rows(StrictSerializer):
    rows = RowsField(child=Untouched(), max_length=3)


def test_a_long_list_is_refused_before_its_rows_are_looked_at() -> None:
    sent = Rows(data={"rows": [{}] * 4})
    assert not sent.is_valid()
    assert [error.code for error in sent.errors["rows"]] == ["max_length"]


def test_a_list_of_the_longest_length_is_looked_at() -> None:
    with pytest.raises(AssertionError, match="looked at"):
        Rows(data={"rows": [{}] * 3}).is_valid()


def test_not_all_of_a_thousand_unknown_names_are_told() -> None:
    sent = Rows(data={f"x{n}": 1 for n in range(1000)})
    assert not sent.is_valid()
    assert len(sent.errors) == MOST_UNKNOWN_NAMED


@pytest.mark.parametrize("text", [r'"\ud800"', r'["a", {"b": "x\uDFFF"}]', r'{"\udc00": 1}'])
def test_half_a_character_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="half a character"):
        parse(text.encode())


@pytest.mark.parametrize("text", [r'"\ud83d\ude00"', r'"\\ud800"', r'"张\u0000"', '"张"'])
def test_whole_characters_are_read(text: str) -> None:
    assert parse(text.encode()) == json.loads(text)


def test_json_is_utf_8_whatever_the_request_calls_it() -> None:
    assert parse('"张"'.encode(), encoding="gbk") == "张"
    with pytest.raises(ParseError):
        parse('"张"'.encode("gbk"), encoding="gbk")


def parse(body: bytes, **context: Any) -> Any:
    return LimitedJSONParser().parse(BytesIO(body), "application/json", context)
