"""The service standard in the Django admin: figures are added from a day on, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from customers.models import ServiceStandard
from customers.services.standards import set_standard
from staff.models import StaffUser

if TYPE_CHECKING:
    StandardAdmin = admin.ModelAdmin[ServiceStandard]
else:
    StandardAdmin = admin.ModelAdmin


@admin.register(ServiceStandard)
class ServiceStandardAdmin(StandardAdmin):
    """What held on a day can always be told, so rows stay as they were added."""

    list_display = ("figure", "tier", "value", "effective_from")
    list_filter = ("figure", "tier")
    ordering = ("figure", "tier", "-effective_from")
    fields = ("figure", "tier", "value", "effective_from")

    def save_model(
        self,
        request: HttpRequest,
        obj: ServiceStandard,
        form: ModelForm[ServiceStandard],
        change: bool,
    ) -> None:
        """Add the figure by its service, which moves the clocks and writes the audit entry."""
        set_standard(actor=cast("StaffUser", request.user), row=obj)

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Refuse: another figure is another row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Refuse: the figure has held since its day."""
        return False
