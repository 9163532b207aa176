"""Reading JSON bodies."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from core.rest.problems import TooLargeError


class LimitedJSONParser(JSONParser):
    """Reads JSON of a limited size; what is nested without end is no JSON of ours."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the values; ParseError for what is no JSON, TooLargeError for too much."""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(most + 1)
        if len(body) > most:
            raise TooLargeError
        context = {**(parser_context or {}), "encoding": "utf-8"}
        try:
            values = super().parse(io.BytesIO(body), media_type, context)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deeply.")) from error
        if _HALF_A_CHARACTER.search(body) and not _is_text(values):
            raise ParseError(_("The JSON holds half a character (\\ud800 to \\udfff alone)."))
        return values


_HALF_A_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


def _is_text(values: Any) -> bool:
    """Say whether every text in ``values`` can be written: half a character can not."""
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
