"""Lists written into files."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock, texts
from exchange.querysets import ExportQuerySet
from staff.models import ListName, StaffUser


def export_path(instance: models.Model, filename: str) -> str:
    """Return where an export is kept; its name is a number, whatever it holds."""
    return f"exports/{filename}"


class Export(models.Model):
    """One list written into a file for one person: what was asked for, and how far it is.

    ``query`` and ``columns`` are those of the list's address. ``language``: of headings and
    words. ``fingerprint`` is the same for the same thing asked again, so that it is written once
    at a time; ``run`` tells two workers apart. The file is there only for what was written in
    the background, until ``remove_old_exports`` takes it away.
    """

    class State(models.TextChoices):
        """Where the export stands."""

        WAITING = "waiting", _("Waiting")
        WRITING = "writing", _("Being written")
        DONE = "done", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        REMOVED = "removed", _("File removed")

    class Format(models.TextChoices):
        """What kind of file."""

        XLSX = "xlsx", _("Excel workbook (XLSX)")
        CSV = "csv", _("CSV file")

    requested_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("asked for by"),
        on_delete=models.PROTECT,
        related_name="exports_made",
    )
    requested_at = models.DateTimeField(_("asked for at"), default=clock.now)
    list_name = models.CharField(_("list"), max_length=10, choices=ListName)
    file_format = models.CharField(_("file"), max_length=4, choices=Format)
    query = texts.FreeTextField(_("filter"), blank=True)
    columns: models.JSONField[Any, Any] = texts.TechnicalJSONField(_("columns"), default=list)
    language = texts.TechnicalField(_("language"), max_length=10)
    has_numbers = models.BooleanField(_("whole phone numbers"), default=False)
    fingerprint = texts.SecretField(max_length=64, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    problem = texts.TechnicalField(_("problem"), max_length=30, blank=True)

    run = models.PositiveIntegerField(default=0, editable=False)
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_done = models.PositiveIntegerField(_("rows written"), default=0)
    progress_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    file = models.FileField(_("file"), upload_to=export_path, blank=True)
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["requested_by", "fingerprint"],
                condition=models.Q(state__in=["waiting", "writing"]),
                name="exchange_export_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state="failed") | models.Q(problem=""),
                name="exchange_export_problem_failed",
            ),
            models.CheckConstraint(
                condition=models.Q(file="") | models.Q(state="done"),
                name="exchange_export_file_done",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_by", "-id"], name="exchange_export_own"),
            models.Index(
                fields=["progress_at"],
                name="exchange_export_at_work",
                condition=models.Q(state__in=["waiting", "writing"]),
            ),
            models.Index(
                fields=["finished_at"],
                name="exchange_export_kept",
                condition=~models.Q(file=""),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.list_name} {self.file_format}"

    @property
    def is_at_work(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in {self.State.WAITING, self.State.WRITING}

    @property
    def percent_done(self) -> int:
        """How much has been written, in whole percent."""
        return 100 * self.rows_done // self.rows_total if self.rows_total else 0
