"""Units, people and covers in the Django admin; every change goes through the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from core.admin import ReadOnlyAdmin
from staff import services
from staff.auth import invitation_link
from staff.models import Cover, StaffUser, Unit

if TYPE_CHECKING:
    from django.db.models import QuerySet


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that saves by a service, so that a refusal shows beside its field."""

    actor: StaffUser

    def save_by_service(self) -> None:
        """Hand the changed instance to its service."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any] | None:
        """Check the fields; where they are right, save.

        Saving here, inside the admin's transaction, is what lets a service refuse: after the
        form is valid the admin takes no more refusals.
        """
        cleaned = super().clean()
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.save_by_service()
        except ValidationError as refusal:
            self._update_errors(refusal)  # type: ignore[attr-defined]
