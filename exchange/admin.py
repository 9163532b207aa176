"""API clients and their keys in the Django admin; every change goes through the services."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.admin import ReadOnlyAdmin
from exchange.models import ApiClient, ApiKey
from exchange.rules.scopes import SCOPES
from exchange.services import api_clients
from staff.admin import ServiceAdmin, ServiceForm
from staff.models import StaffUser

if TYPE_CHECKING:
    from django.db.models import QuerySet


SCOPE_LABELS = {
    "customers:read": gettext_lazy("Read customers"),
    "customers:write": gettext_lazy("Change customers"),
    "contact-records:read": gettext_lazy("Read contact records"),
    "contact-records:write": gettext_lazy("Log and void contacts"),
    "cadence-flags:read": gettext_lazy("Read cadence flags"),
    "calls:read": gettext_lazy("Read calls and missed calls"),
    "calls:write": gettext_lazy("Send calls"),
    "reassignments:read": gettext_lazy("Read handovers"),
    "reassignments:write": gettext_lazy("Hand customers over"),
    "churn-warnings:read": gettext_lazy("Read churn warnings"),
    "risk-scores:read": gettext_lazy("Read risk scores"),
    "retention-cases:read": gettext_lazy("Read retention cases"),
    "plans:read": gettext_lazy("Read plans, logs and inspections"),
    "service-requests:read": gettext_lazy("Read promises to customers"),
    "service-requests:write": gettext_lazy("Write promises to customers down"),
    "complaints:read": gettext_lazy("Read complaints"),
    "complaints:write": gettext_lazy("Register complaints and move them on"),
    "departures:read": gettext_lazy("Read departures"),
    "departures:write": gettext_lazy("Report departures"),
    "churn-goals:read": gettext_lazy("Read churn goals and rates"),
    "units:read": gettext_lazy("Read units"),
    "staff:read": gettext_lazy("Read staff"),
    "usage-snapshots:read": gettext_lazy("Read usage snapshots"),
    "usage-snapshots:write": gettext_lazy("Send usage snapshots"),
    "churn-events:read": gettext_lazy("Read churn events"),
    "churn-events:write": gettext_lazy("Send churn events"),
    "risk-signals:read": gettext_lazy("Read the signals of the risk score"),
    "retention-measures:read": gettext_lazy("Read retention measures"),
    "departure-reviews:read": gettext_lazy("Read reviews of departures"),
    "departure-reviews:write": gettext_lazy("Write reviews of departures"),
    "complaint-reviews:read": gettext_lazy("Read call-backs and judgements of complaints"),
    "complaint-reviews:write": gettext_lazy("Call complainants back and judge complaints"),
    "complaint-sub-tasks:read": gettext_lazy("Read sub-tasks of complaints"),
    "complaint-sub-tasks:write": gettext_lazy("Ask departments and note their answers"),
    "complaint-attachments:read": gettext_lazy("Read files of complaints"),
    "complaint-attachments:write": gettext_lazy("Add files to complaints"),
    "complaint-figures:read": gettext_lazy("Read the figures of complaints"),
    "duty:read": gettext_lazy("Read who is on duty"),
    "leaves:read": gettext_lazy("Read leave"),
    "leaves:write": gettext_lazy("Enter leave and call it off"),
    "phones:read": gettext_lazy("See whole phone numbers"),
}


class ApiClientForm(ServiceForm):
    """A system, what it sees and what it may do."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("scopes"),
        choices=[(scope, SCOPE_LABELS[scope]) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def save_by_service(self) -> None:
        """Save the client and its account."""
        self.instance = api_clients.save_client(actor=self.actor, client=self.instance)


@admin.register(ApiClient)
class ApiClientAdmin(ServiceAdmin):
    """The systems that use the API."""

    form = ApiClientForm
    fields = ("name", "whole_company", "unit", "scopes", "requests_per_minute", "is_active")
    list_display = ("name", "unit", "whole_company", "is_active", "created_by", "created_at")
    list_select_related = ("unit", "created_by")
    list_filter = ("is_active",)
    search_fields = ("name",)
    autocomplete_fields = ("unit",)
    actions = ("issue_keys", "rotate_keys")

    @admin.action(description=gettext_lazy("Issue a key, shown once"))
    def issue_keys(self, request: HttpRequest, queryset: QuerySet[ApiClient]) -> TemplateResponse:
        """Make a key for each client and show it this one time."""
        return self._shown_once(request, queryset, api_clients.issue_key)

    @admin.action(
        description=gettext_lazy("Rotate: a new key, shown once; the one before ends in 7 days")
    )
    def rotate_keys(self, request: HttpRequest, queryset: QuerySet[ApiClient]) -> TemplateResponse:
        """Make a key for each client, whose present one then ends by itself."""
        return self._shown_once(request, queryset, api_clients.rotate_key)

    def _shown_once(
        self,
        request: HttpRequest,
        queryset: QuerySet[ApiClient],
        make: Callable[..., tuple[ApiKey, str]],
    ) -> TemplateResponse:
        issued = []
        for client in queryset:
            try:
                issued.append(make(actor=_actor(request), client=client))
            except ValidationError as refusal:
                self.message_user(request, f"{client}: {refusal.messages[0]}", messages.ERROR)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("New keys"),
            "opts": self.opts,
            "issued": issued,
        }
        response = TemplateResponse(request, "admin/exchange/apiclient/keys.html", context)
        add_never_cache_headers(response)
        return response


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """The keys: when they were made, when they end, when they were last used."""

    list_display = ("__str__", "client", "created_at", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("client",)
    list_filter = ("client",)
    fields = ("client", "created_at", "created_by", "expires_at", "revoked_at", "last_used_at")
    actions = ("revoke_keys",)

    @admin.action(description=gettext_lazy("Revoke: the key ends at once"))
    def revoke_keys(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """End the keys."""
        for key in queryset:
            api_clients.revoke_key(actor=_actor(request), key=key)
        text = ngettext("%(count)s key revoked.", "%(count)s keys revoked.", len(queryset))
        self.message_user(request, text % {"count": len(queryset)})


def _actor(request: HttpRequest) -> StaffUser:
    """Return who is signed in; the admin lets only administrators in."""
    return cast("StaffUser", request.user)
