"""The one comparison of ETags (RFC 9110, 8.8.3 and 13.1): with what was sent, however weakened.

A compressed answer goes out with a weak tag (``W/"3"`` for ``"3"``), and that is what a system
sends back. Our tags name versions of rows and not bytes, so they are always compared weakly.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from rest_framework.response import Response

from core.rest.problems import QueryError, VersionMissingError

if TYPE_CHECKING:
    from rest_framework.request import Request

_TAG = r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"'
_LIST = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
_ONE = re.compile(_TAG)
_OF_PROXY = re.compile(r"[-;+](?:gzip|deflate|br|zstd)\Z")
_VERSION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True)
class Tags:
    """What a header names: whatever version there is (``any``), or these tags, unquoted."""

    any: bool = False
    named: frozenset[str] = frozenset()

    def match(self, version: int) -> bool:
        """Say whether the row of ``version`` is among what is named."""
        return self.any or str(version) in self.named


def etag_of(version: int) -> str:
    """Return the ETag of a row of this version."""
    return f'"{version}"'


def read_tags(header: str) -> Tags | None:
    """Return what ``header`` names: ``*``, or tags with commas between; None for anything else.

    What a proxy in front adds to a tag when it compresses the answer is left out: ``"3-gzip"``.
    """
    if header.strip(" \t") == "*":
        return Tags(any=True)
    if not _LIST.fullmatch(header):
        return None
    return Tags(named=frozenset(_OF_PROXY.sub("", tag) for tag in _ONE.findall(header)))


def wanted_version(request: Request, present: int) -> int:
    """Return the version that a change is based on, ``present`` where If-Match names that one.

    Otherwise the newest of ours that it names; 0, which no row has, where it names none. Raises
    VersionMissingError without the header and QueryError for one that is none.
    """
    sent = request.headers.get("If-Match")
    if sent is None:
        raise VersionMissingError
    tags = read_tags(sent)
    if tags is None:
        raise QueryError(
            {"If-Match": [_('Send ETags as they came, in quotes, or *: If-Match: "3"')]}
        )
    if tags.match(present):
        return present
    return max((int(tag) for tag in tags.named if _VERSION.fullmatch(tag)), default=0)


def answer_of(request: Request, version: int, shown: Callable[[], Any]) -> Response:
    """Answer with a row of ``version`` and its ETag; 304 to a GET that names it as known already.

    A header that is none names nothing: the answer is the whole row, which ``shown`` returns.
    """
    headers = {"ETag": etag_of(version)}
    known = read_tags(request.headers.get("If-None-Match", ""))
    if request.method == "GET" and known is not None and known.match(version):
        return Response(status=304, headers=headers)
    return Response(shown(), headers=headers)
