"""The main menu: where a person of this role can go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from staff.models import Role

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from staff.models import StaffUser

register = template.Library()


@dataclass(frozen=True)
class Place:
    """One entry of the main menu; pages whose names begin with ``area`` belong to it."""

    route: str
    label: StrOrPromise
    icon: str
    area: str | tuple[str, ...]

    def holds(self, view_name: str) -> bool:
        """Say whether the page called ``view_name`` belongs to this place."""
        return view_name.startswith(self.area)


MY_DAY = Place("portfolio:my_day", _("My day"), "sun-high", "portfolio:my_day")
CUSTOMERS = Place("customers:customer_list", _("Customers"), "users", "customers:")
CONTACTS = Place("contacts:contact_list", _("Contacts"), "message-circle", "contacts:contact_list")
RETENTION = Place("retention:warning_list", _("Retention"), "heart-handshake", "retention:")
MEASURES = Place("retention:measure_list", _("Retention measures"), "gift", "retention:measure")
BOARD = Place("portfolio:board", _("Board"), "layout-grid", "portfolio:board")
DUPLICATES = Place(
    "portfolio:likeness_list",
    _("Duplicates"),
    "users-group",
    ("portfolio:likeness", "portfolio:merge"),
)
COVER = Place("staff:cover_list", _("Cover"), "calendar-user", "staff:cover")
ROSTER_IMPORT = Place(
    "exchange:roster_import_list", _("Roster import"), "file-import", "exchange:roster_import"
)
USAGE_IMPORT = Place(
    "exchange:usage_import_list", _("Usage import"), "chart-line", "exchange:usage_import"
)
AUDIT_TRAIL = Place(
    "portfolio:audit_trail",
    _("Audit trail"),
    "history",
    ("portfolio:audit_trail", "portfolio:access_report"),
)
SIGNALS = Place("retention:signal_list", _("Risk signals"), "radar", "retention:signal")
ADMIN = Place("admin:index", _("Administration"), "settings", "admin:")

PLACES: dict[str, tuple[Place, ...]] = {
    Role.MANAGER: (MY_DAY, CUSTOMERS, CONTACTS, RETENTION, COVER),
    Role.SUPERVISOR: (
        BOARD,
        CUSTOMERS,
        CONTACTS,
        DUPLICATES,
        RETENTION,
        COVER,
        ROSTER_IMPORT,
        USAGE_IMPORT,
        AUDIT_TRAIL,
    ),
    Role.COMPLAINT_HANDLER: (),
    Role.HEAD_OFFICE: (BOARD, CUSTOMERS, CONTACTS, RETENTION, SIGNALS, AUDIT_TRAIL),
    Role.ADMINISTRATOR: (ROSTER_IMPORT, USAGE_IMPORT, SIGNALS, MEASURES, AUDIT_TRAIL, ADMIN),
}


@dataclass(frozen=True)
class Link:
    """One entry of the menu as the present page shows it."""

    url: str
    label: StrOrPromise
    icon: str
    is_current: bool


@dataclass(frozen=True)
class Menu:
    """The main menu of one person on one page."""

    links: list[Link]
    sees_customers: bool


@register.simple_tag(takes_context=True)
def navigation(context: dict[str, Any]) -> Menu:
    """Return the menu of who is signed in."""
    request = context["request"]
    match = request.resolver_match
    view_name = match.view_name if match else ""
    places = places_of(request.user)
    links = [
        Link(reverse(place.route), place.label, place.icon, place.holds(view_name))
        for place in places
    ]
    return Menu(links=links, sees_customers=CUSTOMERS in places)


def places_of(user: StaffUser) -> tuple[Place, ...]:
    """Return where ``user`` can go: by role, and to My day also while standing in for somebody."""
    places = PLACES[user.role]
    if user.role == Role.SUPERVISOR and user.scope.manager_ids:
        return (MY_DAY, *places)
    return places
