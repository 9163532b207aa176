"""Who may open the customer pages at all; everybody else does not find them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.http import Http404, HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from customers.querysets import serves_anybody
from staff.models import StaffUser
from staff.querysets import scope_of
from staff.rules import Scope

P = ParamSpec("P")


class StaffRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: StaffUser
    htmx: HtmxDetails


StaffView = Callable[Concatenate[StaffRequest, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def sees_customers(view: StaffView[P]) -> View[P]:
    """Open ``view`` to who sees any customers: managers, supervisors, head office."""
    return _open_to(view, serves_anybody)


def supervises(view: StaffView[P]) -> View[P]:
    """Open ``view`` to supervisors of a unit."""
    return _open_to(view, _has_units)


def _open_to(view: StaffView[P], may_open: Callable[[Scope], bool]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not may_open(scope_of(request.user)):
            raise Http404
        return view(cast("StaffRequest", request), *args, **kwargs)

    return cast("View[P]", guarded)


def _has_units(scope: Scope) -> bool:
    return scope.unit_path is not None
