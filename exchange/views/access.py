"""Who may import; to others the pages are not there."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from exchange.querysets import may_import
from staff.models import StaffUser


def importer_of(request: HttpRequest) -> StaffUser:
    """Return the person if that is one who may import; raises Http404 for others."""
    if not isinstance(request.user, StaffUser) or not may_import(request.user):
        raise Http404
    return request.user
