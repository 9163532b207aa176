"""Reading JSON bodies."""

from __future__ import annotations

import io
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
        context = dict(parser_context or {})
        try:
            return super().parse(io.BytesIO(body), media_type, context)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deeply.")) from error
