"""Imports of departures, and their rejected rows."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from exchange.models.files import FileImport, RejectedRow
from exchange.querysets import DepartureImportQuerySet, DepartureImportRowQuerySet


def departures_path(instance: models.Model, filename: str) -> str:
    """Return where an uploaded file of departures is kept: a name of ours, never the sender's."""
    return f"departure-imports/{uuid.uuid4().hex}"


class DepartureImport(FileImport):
    """One file of departures on its way in (articles 1 and 19)."""

    file = models.FileField(_("file"), upload_to=departures_path)

    objects = DepartureImportQuerySet.as_manager()

    class Meta(FileImport.Meta):
        verbose_name = _("departure import")
        verbose_name_plural = _("departure imports")
        indexes = [
            models.Index(
                fields=["progress_at"],
                name="exchange_departure_at_work",
                condition=models.Q(state__in=["uploaded", "previewing", "committing"]),
            ),
        ]

    @property
    def can_be_started(self) -> bool:
        """Whether departures wait to be recorded by a click."""
        return self.can_go_on or (self.state == self.State.PREVIEWED and self.new_rows > 0)


class DepartureImportRow(RejectedRow):
    """One rejected row of a file of departures: its cells, and why (field, reason, text)."""

    departure_import = models.ForeignKey(
        DepartureImport, on_delete=models.CASCADE, related_name="rejected"
    )

    objects = DepartureImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("rejected row of a file of departures")
        verbose_name_plural = _("rejected rows of files of departures")
        constraints = [
            models.UniqueConstraint(
                fields=["departure_import", "row_number"], name="exchange_departure_row_once"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.departure_import_id}/{self.row_number}"
