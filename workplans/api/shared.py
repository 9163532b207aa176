"""What the endpoints of workplans share."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from core.rest.access import ScopePermission
from core.rest.views import Endpoint
from customers.querysets import serves_anybody
from staff.models import StaffUser, Unit
from staff.querysets import scope_of


class SeesManagers(BasePermission):
    """For who has nothing to do with managers' work nothing is here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer 404 to handlers, administrators and the like."""
        if not serves_anybody(scope_of(request.user)):
            raise Http404
        return True


class PlansEndpoint(Endpoint):
    """What all endpoints of plans and logs share."""

    resource = "plans"
    permission_classes = (ScopePermission, SeesManagers)


def person_of(request: Any) -> StaffUser:
    """Return who asks: the person who is signed in, or the account of the client."""
    if not isinstance(request.user, StaffUser):
        raise Http404
    return request.user


def path_of(request: Request, unit: int) -> str:
    """Return the path of a unit that the asker sees; another one is not there."""
    return get_object_or_404(Unit.objects.visible_to(person_of(request)), pk=unit).path
