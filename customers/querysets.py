"""Questions about customers: whose they are, what is due, how they are found."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery

from core.phones import MOBILE, whole_number, without_extension
from core.texts import shown_whole
from customers.rules import (
    BirthdayKey,
    Cadence,
    StandardRow,
    Standards,
    normalised,
)
from staff.models import Unit
from staff.querysets import ScopedQuerySet, scope_of
from staff.rules import Scope

if TYPE_CHECKING:
    from customers.models import (  # noqa: F401  (type parameters)
        Customer,
        CustomerPhone,
        LikenessKey,
        LikePair,
        ServiceStandard,
    )
    from staff.querysets import Viewer

M = TypeVar("M", bound=models.Model)

SHORTEST_SEARCH = 2
SHORTEST_PHONE_PART = 4
_PHONE_SIGNS = re.compile(r"[+()\-/\u2010-\u2015\u2212]")

DUE_FIELD = {Cadence.CONTACT: "contact_due_on", Cadence.VISIT: "visit_due_on"}
EXEMPT_FIELD = {Cadence.CONTACT: "contact_exempt_until", Cadence.VISIT: "visit_exempt_until"}


def customers_in(scope: Scope, prefix: str = "") -> Q:
    """Return the condition on a customer (at ``prefix``) for what ``scope`` may see.

    A supervisor's units and, for the manager and the cover, the customers they serve.
    """
    mine = Q(**{f"{prefix}manager__in": scope.manager_ids})
    if scope.unit_path is None:
        return mine
    units = Q(**{f"{prefix}unit__in": Unit.objects.within(scope.unit_path)})
    return units | mine if scope.manager_ids else units


def born_on(keys: Iterable[BirthdayKey]) -> Q:
    """Return the condition on a customer that the birthday is one of ``keys``."""
    days: dict[tuple[str, int, bool], list[int]] = {}
    for key in keys:
        days.setdefault((key.calendar, key.month, key.leap), []).append(key.day)
    any_of = Q(pk__in=[])
    for (calendar, month, leap), found in days.items():
        any_of |= Q(
            birth_calendar=calendar,
            birth_month=month,
            birth_day__in=found,
            birth_leap_month=leap,
        )
    return any_of


def serves_anybody(scope: Scope) -> bool:
    """Say whether ``scope`` can hold customers at all: of managers, covers, units, head office."""
    return scope.everything or bool(scope.manager_ids) or scope.unit_path is not None


@dataclass(frozen=True)
class Access:
    """What a person may do with a customer whom the person sees.

    ``serves``: as manager or cover, and with it see whole phone numbers. ``edits``: change the
    profile. ``supervises``: change tier, manager and key mark.
    """

    serves: bool
    edits: bool
    supervises: bool

    @property
    def reveals(self) -> bool:
        """Whether a whole phone number is shown by a click that is audited."""
        return self.edits and not self.serves


def access_to(customer: Customer, user: Viewer) -> Access:
    """Return what ``user`` may do with ``customer``, whose unit is loaded. No statement."""
    scope = scope_of(user)
    serves = customer.manager_id is not None and customer.manager_id in scope.manager_ids
    supervises = scope.unit_path is not None and customer.unit.path.startswith(scope.unit_path)
    return Access(serves=serves, edits=serves or supervises, supervises=supervises)


def own_page(customer: Customer, user: Viewer) -> AbstractContextManager[object]:
    """Return the block in which a part of the customer's own page is drawn for ``user``.

    Who serves the customer, as manager or cover, reads there whole what was written about the
    customer; everybody else, and everybody elsewhere, reads it with phone numbers masked.
    """
    return shown_whole(allowed=customer.manager_id in scope_of(user).manager_ids)


def of_person(customer: Customer) -> Q:
    """Return the condition on ``customer`` of a row: this one, or one merged into them.

    The customers are found first: "or" across two tables would read all rows there are.
    """
    both = Q(pk=customer.pk) | Q(merged_into=customer.pk)
    return Q(customer__in=type(customer)._default_manager.filter(both).values("pk"))


class CustomerQuerySet(ScopedQuerySet["Customer"]):
    """The VIP customers."""

    def visible_to(self, user: Viewer, *, with_merged: bool = False) -> Self:
        """Return the customers ``user`` may see; none who was merged into another one.

        ``with_merged``: also those, where ``user`` sees whom they were merged into.
        """
        found = super().visible_to(user)
        if not with_merged:
            return found.not_merged()
        scope = scope_of(user)
        if scope.user_id is None or scope.everything:
            return found
        return found.filter(Q(merged_into=None) | customers_in(scope, "merged_into__"))

    def editable_by(self, user: Viewer) -> Self:
        """Return the customers ``user`` may change; none who was merged into another one."""
        return super().editable_by(user).not_merged()

    def not_merged(self) -> Self:
        """Return the rows that stand for themselves."""
        # By status, which the partial indexes of the active ones imply.
        return self.filter(~Q(status="merged"))

    def answering_for(self, pk: int) -> Self:
        """Return the one whom the merged row ``pk`` answers with."""
        return self.filter(absorbed=pk)

    def in_scope(self, scope: Scope) -> Self:
        """Own and covered customers; a supervisor's units with their pool."""
        return self.filter(customers_in(scope))

    def supervised_by(self, user: Viewer) -> Self:
        """Return the customers of the units ``user`` supervises, without those only covered."""
        scope = scope_of(user)
        return self.none() if scope.unit_path is None else self.within_unit(scope.unit_path)

    def known_to_supervisor(self, user: Viewer) -> Self:
        """Return whom ``user`` supervises, and the rows that were merged into them."""
        scope = scope_of(user)
        if scope.unit_path is None:
            return self.none()
        units = Unit.objects.within(scope.unit_path)
        own = Q(unit__in=units) & ~Q(status="merged")
        return self.filter(own | Q(merged_into__unit__in=units))

    def within_unit(self, path: str) -> Self:
        """Return the customers of the unit at ``path`` and of all below it."""
        return self.filter(unit__in=Unit.objects.within(path))

    def served_by(self, user: Viewer) -> Self:
        """Return the customers ``user`` serves personally: the own and the covered ones."""
        return self.filter(manager__in=scope_of(user).manager_ids)

    def active(self) -> Self:
        """Return the customers who are with us and VIP."""
        return self.filter(status="active")

    def key(self) -> Self:
        """Return the key customers (重要客户)."""
        return self.filter(is_key=True)

    def in_pool(self) -> Self:
        """Return the customers without a manager."""
        return self.filter(manager=None)

    def clocked(self, cadence: Cadence) -> Self:
        """Return the active customers for whom the clock of ``cadence`` runs."""
        return self.active().filter(**{f"{DUE_FIELD[cadence]}__isnull": False})

    def exempt(self, cadence: Cadence, today: date) -> Self:
        """Return those excused from ``cadence`` today."""
        return self.active().filter(**{f"{EXEMPT_FIELD[cadence]}__gte": today})

    def not_exempt(self, cadence: Cadence, today: date) -> Self:
        """Return those not excused from ``cadence`` today."""
        name = EXEMPT_FIELD[cadence]
        return self.filter(Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__lt": today}))

    def overdue(self, cadence: Cadence, today: date) -> Self:
        """Return those overdue on ``today`` and not excused: today after the due day."""
        due = self.active().filter(**{f"{DUE_FIELD[cadence]}__lt": today})
        return due.not_exempt(cadence, today)

    def due_soon(self, cadence: Cadence, today: date, soon_days: int) -> Self:
        """Return those due in 0 to ``soon_days`` days, the due day included, and not excused."""
        last = today + timedelta(days=soon_days)
        due = self.active().filter(**{f"{DUE_FIELD[cadence]}__range": (today, last)})
        return due.not_exempt(cadence, today)

    def contacted_since(self, day: date) -> Self:
        """Return those with a counted contact on or after ``day``."""
        return self.filter(last_contact_on__gte=day)

    def not_contacted_since(self, day: date) -> Self:
        """Return those without a counted contact on or after ``day``."""
        return self.filter(Q(last_contact_on__isnull=True) | Q(last_contact_on__lt=day))

    def with_birthday(self, keys: Iterable[BirthdayKey]) -> Self:
        """Return those whose birthday is one of ``keys``."""
        return self.filter(born_on(keys))

    def with_primary_phone(self) -> Self:
        """Add ``primary_phone``: the first number, whole. Mask it before it is shown."""
        phones = self.model._meta.get_field("phones").related_model
        first = phones._default_manager.filter(customer=OuterRef("pk")).order_by("position", "pk")
        return self.annotate(primary_phone=Subquery(first.values("number")[:1]))

    def with_call_refusal(self) -> Self:
        """Add ``refuses_calls``: whether the customer has opted out of calls (article 10)."""
        opt_outs = self.model._meta.get_field("opt_outs").related_model
        refusals = opt_outs._default_manager.filter(customer=OuterRef("pk"), channel="phone")
        return self.annotate(refuses_calls=Exists(refusals))

    def matching(self, text: str, user: Viewer) -> Self:
        """Return those found by name, pinyin, initials, number or phone digits.

        Parts of a phone number (from four digits) find only whom ``user`` serves, for nobody
        else sees whole numbers; a whole number, in any spelling, finds anybody in the queryset.
        Under two characters nobody is found.
        """
        wanted = normalised(text)
        if len(wanted) < SHORTEST_SEARCH:
            return self.none()
        found = Q(search__words__contains=f" {wanted}")
        if number := whole_number(text):
            found |= Q(search__phones__contains=f" {number} ")
        elif (digits := _digits_of(wanted)) is not None:
            found |= self._phone_condition(digits, scope_of(user))
        return self.filter(found).not_merged()

    def _phone_condition(self, digits: str, scope: Scope) -> Q:
        if len(digits) < SHORTEST_PHONE_PART or not scope.manager_ids:
            return Q(pk__in=[])
        part = Q(search__phones__contains=digits)
        return part & Q(manager__in=scope.manager_ids) if scope.unit_path else part

    def for_row(self) -> Self:
        """Load what a row of a list shows, in the same statement."""
        return self.select_related("manager", "unit")


def _digits_of(wanted: str) -> str | None:
    """Return the digits of a text that holds nothing else but the signs between them."""
    digits = _PHONE_SIGNS.sub("", wanted)
    return digits if digits.isascii() and digits.isdigit() else None


class OfCustomerQuerySet(ScopedQuerySet[M]):
    """Rows that belong to one customer and are seen by whoever sees the customer."""

    def in_scope(self, scope: Scope) -> Self:
        """The rows of the customers of ``scope``; not what stayed with who was merged away."""
        return self.filter(customers_in(scope, "customer__"), ~Q(customer__status="merged"))

    def of_person(self, customer: Customer) -> Self:
        """Return the rows of ``customer`` and of those merged into them."""
        return self.filter(of_person(customer))


class CustomerPhoneQuerySet(OfCustomerQuerySet["CustomerPhone"]):
    """The phone numbers of customers, as ``core.phones`` keeps them."""

    def ringing(self, numbers: Collection[str]) -> Self:
        """Return the rows that these kept numbers ring: of a switchboard, every extension."""
        lines = {without_extension(number) for number in numbers}
        wanted = Q(number__in=sorted({*numbers, *lines}))
        for line in sorted(lines):
            if not MOBILE.fullmatch(line):
                wanted |= Q(number__startswith=f"{line}-")
        return self.filter(wanted)


class LikenessKeyQuerySet(OfCustomerQuerySet["LikenessKey"]):
    """The keys by which customers look alike."""

    def held_by_many(self, keys: Collection[str]) -> list[str]:
        """Return those of ``keys`` that more than one row has. One statement."""
        rows = self.filter(key__in=keys).order_by().values("key").annotate(rows=Count("customer"))
        return list(rows.filter(rows__gt=1).values_list("key", flat=True))

    def shared_with(self, keys: Collection[str]) -> Self:
        """Return the rows with one of ``keys`` whose customer stands for itself."""
        return self.filter(~Q(customer__status="merged"), key__in=keys)


class LikePairQuerySet(ScopedQuerySet["LikePair"]):
    """The pairs of customers who may be one person: seen by who sees both."""

    def in_scope(self, scope: Scope) -> Self:
        """Both are in the scope: of a pair that crosses it nothing is said."""
        return self.filter(customers_in(scope, "first__"), customers_in(scope, "second__"))

    def editable_by(self, user: Viewer) -> Self:
        """Only a supervisor of both decides."""
        scope = scope_of(user)
        if scope.unit_path is None:
            return self.none()
        units = Unit.objects.within(scope.unit_path)
        return self.filter(first__unit__in=units, second__unit__in=units)

    def open(self) -> Self:
        """Return those nobody has decided about, of rows that stand for themselves."""
        return self.filter(
            ~Q(first__status="merged"), ~Q(second__status="merged"), dismissed_at=None
        )

    def decided(self) -> Self:
        """Return those found to be two people, of rows that stand for themselves."""
        return self.filter(
            ~Q(first__status="merged"),
            ~Q(second__status="merged"),
            dismissed_at__isnull=False,
        )

    def of(self, customer_ids: Collection[int]) -> Self:
        """Return the pairs with one of these customers."""
        return self.filter(Q(first__in=customer_ids) | Q(second__in=customer_ids))

    def alike_by(self, kind: str) -> Self:
        """Return those who are alike by ``kind``."""
        return self.filter(**{f"by_{kind}": True})

    def with_customers(self) -> Self:
        """Load both customers with their managers and units."""
        people = ("unit", "manager")
        names = [f"{side}__{name}" for side in ("first", "second") for name in people]
        return self.select_related("first", "second", *names)


class ServiceStandardQuerySet(models.QuerySet["ServiceStandard"]):
    """The dated figures of the service standard, readable by everybody who is signed in."""

    def visible_to(self, user: Viewer) -> Self:
        """Everybody who is signed in may read the standard."""
        return self.all() if user.is_authenticated else self.none()

    def editable_by(self, user: Viewer) -> Self:
        """Only administrators change it."""
        return self.all() if getattr(user, "is_administrator", False) else self.none()

    def load(self) -> Standards:
        """Return the whole standard as plain values. One statement, some dozens of rows."""
        rows = self.values_list("figure", "tier", "effective_from", "value")
        return Standards(StandardRow(*row) for row in rows)

    def not_applied(self, today: date) -> Self:
        """Return the rows that hold by ``today`` but have not moved the clocks yet."""
        return self.filter(effective_from__lte=today, applied_at=None)
