"""The working calendar in the Django admin: holidays and make-up workdays put right by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff.models import StaffUser
from workplans.models import WorkdayException
from workplans.services.calendar import remove_workday, set_workday

if TYPE_CHECKING:
    from django.db.models import QuerySet

    WorkdayAdmin = admin.ModelAdmin[WorkdayException]
else:
    WorkdayAdmin = admin.ModelAdmin


@admin.register(WorkdayException)
class WorkdayExceptionAdmin(WorkdayAdmin):
    """What is entered or changed here is not filled over by what is announced."""

    list_display = ("day", "worked", "named", "entered")
    list_filter = ("is_workday", "by_hand")
    date_hierarchy = "day"
    ordering = ("-day",)
    fields = ("day", "is_workday", "name")

    @admin.display(description=gettext_lazy("is worked"), ordering="is_workday")
    def worked(self, row: WorkdayException) -> str:
        """Whether the day is worked, in words."""
        return _("make-up workday") if row.is_workday else _("public holiday")

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def named(self, row: WorkdayException) -> str:
        """The name in the reader's language."""
        return row.named

    @admin.display(description=gettext_lazy("entered by hand"), ordering="by_hand")
    def entered(self, row: WorkdayException) -> str:
        """Where the day comes from, in words."""
        return _("by hand") if row.by_hand else _("announced")

    def save_model(
        self,
        request: HttpRequest,
        obj: WorkdayException,
        form: ModelForm[WorkdayException],
        change: bool,
    ) -> None:
        """Save the day by its service, which writes the audit entry."""
        set_workday(actor=cast("StaffUser", request.user), row=obj)

    def delete_model(self, request: HttpRequest, obj: WorkdayException) -> None:
        """Take the day out by its service: it is what its weekday says."""
        remove_workday(actor=cast("StaffUser", request.user), row=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[WorkdayException]) -> None:
        """Take several days out, each by its service."""
        for row in queryset:
            self.delete_model(request, row)
