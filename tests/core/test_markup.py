"""Markup that is drawn is what format_html would make of it."""

from datetime import date

import pytest
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from core.markup import draw, joined


@pytest.mark.parametrize(
    "value",
    [
        "",
        "王",
        "<script>",
        "a & b",
        "\"'",
        "{0}",
        7,
        None,
        date(2026, 11, 23),
        mark_safe("<b>x</b>"),
    ],
)
def test_it_is_what_format_html_makes(value: object) -> None:
    pattern = '<a title="{}">{}</a>'
    drawn = draw(pattern, value, value)
    assert drawn == format_html(pattern, value, value)
    assert draw("{}", drawn) == drawn


def test_what_is_not_safe_is_escaped_though_it_looks_like_markup() -> None:
    assert draw("<i>{}</i>", "<b>") == "<i>&lt;b&gt;</i>"


def test_safe_pieces_are_joined_as_they_are() -> None:
    pieces = [draw("<b>{}</b>", "a & b"), draw("{}", "<i>")]
    assert joined(pieces) == "<b>a &amp; b</b>&lt;i&gt;"
    assert draw("{}", joined(pieces)) == joined(pieces)
