"""Imports of monthly usage, and their rejected rows."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from exchange.models.files import FileImport, RejectedRow
from exchange.querysets import UsageImportQuerySet, UsageImportRowQuerySet


def usage_path(instance: models.Model, filename: str) -> str:
    """Return where an uploaded usage file is kept: a name of ours, never the sender's."""
    return f"usage-imports/{uuid.uuid4().hex}"


class UsageImport(FileImport):
    """One usage file on its way in (article 17)."""

    file = models.FileField(_("file"), upload_to=usage_path)
    changed_rows = models.PositiveIntegerField(_("changed"), default=0)

    objects = UsageImportQuerySet.as_manager()

    class Meta(FileImport.Meta):
        verbose_name = _("usage import")
        verbose_name_plural = _("usage imports")
        indexes = [
            models.Index(
                fields=["progress_at"],
                name="exchange_usage_at_work",
                condition=models.Q(state__in=["uploaded", "previewing", "committing"]),
            ),
        ]


class UsageImportRow(RejectedRow):
    """One rejected row of an usage file: its cells, and why (field, reason, what stands there)."""

    usage_import = models.ForeignKey(UsageImport, on_delete=models.CASCADE, related_name="rejected")

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
