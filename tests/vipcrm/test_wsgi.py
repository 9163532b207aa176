"""What fails before any page does writes no number into a log."""

from __future__ import annotations

import logging
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from core.logging import MaskingFormatter
from vipcrm.wsgi import application

NUMBER = "13812345678"


def ask(content_type: str, body: bytes = b"") -> str:
    """Send one request as a web server hands it on; return its status."""
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ |= {
        "PATH_INFO": "/accounts/login/",
        "QUERY_STRING": f"next=/{NUMBER}",
        "CONTENT_TYPE": content_type,
        "HTTP_HOST": "testserver",
        "REMOTE_ADDR": "10.0.0.1",
    }
    started: list[str] = []
    answer = application(environ, lambda status, *_rest: started.append(status))  # type: ignore[arg-type]
    b"".join(answer)
    return started[0]


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["rot13", "hex", "undefined", "x-unknown", "utf-16", "bz2"])
def test_a_wrong_charset_fails_without_its_address_in_the_log(
    charset: str, caplog: pytest.LogCaptureFixture
) -> None:
    status = ask(f"application/x-www-form-urlencoded; charset={charset}")
    assert status[:3] in ("200", "400", "500")
    lines = [MaskingFormatter("%(name)s %(message)s").format(one) for one in caplog.records]
    assert NUMBER not in "\n".join(lines)


def test_a_fault_before_every_page_is_answered_and_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object) -> None:
        raise LookupError(f"no charset for {NUMBER}")

    monkeypatch.setattr("vipcrm.wsgi._pages", fail)
    with caplog.at_level(logging.ERROR):
        assert ask("text/plain").startswith("500")
    (record,) = caplog.records
    said = MaskingFormatter("%(message)s").format(record)
    assert "/accounts/login/" in said
    assert NUMBER not in said
    assert "138****5678" in said
