"""Categories and root causes of complaints in the Django admin: added, renamed, never removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.models import Category, Cause
from complaints.services.catalogue import save_category, save_cause
from staff.models import StaffUser

if TYPE_CHECKING:
    CategoryBase = admin.ModelAdmin[Category]
    CauseBase = admin.ModelAdmin[Cause]
else:
    CategoryBase = CauseBase = admin.ModelAdmin

WORDS = ("name_en", "name_zh", "position", "is_active")
"""What can be changed of an entry that is there."""


class InUse:
    """What both lists share: names, whether an entry can be chosen in words; nothing is deleted."""

    @admin.display(description=gettext_lazy("name"))
    def named(self, row: Category | Cause) -> str:
        """The name in the reader's language."""
        return row.name

    @admin.display(description=gettext_lazy("in use"), ordering="is_active")
    def chosen(self, row: Category | Cause) -> str:
        """Whether it can be chosen."""
        return _("in use") if row.is_active else _("not in use")

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Refuse: complaints of the past stay counted by it. It is taken out of use instead."""
        return False


@admin.register(Category)
class CategoryAdmin(InUse, CategoryBase):
    """The tree of categories; its order and its words can change, its shape only grows."""

    list_display = ("named", "parent", "position", "chosen")
    ordering = ("path",)

    def get_fields(self, request: HttpRequest, obj: Category | None = None) -> tuple[str, ...]:
        """The place in the tree and the code are chosen once."""
        return (*(() if obj else ("parent", "code")), *WORDS)

    def save_model(
        self, request: HttpRequest, obj: Category, form: ModelForm[Category], change: Any
    ) -> None:
        """Save by its service, which writes the audit entry."""
        save_category(actor=cast("StaffUser", request.user), category=obj)


@admin.register(Cause)
class CauseAdmin(InUse, CauseBase):
    """The root causes."""

    list_display = ("named", "position", "chosen")
    ordering = ("position", "code")

    def get_fields(self, request: HttpRequest, obj: Cause | None = None) -> tuple[str, ...]:
        """The code is chosen once."""
        return (*(() if obj else ("code",)), *WORDS)

    def save_model(
        self, request: HttpRequest, obj: Cause, form: ModelForm[Cause], change: Any
    ) -> None:
        """Save by its service, which writes the audit entry."""
        save_cause(actor=cast("StaffUser", request.user), cause=obj)
