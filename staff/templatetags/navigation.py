"""The main menu: the areas where a person of this role can go, and the pages of each."""

from __future__ import annotations

from collections.abc import Sequence
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
    """One page to go to; pages whose names begin with ``names`` belong to it."""

    route: str
    label: StrOrPromise
    names: str | tuple[str, ...]

    def holds(self, view_name: str) -> bool:
        """Say whether the page called ``view_name`` belongs to this place."""
        return view_name.startswith(self.names)


@dataclass(frozen=True)
class Area:
    """One entry of the main menu: it leads to its first place, the others are its tabs."""

    label: StrOrPromise
    icon: str
    places: tuple[Place, ...]

    def holds(self, view_name: str) -> bool:
        """Say whether the page called ``view_name`` belongs to this area."""
        return any(place.holds(view_name) for place in self.places)


CUSTOMER_LIST = Place("customers:customer_list", _("Customers"), "customers:")
CONTACT_LIST = Place("contacts:contact_list", _("Contacts"), "contacts:contact_list")
LIKENESSES = Place(
    "portfolio:likeness_list", _("Duplicates"), ("portfolio:likeness", "portfolio:merge")
)
SIGNAL_LIST = Place("retention:signal_list", _("Risk signals"), "retention:signal")
MEASURE_LIST = Place("retention:measure_list", _("Retention measures"), "retention:measure")
INSPECTION_LIST = Place("workplans:inspection_list", _("Inspections"), "workplans:inspection")
FINDING_LIST = Place("workplans:finding_list", _("Findings"), "workplans:finding")
RECORD_SIGNALS = Place("workplans:signal_list", _("Signs"), "workplans:signal")
GOAL_LIST = Place("retention:goal_list", _("Churn goals"), ("retention:goal", "retention:cause_"))

MY_DAY = Area(
    _("My day"), "sun-high", (Place("portfolio:my_day", _("My day"), "portfolio:my_day"),)
)
BOARD = Area(
    _("Board"),
    "layout-grid",
    (
        Place("portfolio:board", _("Board"), "portfolio:board"),
        Place("portfolio:board_work", _("Plans and logs"), "portfolio:board_work"),
        Place("portfolio:board_care", _("Complaints and calls"), "portfolio:board_care"),
    ),
)
CUSTOMERS = Area(_("Customers"), "users", (CUSTOMER_LIST, CONTACT_LIST))
SUPERVISED = Area(_("Customers"), "users", (CUSTOMER_LIST, CONTACT_LIST, LIKENESSES))
RETENTION = Area(
    _("Retention"),
    "heart-handshake",
    (
        Place(
            "retention:warning_list",
            _("Retention"),
            (
                "retention:warning_",
                "retention:case",
                "retention:approval",
                "retention:measure",
                "retention:signal",
            ),
        ),
    ),
)
CHURN = Area(
    _("Churn"),
    "door-exit",
    (
        Place(
            "retention:goal_board",
            _("Churn"),
            (
                "retention:goal",
                "retention:departure",
                "retention:cause",
                "retention:warnings_judged",
            ),
        ),
    ),
)
STANDARDS = Area(_("Standards"), "radar", (SIGNAL_LIST, MEASURE_LIST, GOAL_LIST))
PLAN_HOME = Place("workplans:plan_home", _("Plans"), "workplans:plan_")
PLAN_QUEUE = Place("workplans:plan_queue", _("Plans"), "workplans:plan_")
LOG_LIST = Place("workplans:log_list", _("Logs"), "workplans:log_")
LOG_QUEUE = Place("workplans:log_queue", _("Logs"), ("workplans:log_", "workplans:leave_"))
PLANS = Area(_("Plans"), "calendar-check", (PLAN_HOME, LOG_LIST, FINDING_LIST))
PLANS_AND_LOGS = Area(
    _("Plans and logs"),
    "calendar-check",
    (PLAN_QUEUE, LOG_QUEUE, INSPECTION_LIST, FINDING_LIST, RECORD_SIGNALS),
)
CALL_LIST = Place("contacts:call_list", _("Calls"), "contacts:call_list")
CALL_FIGURES = Place("contacts:call_figures", _("Answer rates"), "contacts:call_figures")
DUTY_ROSTER = Place("contacts:duty_roster", _("Duty roster"), "contacts:duty_roster")
COMPLAINT_LIST = Place(
    "complaints:complaint_list",
    _("Complaints"),
    (
        "complaints:complaint_list",
        "complaints:complaint_detail",
        "complaints:complaint_edit",
        "complaints:complaint_create",
        "complaints:complaint_register",
        "complaints:template_",
    ),
)
REQUEST_LIST = Place("complaints:request_list", _("Service requests"), "complaints:request_")
REVIEW_LIST = Place("complaints:review_list", _("Call-backs"), "complaints:review_")
COMPLAINT_FIGURES = Place(
    "complaints:complaint_figures", _("Figures"), "complaints:complaint_figures"
)
COMPLAINTS_HANDLED = Area(
    _("Complaints"), "message-report", (COMPLAINT_LIST, REVIEW_LIST, COMPLAINT_FIGURES)
)
CARE = Area(
    _("Complaints and calls"),
    "message-report",
    (COMPLAINT_LIST, REQUEST_LIST, CALL_LIST, DUTY_ROSTER),
)
SUPERVISED_CARE = Area(
    _("Complaints and calls"),
    "message-report",
    (
        *(COMPLAINT_LIST, REQUEST_LIST, REVIEW_LIST, COMPLAINT_FIGURES),
        *(CALL_LIST, CALL_FIGURES, DUTY_ROSTER),
    ),
)
COVER = Area(_("Cover"), "calendar-user", (Place("staff:cover_list", _("Cover"), "staff:cover"),))
IMPORTS = Area(
    _("Imports"),
    "file-import",
    (
        Place("exchange:roster_import_list", _("Roster import"), "exchange:roster_import"),
        Place("exchange:usage_import_list", _("Usage import"), "exchange:usage_import"),
        Place("exchange:departure_import_list", _("Departures"), "exchange:departure_import"),
    ),
)
AUDIT_TRAIL = Area(
    _("Audit trail"),
    "history",
    (
        Place(
            "portfolio:audit_trail",
            _("Audit trail"),
            ("portfolio:audit_trail", "portfolio:access_report"),
        ),
    ),
)
ADMIN = Area(
    _("Administration"), "settings", (Place("admin:index", _("Administration"), "admin:"),)
)

