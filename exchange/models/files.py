"""What imports of files have in common."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock
from staff.models import StaffUser

INTERRUPTED = "interrupted"
"""The problem of an import that failed among its rows and can go on with the rest."""

UNREAD = "unread"
"""The problem of an import whose file could not be read through a fault of ours."""


class FileState(models.TextChoices):
    """Where an import stands."""

    UPLOADED = "uploaded", _("Being read")
    MAPPING = "mapping", _("Waiting for columns")
    PREVIEWING = "previewing", _("Preview being prepared")
    PREVIEWED = "previewed", _("Waiting for your decision")
    COMMITTING = "committing", _("Importing")
    DONE = "done", _("Imported")
    FAILED = "failed", _("Failed")


class FileImport(models.Model):
    """One file of rows on its way in: its columns understood, read through, shown, then taken in.

    ``columns`` is what the header row holds: place, heading, field or empty, the unit that its
    figures are in, the first cells. ``unit_note`` is what stands above it about units. ``sheets``
    are the sheets of the file (name, hidden, rows), ``sheet`` the one that is read. ``for_all``
    maps a field to what rows without a word of it say.

    Unless a kind of file stages its rows, importing reads the file again, a piece at a time, and
    a row that is there already changes nothing, so it goes on where it was stopped
    (``rows_done``).
    """

    State = FileState

    file = models.FileField(_("file"), blank=True)
    original_name = models.CharField(_("file name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    uploaded_by = models.ForeignKey(
        StaffUser, verbose_name=_("uploaded by"), on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), default=clock.now)
    state = models.CharField(
        _("state"), max_length=10, choices=FileState, default=FileState.UPLOADED
    )
    problem = models.CharField(_("problem"), max_length=30, blank=True)
    sheet = models.CharField(_("sheet"), max_length=255, blank=True)
    sheets: models.JSONField[Any, Any] = models.JSONField(_("sheets"), default=list)
    header_row = models.PositiveIntegerField(_("header row"), default=0)
    unit_note = models.CharField(_("note about units"), max_length=200, blank=True)
    columns: models.JSONField[Any, Any] = models.JSONField(_("columns"), default=list)
    for_all: models.JSONField[Any, Any] = models.JSONField(_("for all rows"), default=dict)
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    new_rows = models.PositiveIntegerField(_("new"), default=0)
    unchanged_rows = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected_rows = models.PositiveIntegerField(_("rejected"), default=0)
    progress_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.original_name}"

    @property
    def is_at_work(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in {FileState.UPLOADED, FileState.PREVIEWING, FileState.COMMITTING}

    @property
    def sender(self) -> StaffUser | None:
        """Return whose import it is; None where a command did it."""
        return self.uploaded_by

    @property
    def left_out(self) -> list[str]:
        """Return the headings of the columns that are not taken."""
        return [column["heading"] for column in self.columns if not column.get("field")]

    @property
    def other_sheets(self) -> list[dict[str, Any]]:
        """Return the sheets with rows that are not the one that is read."""
        return [one for one in self.sheets if one["rows"] and one["name"] != self.sheet]

    @property
    def rows_to_import(self) -> int:
        """How many rows can be taken in."""
        return self.rows_total - self.rejected_rows

    @property
    def percent_done(self) -> int:
        """How much has been gone through, in whole percent."""
        return 100 * self.rows_done // self.rows_total if self.rows_total else 0

    @property
    def can_go_on(self) -> bool:
        """Whether a failed import had begun and can go on from where it stopped."""
        return self.state == FileState.FAILED and self.problem == INTERRUPTED

    @property
    def can_be_started(self) -> bool:
        """Whether rows wait to be taken in by a click."""
        return self.can_go_on or (self.state == FileState.PREVIEWED and self.rows_to_import > 0)


class RejectedRow(models.Model):
    """One row of a file that cannot be taken: its cells, and why."""

    row_number = models.PositiveIntegerField(_("row"))
    reasons = models.JSONField(_("reasons"), default=list)
    cells = models.JSONField(default=list)

    class Meta:
        abstract = True
