"""Roster imports and their rows."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from exchange.models.files import FileImport
from exchange.querysets import RosterImportQuerySet, RosterImportRowQuerySet
from staff.models import StaffUser


def roster_path(instance: models.Model, filename: str) -> str:
    """Return where an uploaded roster is kept: a name of ours, never the sender's."""
    return f"roster-imports/{uuid.uuid4().hex}"


class RosterImport(FileImport):
    """One roster file on its way in: read, previewed, then imported piece by piece.

    Its rows are staged. ``run`` tells two workers apart who prepare the same preview;
    ``committed_through`` is the last row number that was taken in, so that an import goes on
    where it was stopped. ``makings`` are the units and managers that the rows name and nobody
    has, what each resembles, and what was decided (``exchange.rules.makings``).
    """

    file = models.FileField(_("file"), upload_to=roster_path, blank=True)
    uploaded_by = models.ForeignKey(  # type: ignore[assignment]
        StaffUser,
        verbose_name=_("uploaded by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="roster_imports",
        help_text=_("Empty where a command did it."),
    )
    run = models.PositiveIntegerField(default=0, editable=False)
    changed_rows = models.PositiveIntegerField(_("changed"), default=0)
    alike_rows = models.PositiveIntegerField(_("possible duplicates"), default=0)
    committed_through = models.PositiveIntegerField(default=0, editable=False)
    units_made = models.PositiveIntegerField(_("units made"), default=0)
    managers_made = models.PositiveIntegerField(_("managers made"), default=0)
    makings: models.JSONField[Any, Any] = models.JSONField(_("what would be made"), default=list)

    objects = RosterImportQuerySet.as_manager()

    class Meta(FileImport.Meta):
        verbose_name = _("roster import")
        verbose_name_plural = _("roster imports")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="failed") | models.Q(problem=""),
                name="exchange_import_problem_failed",
            ),
        ]
        indexes = [
            models.Index(fields=["uploaded_by", "-uploaded_at"], name="exchange_import_own"),
            models.Index(fields=["-uploaded_at"], name="exchange_import_newest"),
            models.Index(
                fields=["progress_at"],
                name="exchange_import_at_work",
                condition=models.Q(state__in=["uploaded", "previewing", "committing"]),
            ),
        ]

    @property
    def rows_to_import(self) -> int:
        """How many rows were accepted in the preview."""
        return self.new_rows + self.changed_rows + self.unchanged_rows

    @property
    def percent_done(self) -> int:
        """How much has been taken in, in whole percent."""
        return 100 * self.rows_done // self.rows_to_import if self.rows_to_import else 0

    def counts(self) -> dict[str, int]:
        """Return the number of rows by outcome."""
        return {
            "new": self.new_rows,
            "changed": self.changed_rows,
            "unchanged": self.unchanged_rows,
            "rejected": self.rejected_rows,
        }


class RosterImportRow(models.Model):
    """One row of a roster and what came, or will come, of it.

    ``row_number`` counts as the spreadsheet does. ``values`` is what an accepted row says;
    ``cells`` are the original cells of a rejected one, ``reasons`` why. ``changes`` maps a field
    to its old and new value as they are shown, phone numbers masked. ``alike`` holds the number of
    each customer who may be the same person, and what they have in common.
    """

    class Outcome(models.TextChoices):
        """What comes of the row."""

        NEW = "new", _("New")
        CHANGED = "changed", _("Changed")
        UNCHANGED = "unchanged", _("Unchanged")
        REJECTED = "rejected", _("Rejected")

    roster_import = models.ForeignKey(RosterImport, on_delete=models.CASCADE, related_name="rows")
    row_number = models.PositiveIntegerField(_("row"))
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome)
    number = models.CharField(_("customer number"), max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    values: models.JSONField[Any, Any] = models.JSONField(default=dict)
    changes: models.JSONField[Any, Any] = models.JSONField(_("changes"), default=dict)
    reasons: models.JSONField[Any, Any] = models.JSONField(_("reasons"), default=list)
    cells: models.JSONField[Any, Any] = models.JSONField(default=list)
    alike: models.JSONField[Any, Any] = models.JSONField(_("possible duplicates"), default=list)

    objects = RosterImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("row of a roster")
        verbose_name_plural = _("rows of a roster")
        constraints = [
            models.UniqueConstraint(
                fields=["roster_import", "row_number"], name="exchange_row_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["roster_import", "outcome", "row_number"], name="exchange_row_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.roster_import_id}/{self.row_number} {self.outcome}"