AREAS: dict[str, tuple[Area, ...]] = {
    Role.MANAGER: (MY_DAY, PLANS, CUSTOMERS, CARE, RETENTION, CHURN, COVER),
    Role.SUPERVISOR: (
        *(BOARD, PLANS_AND_LOGS, SUPERVISED, SUPERVISED_CARE, RETENTION, CHURN),
        *(COVER, IMPORTS, AUDIT_TRAIL),
    ),
    Role.COMPLAINT_HANDLER: (COMPLAINTS_HANDLED,),
    Role.HEAD_OFFICE: (
        *(BOARD, PLANS_AND_LOGS, CUSTOMERS, SUPERVISED_CARE, RETENTION, CHURN, AUDIT_TRAIL),
    ),
    Role.ADMINISTRATOR: (IMPORTS, STANDARDS, AUDIT_TRAIL, ADMIN),
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
    """The main menu of one person on one page; ``tabs``: the places of the present area."""

    links: list[Link]
    tabs: list[Link]
    sees_customers: bool


@register.simple_tag(takes_context=True)
def navigation(context: dict[str, Any]) -> Menu:
    """Return the menu of who is signed in."""
    request = context["request"]
    match = request.resolver_match
    view_name = match.view_name if match else ""
    areas = areas_of(request.user)
    links = [
        Link(reverse(area.places[0].route), area.label, area.icon, area.holds(view_name))
        for area in areas
    ]
    return Menu(
        links=links,
        tabs=tabs_of(areas, view_name),
        sees_customers=any(CUSTOMER_LIST in area.places for area in areas),
    )


def tabs_of(areas: Sequence[Area], view_name: str) -> list[Link]:
    """Return the places of the present area, where the page is the list of one of several."""
    for area in areas:
        if len(area.places) > 1 and any(place.route == view_name for place in area.places):
            return [
                Link(reverse(place.route), place.label, "", place.route == view_name)
                for place in area.places
            ]
    return []


def areas_of(user: StaffUser) -> tuple[Area, ...]:
    """Return where ``user`` can go: by role, and to My day also while standing in for somebody."""
    areas = AREAS[user.role]
    if user.role == Role.SUPERVISOR and user.scope.manager_ids:
        return (MY_DAY, *areas)
    return areas
