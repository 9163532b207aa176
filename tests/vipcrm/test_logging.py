"""Logs hold no phone numbers."""

import io
import logging

from django.conf import settings
from django.utils.module_loading import import_string


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
        logger.exception("for %s and %s", "13912345678", "0571-87654321")
    assert "with base 10: '138****5678x'" in written.getvalue()
    assert "for 139****5678 and 057****4321" in written.getvalue()
    assert "12345678" not in written.getvalue()


def test_every_handler_masks() -> None:
    handlers = settings.LOGGING["handlers"].values()
    assert handlers
    assert {handler["formatter"] for handler in handlers} == {"masked"}
    # Django's own loggers hand on to the masking one instead of writing themselves.
    assert logging.getLogger("django").handlers == []
    assert logging.getLogger("django.server").handlers == []
