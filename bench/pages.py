"""The pages that are measured: a new page is a new line of ``PAGES``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib.auth import BACKEND_SESSION_KEY as BACKEND_KEY
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.urls import reverse

from bench.fill import Cast
from core.pagination import PAGE_SIZE, keyset_page
from customers.models import Customer
from staff.models import StaffUser


@dataclass(frozen=True)
class Scene:
    """What addresses are made of: the cast, one customer of the manager, a deep page."""

    cast: Cast
    customer: Customer
    digits: str
    cursor: str


@dataclass(frozen=True)
class Page:
    """One request that is measured.

    ``who``: a name of the cast. ``budget`` and ``goal``: how many times the yardstick it may
    and should take; of a page that is held against another page (``beside``), times that page.
    ``statements`` and ``kilobytes``: the most it may have. ``form``: what is posted.
    """

    name: str
    who: str
    address: Callable[[Scene], str]
    budget: float | None = None
    goal: float | None = None
    statements: int | None = None
    kilobytes: int | None = None
    form: Callable[[Scene], str] | None = None
    beside: str = ""


def find_scene(cast: Cast) -> Scene:
    """Choose the customer and the deep page of a filled database."""
    customer = Customer.objects.filter(manager=cast.manager).earliest("pk")
    number = customer.phones.get().number
    return Scene(cast, customer, number[-4:], _thousandth_cursor())


def session_of(user: StaffUser) -> str:
    """Return the key of a new session in which ``user`` is signed in."""
    # Loaded when Django is ready, as its tables are.
    from staff.auth import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_KEY] = "staff.auth.StaffBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _thousandth_cursor() -> str:
    """Return the cursor of page 1,000, or of the last but one where there are fewer."""
    order = ("contact_due_on", "pk")
    rows = Customer.objects.active().order_by(*order)
    skip = min(999 * PAGE_SIZE, max(rows.count() - 2 * PAGE_SIZE, 0))
    last = rows[skip : skip + 1].get()
    before = rows.filter(contact_due_on=last.contact_due_on, pk__lte=last.pk).reverse()
    page = keyset_page(before | rows.filter(contact_due_on__gt=last.contact_due_on), order=order)
    return page.next_cursor or ""


def _route(name: str, **query: str | int) -> Callable[[Scene], str]:
    address = reverse(name)
    return lambda scene: f"{address}?{urlencode(query)}" if query else address


def _customers(**query: Callable[[Scene], str | int] | str) -> Callable[[Scene], str]:
    """The customer list with these filters, which may depend on the scene."""

    def address(scene: Scene) -> str:
        given = {k: value(scene) if callable(value) else value for k, value in query.items()}
        return f"{reverse('customers:customer_list')}?{urlencode(given)}"

    return address


def _of_customer(name: str) -> Callable[[Scene], str]:
    return lambda scene: reverse(name, args=[scene.customer.pk])


def _contact(_scene: Scene) -> str:
    return urlencode(
        {
            "submission_key": uuid4(),
            "channel": "phone",
            "outcome": "reached",
            "occasion": "regular",
            "direction": "outgoing",
            "summary": "ok",
        }
    )


def _list_page(name: str, who: str, address: Callable[[Scene], str]) -> Page:
    """The customer list in some state: what all of them may cost."""
    return Page(name, who, address, budget=25, goal=15, statements=8, kilobytes=90)


FIRST_OF_LIST = "customer list of head office"

PAGES = (
    Page("My day", "manager", _route("portfolio:my_day"), budget=30, goal=18, statements=15),
    _list_page("customer list of a manager", "manager", _customers()),
    _list_page(FIRST_OF_LIST, "head_office", _customers()),
    _list_page("customer list of a supervisor", "supervisor", _customers()),
    Page(
        "page 1,000 of the list",
        "head_office",
        _customers(cursor=lambda scene: scene.cursor),
        budget=1.1,
        goal=1.0,
        beside=FIRST_OF_LIST,
    ),
    _list_page(
        "list by tier, unit, due",
        "head_office",
        _customers(
            tier="gold", unit=lambda scene: scene.cast.supervisor.unit_id or "", due="overdue"
        ),
    ),
    _list_page("list by tier, due", "manager", _customers(tier="gold", due="soon")),
    _list_page("search by name", "head_office", _customers(q="王伟")),
    _list_page("search by name", "manager", _customers(q="王伟")),
    _list_page("search by pinyin", "head_office", _customers(q="wangwei")),
    _list_page("search by digits", "manager", _customers(q=lambda scene: scene.digits)),
    _list_page(
        "search by a whole number",
        "head_office",
        _customers(q=lambda scene: scene.customer.phones.get().number),
    ),
    Page(
        "customer page",
        "manager",
        _of_customer("customers:customer_detail"),
        budget=30,
        goal=18,
        statements=15,
    ),
    Page(
        "board of 60 managers",
        "supervisor",
        _route("portfolio:board"),
        budget=40,
        goal=20,
        statements=15,
    ),
    Page(
        "log a contact",
        "manager",
        _of_customer("contacts:contact_log"),
        budget=15,
        goal=10,
        statements=14,
        form=_contact,
    ),
    Page(
        "API: 50 customers",
        "manager",
        lambda scene: "/api/v1/customers/?limit=50",
        budget=15,
        goal=8,
        statements=6,
    ),
    Page(
        "API: 50 contact records",
        "head_office",
        lambda scene: "/api/v1/contact-records/?limit=50",
        budget=15,
        goal=8,
        statements=6,
    ),
    *(
        Page(name, who, _route("complaints:complaint_list", **query), budget=25, goal=15)
        for name, query in (("complaint queue", {}), ("complaints, all states", {"state": "all"}))
        for who in ("manager", "supervisor", "head_office")
    ),
    Page("audit trail", "supervisor", _route("portfolio:audit_trail")),
    Page("board of the company", "head_office", _route("portfolio:board")),
)
"""What is measured, in the order of the table."""

WEIGHED = (
    ("sign-in", "", lambda scene: reverse("account_login")),
    ("My day", "manager", _route("portfolio:my_day")),
    ("customer list", "head_office", _customers()),
    ("customer page", "manager", _of_customer("customers:customer_detail")),
    ("board of 60 managers", "supervisor", _route("portfolio:board")),
)
"""The pages whose weight is told: with all that an empty cache needs, and without."""
