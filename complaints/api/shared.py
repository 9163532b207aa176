"""What the endpoints of complaints share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from core.rest.access import access_of
from core.rest.problems import RuleError
from customers.querysets import serves_anybody
from staff.models import StaffUser, Unit
from staff.querysets import scope_of


class SeesComplaints(BasePermission):
    """For who has nothing to do with complaints nothing is here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer 404 to administrators and the like."""
        scope = scope_of(request.user)
        if not (serves_anybody(scope) or scope.handles_for):
            raise Http404
        return True


def person_of(request: Any) -> StaffUser:
    """Return who asks: the person who is signed in, or the account of the client."""
    if not isinstance(request.user, StaffUser):
        raise Http404
    return request.user


def writer_of(request: Any) -> StaffUser:
    """Return who asks, where that one has a part in complaints; head office only reads."""
    person = person_of(request)
    if scope_of(person).everything:
        raise Http404
    return person


def path_of(request: Request, unit: int) -> str:
    """Return the path of a unit that the asker sees; another one is not there."""
    return get_object_or_404(Unit.objects.visible_to(person_of(request)), pk=unit).path


def by_field(
    changes: Sequence[Mapping[str, Any]], coded: Mapping[str, QuerySet[Any]]
) -> list[dict[str, Any]]:
    """Return changes with the names of the API: ``category`` and its codes for ``category_id``.

    ``coded``: the rows that the API names by their codes, by the field. One statement for each
    that is among the changes.
    """
    told = [{**one, "field": one["field"].removesuffix("_id")} for one in changes]
    for name, rows in coded.items():
        of_name = [one for one in told if one["field"] == name]
        wanted = {one[side] for one in of_name for side in ("old", "new")}
        codes = dict(rows.filter(pk__in=wanted).values_list("pk", "code")) if of_name else {}
        for one in of_name:
            one |= {side: codes.get(one[side]) for side in ("old", "new")}
    return told


def caller_of(request: Request, sent: int | None) -> StaffUser:
    """Return who called: a person's own call, or whom another system names.

    Raises RuleError for a person who names another one, and a system that names nobody known.
    """
    person = person_of(request)
    if access_of(request) is None:
        if sent not in (None, person.pk):
            raise RuleError({"called_by": [_("People record their own contacts only.")]})
        return person
    if sent is None:
        raise RuleError({"called_by": [_("Say whose contact it was.")]})
    named = StaffUser.objects.visible_to(person).active().people().filter(pk=sent).first()
    if named is None:
        raise RuleError({"called_by": [_("There is no such person.")]})
    return named
