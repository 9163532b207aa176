"""What tests of exports share: who may, and what stands in a file."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.test import Client
from django.urls import reverse

from staff.models import StaffUser

CREATE = reverse("exchange:export_create")


def allow(person: StaffUser, *, numbers: bool = False) -> StaffUser:
    """Let ``person`` export; ``numbers``: whole ones."""
    person.may_export, person.may_export_numbers = True, numbers
    person.save()
    return person


def ask(
    client: Client, query: str = "", *, list_name: str = "customers", file_format: str = "csv"
) -> Any:
    """Press the button."""
    return client.post(CREATE, {"list_name": list_name, "file_format": file_format, "query": query})


def bytes_of(response: Any) -> bytes:
    """Return the file of an answer, read to its end, which closes it."""
    assert response.status_code == 200, response
    found: bytes = b"".join(response.streaming_content)
    return found


def rows_of(response: Any) -> list[list[str]]:
    """Return the rows of a CSV file, its headings first."""
    return list(csv.reader(io.StringIO(bytes_of(response).decode("utf-8-sig"))))
