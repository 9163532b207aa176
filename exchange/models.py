"""Roster imports and their rows, exports; the systems that use the API, and their keys."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock
from exchange.querysets import (
    ApiClientQuerySet,
    ApiKeyQuerySet,
    ExportQuerySet,
    RosterImportQuerySet,
    RosterImportRowQuerySet,
    UsageImportQuerySet,
    UsageImportRowQuerySet,
)
from exchange.rules.scopes import SCOPES
from staff.models import ListName, StaffUser, Unit
from staff.rules import NOTHING, Scope

INTERRUPTED = "interrupted"
"""The problem of an import that failed among its rows and can go on with the rest."""

UNREAD = "unread"
"""The problem of an import whose file could not be read through a fault of ours."""


def roster_path(instance: models.Model, filename: str) -> str:
    """Return where an uploaded roster is kept: a name of ours, never the sender's."""
    return f"roster-imports/{uuid.uuid4().hex}"


class RosterImport(models.Model):
    """One roster file on its way in: read, previewed, then imported piece by piece.

    ``columns`` is what the header row holds (place, heading, field or empty); ``run`` tells two
    workers apart who prepare the same preview; ``committed_through`` is the last row number that
    was taken in, so that an import goes on where it was stopped.
    """

    class State(models.TextChoices):
        """Where the import stands."""

        UPLOADED = "uploaded", _("Being read")
        MAPPING = "mapping", _("Waiting for columns")
        PREVIEWING = "previewing", _("Preview being prepared")
        PREVIEWED = "previewed", _("Waiting for your decision")
        COMMITTING = "committing", _("Importing")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Failed")

    file = models.FileField(_("file"), upload_to=roster_path, blank=True)
    original_name = models.CharField(_("file name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    uploaded_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("uploaded by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="roster_imports",
        help_text=_("Empty where a command did it."),
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), default=clock.now)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UPLOADED)
    problem = models.CharField(_("problem"), max_length=30, blank=True)

    sheet = models.CharField(_("sheet"), max_length=255, blank=True)
    header_row = models.PositiveIntegerField(_("header row"), default=0)
    columns = models.JSONField(_("columns"), default=list, encoder=DjangoJSONEncoder)

    run = models.PositiveIntegerField(default=0, editable=False)
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    new_rows = models.PositiveIntegerField(_("new"), default=0)
    changed_rows = models.PositiveIntegerField(_("changed"), default=0)
    unchanged_rows = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected_rows = models.PositiveIntegerField(_("rejected"), default=0)
    alike_rows = models.PositiveIntegerField(_("possible duplicates"), default=0)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    committed_through = models.PositiveIntegerField(default=0, editable=False)
    units_made = models.PositiveIntegerField(_("units made"), default=0)
    managers_made = models.PositiveIntegerField(_("managers made"), default=0)
    progress_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = RosterImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("roster import")
        verbose_name_plural = _("roster imports")
        ordering = ["-uploaded_at", "-pk"]
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

    def __str__(self) -> str:
        return f"#{self.pk} {self.original_name}"

    @property
    def is_at_work(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in {self.State.UPLOADED, self.State.PREVIEWING, self.State.COMMITTING}

    @property
    def rows_to_import(self) -> int:
        """How many rows were accepted in the preview."""
        return self.new_rows + self.changed_rows + self.unchanged_rows

    @property
    def percent_done(self) -> int:
        """How much has been taken in, in whole percent."""
        return 100 * self.rows_done // self.rows_to_import if self.rows_to_import else 0

    @property
    def can_go_on(self) -> bool:
        """Whether a failed import had begun and can go on from where it stopped."""
        return self.state == self.State.FAILED and self.problem == INTERRUPTED

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


def usage_path(instance: models.Model, filename: str) -> str:
    """Return where an uploaded usage file is kept: a name of ours, never the sender's."""
    return f"usage-imports/{uuid.uuid4().hex}"


class UsageImport(models.Model):
    """One file with monthly usage on its way in (article 17): read, shown, then taken in.

    Nothing is staged: importing reads the file again, a piece at a time, and a row that is there
    already changes nothing, so it goes on where it was stopped (``rows_done``).
    """

    class State(models.TextChoices):
        """Where the import stands."""

        UPLOADED = "uploaded", _("Being read")
        PREVIEWED = "previewed", _("Waiting for your decision")
        COMMITTING = "committing", _("Importing")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Failed")

    file = models.FileField(_("file"), upload_to=usage_path)
    original_name = models.CharField(_("file name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    uploaded_by = models.ForeignKey(
        StaffUser, verbose_name=_("uploaded by"), on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), default=clock.now)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UPLOADED)
    problem = models.CharField(_("problem"), max_length=30, blank=True)
    columns = models.JSONField(_("columns"), default=list)
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    new_rows = models.PositiveIntegerField(_("new"), default=0)
    changed_rows = models.PositiveIntegerField(_("changed"), default=0)
    unchanged_rows = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected_rows = models.PositiveIntegerField(_("rejected"), default=0)
    progress_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = UsageImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("usage import")
        verbose_name_plural = _("usage imports")
        ordering = ["-uploaded_at", "-pk"]
        indexes = [
            models.Index(
                fields=["progress_at"],
                name="exchange_usage_at_work",
                condition=models.Q(state__in=["uploaded", "committing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.original_name}"

    @property
    def is_at_work(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in {self.State.UPLOADED, self.State.COMMITTING}

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
        return self.state == self.State.FAILED and self.problem == INTERRUPTED

    @property
    def can_be_started(self) -> bool:
        """Whether rows wait to be taken in by a click."""
        waits = self.state == self.State.PREVIEWED and self.rows_to_import > 0
        return waits or self.can_go_on


class UsageImportRow(models.Model):
    """One rejected row of a usage file: its cells, and why (field, reason, what stands there)."""

    usage_import = models.ForeignKey(UsageImport, on_delete=models.CASCADE, related_name="rejected")
    row_number = models.PositiveIntegerField(_("row"))
    reasons = models.JSONField(_("reasons"), default=list)
    cells = models.JSONField(default=list)

    objects = UsageImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("rejected row of a usage file")
        verbose_name_plural = _("rejected rows of usage files")
        constraints = [
            models.UniqueConstraint(
                fields=["usage_import", "row_number"], name="exchange_usage_row_once"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.usage_import_id}/{self.row_number}"


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
    query = models.TextField(_("filter"), blank=True)
    columns: models.JSONField[Any, Any] = models.JSONField(_("columns"), default=list)
    language = models.CharField(_("language"), max_length=10)
    has_numbers = models.BooleanField(_("whole phone numbers"), default=False)
    fingerprint = models.CharField(max_length=64, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    problem = models.CharField(_("problem"), max_length=30, blank=True)

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


MOST_REQUESTS = 6000
EVERY_UNIT = "/"
"""The path that every unit's path begins with."""


class ApiClient(models.Model):
    """Another system that uses the API: billing, the call centre, PRM.

    It sees a unit and all below it, or the whole company, and does what its ``scopes`` name.
    What it changes is written down under ``account``, with which nobody signs in.
    """

    name = models.CharField(
        _("name"),
        max_length=60,
        unique=True,
        error_messages={"unique": _("A client of this name is there already.")},
    )
    account = models.OneToOneField(
        StaffUser,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        related_name="api_client",
        editable=False,
    )
    whole_company = models.BooleanField(_("whole company"), default=False)
    unit = models.ForeignKey(
        Unit,
        verbose_name=_("unit"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("The unit and all below it."),
    )
    scopes: models.JSONField[Any, Any] = models.JSONField(_("scopes"), default=list, blank=True)
    requests_per_minute = models.PositiveIntegerField(_("requests a minute"), default=120)
    is_active = models.BooleanField(_("active"), default=True)
    created_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("created by"),
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)

    objects = ApiClientQuerySet.as_manager()

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(whole_company=True, unit__isnull=True)
                | models.Q(whole_company=False, unit__isnull=False),
                name="exchange_client_has_reach",
                violation_error_message=_("Choose a unit, or the whole company."),
            ),
            models.CheckConstraint(
                condition=models.Q(requests_per_minute__range=(1, MOST_REQUESTS)),
                name="exchange_client_has_rate",
                violation_error_message=_("Allow 1 to 6,000 requests a minute."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a scope that does not exist."""
        if set(self.scopes) - set(SCOPES):
            raise ValidationError({"scopes": _("There is no such scope.")})

    @property
    def row_scope(self) -> Scope:
        """The rows the client may see: none where it is not active."""
        if not self.is_active:
            return NOTHING
        path = EVERY_UNIT if self.whole_company else self.unit and self.unit.path
        return Scope(user_id=self.account_id, unit_path=path or None)


class ApiKey(models.Model):
    """One key of an API client, kept as a hash: the key itself is shown once and never again.

    A client may have two that work, so that a new one comes into use before the old one ends.
    """

    client = models.ForeignKey(
        ApiClient, verbose_name=_("API client"), on_delete=models.PROTECT, related_name="keys"
    )
    prefix = models.CharField(_("begins with"), max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    created_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("created by"),
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    expires_at = models.DateTimeField(_("works until"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")),
                name="exchange_key_expires_later",
            ),
        ]

    def __str__(self) -> str:
        return f"vip_{self.prefix}_…"

    def works(self, moment: datetime) -> bool:
        """Say whether the key is neither revoked nor expired at ``moment``."""
        return self.revoked_at is None and moment < self.expires_at
