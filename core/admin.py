"""The audit trail in the Django admin: to read, never to change."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from core.models import AuditEntry

# Texts of the Django admin that its own Chinese catalogue lacks: ours has them.
UNTRANSLATED_BY_DJANGO = (
    gettext_noop("Model name"),
    gettext_noop("Add link"),
    gettext_noop("Change or view list link"),
)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that nobody adds, changes or deletes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: services write these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Refuse: what happened stays as it was written."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Refuse: the trail has no gaps."""
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who changed which fields, and when; the values are on the page of the audit trail.

    Administrators know customers only through imports.
    """

    list_display = ("at", "actor", "verb", "object_type", "object_id")
    list_filter = ("object_type", "at")
    list_select_related = ("actor",)
    search_fields = ("=object_id", "=actor__staff_number")
    fields = ("at", "actor", "verb", "object_type", "object_id", "changed")
    # Counting millions of rows for a page of a hundred helps nobody.
    show_full_result_count = False

    @admin.display(description=_("changes"))
    def changed(self, entry: AuditEntry) -> str:
        """Return the names of the fields that changed."""
        return ", ".join(str(name) for name in entry.changes)
