"""What is an id in a text that a browser sends."""

from __future__ import annotations

import pytest

from core.ids import id_in, ids_in


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ("7", 7),
        (7, 7),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("-1", None),
        ("1.0", None),
        ("²", None),
        ("٣", None),
        ("１", None),
        (" 7", None),
        ("x", None),
        ("", None),
        (None, None),
    ],
)
def test_an_id_is_a_few_plain_digits(sent: object, number: int | None) -> None:
    assert id_in(sent) == number


def test_what_is_no_id_is_left_out() -> None:
    assert ids_in(["3", "x", "1", "", "3"]) == [3, 1, 3]
