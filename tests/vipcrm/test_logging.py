"""Logs hold no phone numbers."""

import io
import logging

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from core.logging import mask_mobiles


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call 13812345678 now", "call 138****5678 now"),
        ("+8613812345678", "+86138****5678"),
        ("'phone': '19912345678'", "'phone': '199****5678'"),
        ("电话13812345678，姓名", "电话138****5678，姓名"),
        ("13812345678,13912345678", "138****5678,139****5678"),
        ("id 12812345678", "id 12812345678"),
        ("card 6222138123456789012", "card 6222138123456789012"),
        ("at 1700000000.123", "at 1700000000.123"),
    ],
)
def test_the_middle_of_a_mobile_number_is_starred(text: str, masked: str) -> None:
    assert mask_mobiles(text) == masked


def test_numbers_in_arguments_and_tracebacks_are_masked() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    options = dict(settings.LOGGING["formatters"]["masked"])
    formatter = import_string(options.pop("()"))
    handler.setFormatter(formatter(options["format"], style=options["style"]))
    logger = logging.Logger("trial")  # noqa: LOG001  (not part of the tree)
    logger.addHandler(handler)
    try:
        int("13812345678x")
    except ValueError:
        logger.exception("for %s", "13912345678")
    assert "with base 10: '138****5678x'" in written.getvalue()
    assert "for 139****5678" in written.getvalue()
    assert "12345678" not in written.getvalue()


def test_every_handler_masks() -> None:
    handlers = settings.LOGGING["handlers"].values()
    assert handlers
    assert {handler["formatter"] for handler in handlers} == {"masked"}
    # Django's own loggers hand on to the masking one instead of writing themselves.
    assert logging.getLogger("django").handlers == []
    assert logging.getLogger("django.server").handlers == []
