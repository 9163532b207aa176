"""Handing out files that somebody sent in: as a download, never as a page of ours."""

from __future__ import annotations

from typing import IO, Any

from django.http import FileResponse


def as_download(stream: IO[Any], *, name: str, content_type: str) -> FileResponse:
    """Return a file as a download of this name; no browser guesses or runs what is in it."""
    response = FileResponse(stream, as_attachment=True, filename=name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
