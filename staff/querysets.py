"""Questions about people, units and covers, and the row scope every app builds on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Exists, OuterRef, Q

from core import clock
from core.fields import has_identity
from core.identity import identity, plain
from staff.rules import Scope, covered_by, standing_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.contrib.auth.models import AnonymousUser

    from staff.models import (  # noqa: F401  (type parameters)
        Cover,
        DefaultView,
        OpenSession,
        SavedView,
        StaffUser,
        Unit,
    )

    Viewer: TypeAlias = StaffUser | AnonymousUser

M = TypeVar("M", bound=models.Model)


class ScopedQuerySet(models.QuerySet[M]):
    """A queryset that shows nothing until a subclass says what a scope may see."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the rows ``user`` may see; none when unsure."""
        scope = scope_of(user)
        if scope.user_id is None:
            return self.none()
        if scope.everything:
            return self.all()
        return self.in_scope(scope)

    def editable_by(self, user: Viewer) -> Self:
        """Return the rows ``user`` may change; none when unsure. Who reads all changes nothing."""
        scope = scope_of(user)
        if scope.user_id is None or scope.everything:
            return self.none()
        return self.in_scope(scope)

    def in_scope(self, scope: Scope) -> Self:
        """Return the rows of ``scope``. Closed until a subclass opens it."""
        return self.none()


def scope_of(user: Viewer) -> Scope:
    """Return what ``user`` may see today; nothing for who is not signed in or not active."""
    scope = getattr(user, "scope", None)
    return scope if isinstance(scope, Scope) else Scope()


class UnitQuerySet(ScopedQuerySet["Unit"]):
    """Units of the company."""

    def within(self, path: str) -> Self:
        """Return the unit at ``path`` and all below it."""
        return self.filter(path__startswith=path)

    def visible_to(self, user: Viewer) -> Self:
        """Head office and administrators see all units; others their own and those below."""
        if getattr(user, "is_administrator", False):
            return self.all()
        return super().visible_to(user)

    def editable_by(self, user: Viewer) -> Self:
        """Only administrators change units."""
        return self.all() if getattr(user, "is_administrator", False) else self.none()

    def in_scope(self, scope: Scope) -> Self:
        """A supervisor's units; a manager's own unit is reached through the person."""
        if scope.unit_path is not None:
            return self.within(scope.unit_path)
        return self.filter(members=scope.user_id)


class StaffQuerySet(ScopedQuerySet["StaffUser"]):
    """The people who work with the product."""

    def active(self) -> Self:
        """Return those who have not left."""
        return self.filter(is_active=True)

    def people(self) -> Self:
        """Return the people, without the accounts of other systems."""
        return self.exclude(role="system")

    def managers(self) -> Self:
        """Return the customer managers."""
        return self.filter(role="manager")

    def serving(self) -> Self:
        """Return those who may serve customers: managers and supervisors."""
        return self.filter(role__in=["manager", "supervisor"])

    def coverable(self) -> Self:
        """Return those who can be covered: managers and complaint handlers."""
        return self.filter(role__in=["manager", "complaint_handler"])

    def standing_in(self) -> Self:
        """Return those who can stand in for somebody; for whom, the service says."""
        return self.filter(role__in=["manager", "supervisor", "complaint_handler"])

    def numbered(self, numbers: Iterable[str]) -> Self:
        """Return those who have these staff numbers, in whatever case, width or spelling."""
        return self.filter(has_identity("staff_number", numbers))

    def named(self, text: str) -> Self:
        """Return those whose name holds ``text`` or whose staff number begins with it."""
        words = plain(text)
        key = identity(text)
        return self.filter(Q(name__contains=words) | Q(staff_number_key__startswith=key))

    def visible_to(self, user: Viewer) -> Self:
        """Head office and administrators see all; a supervisor the unit's people."""
        if getattr(user, "is_administrator", False):
            return self.all()
        return super().visible_to(user)

    def editable_by(self, user: Viewer) -> Self:
        """Only administrators change people."""
        return self.all() if getattr(user, "is_administrator", False) else self.none()

    def in_scope(self, scope: Scope) -> Self:
        """A supervisor's people; a manager sees the person and those covered."""
        mine = Q(pk=scope.user_id) | Q(pk__in=scope.manager_ids)
        if scope.unit_path is not None:
            mine |= Q(unit__path__startswith=scope.unit_path)
        return self.filter(mine)


class StaffManager(BaseUserManager["StaffUser"]):
    """Makes people; everything else is the queryset's."""

    def create_user(
        self, staff_number: str, password: str | None = None, **fields: Any
    ) -> StaffUser:
        """Make a person. Without a password nobody can sign in as them until they are invited.

        Raises ValidationError for what the model refuses, a number that is taken in another
        spelling included.
        """
        user = self.model(staff_number=plain(staff_number), **fields)
        user.refuse_taken_number()
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user

    def create_superuser(
        self, staff_number: str, password: str | None = None, **fields: Any
    ) -> StaffUser:
        """Make an administrator."""
        return self.create_user(staff_number, password, **{**fields, "role": "administrator"})


class OpenSessionQuerySet(ScopedQuerySet["OpenSession"]):
    """Sessions of browsers."""

    def open(self) -> Self:
        """Return those of people that still stand."""
        return self.filter(account__isnull=False, expire_date__gt=clock.now())

    def visible_to(self, user: Viewer) -> Self:
        """Each sees their own, whatever the role."""
        scope = scope_of(user)
        return self.none() if scope.user_id is None else self.in_scope(scope)

    def editable_by(self, user: Viewer) -> Self:
        """Each ends their own; an administrator ends a person's through the list of people."""
        return self.visible_to(user)

    def in_scope(self, scope: Scope) -> Self:
        """The person's own."""
        return self.filter(account=scope.user_id)


class CoverQuerySet(ScopedQuerySet["Cover"]):
    """Who stands in for whom."""

    def standing(self) -> Self:
        """Return the covers that were not called off."""
        return self.filter(cancelled_at=None)

    def over(self, day: date) -> Self:
        """Return the covers that ended before ``day`` or were called off."""
        return self.filter(Q(ends_on__lt=day) | Q(cancelled_at__isnull=False))

    def with_people(self) -> Self:
        """Load the two people and their units with the covers."""
        return self.select_related("manager__unit", "stand_in__unit")

    def on(self, day: date) -> Self:
        """Return the covers that hold on ``day`` (a local date)."""
        return self.standing().filter(starts_on__lte=day, ends_on__gte=day)

    def meeting(self, starts_on: date, ends_on: date) -> Self:
        """Return the covers that share a day with the span."""
        return self.standing().filter(starts_on__lte=ends_on, ends_on__gte=starts_on)

    def in_scope(self, scope: Scope) -> Self:
        """A supervisor sees the covers of the unit's people; a manager those they have part in."""
        mine = Q(manager=scope.user_id) | Q(stand_in=scope.user_id)
        if scope.unit_path is not None:
            mine |= Q(manager__unit__path__startswith=scope.unit_path)
        return self.filter(mine)

    def editable_by(self, user: Viewer) -> Self:
        """Only a supervisor arranges cover, for the people of the unit."""
        scope = scope_of(user)
        if scope.unit_path is None:
            return self.none()
        return self.filter(manager__unit__path__startswith=scope.unit_path)

    def stand_ins(self, day: date | None = None) -> dict[int, int]:
        """Return ``{covered manager: stand-in}`` on ``day``, or now in each manager's own zone.

        One statement; as many rows as there are covers that day.
        """
        if day is not None:
            return dict(self.on(day).values_list("manager_id", "stand_in_id"))
        moment = clock.now()
        near = self.meeting(
            (moment - timedelta(days=1)).date(), (moment + timedelta(days=1)).date()
        ).values_list(
            "manager_id", "stand_in_id", "starts_on", "ends_on", "manager__unit__time_zone"
        )
        return {
            manager: stand_in
            for manager, stand_in, starts_on, ends_on, zone in near
            if starts_on <= clock.local_date(moment, zone) <= ends_on
        }

    def covered_by(self, person_id: int, day: date | None = None) -> frozenset[int]:
        """Return the managers whom ``person_id`` stands in for, passed-on covers included."""
        return covered_by(person_id, self.stand_ins(day))

    def standing_in_for(self, manager_id: int, day: date | None = None) -> list[int]:
        """Return who stands in for ``manager_id``, nearest first."""
        return standing_in(manager_id, self.stand_ins(day))


class SavedViewQuerySet(ScopedQuerySet["SavedView"]):
    """Kept filters and columns of lists."""

    def visible_to(self, user: Viewer) -> Self:
        """The person's own, and those shared with the unit or with one above it."""
        scope = scope_of(user)
        if scope.user_id is None:
            return self.none()
        unit = getattr(user, "unit", None)
        if unit is None:
            return self.in_scope(scope)
        above = [int(pk) for pk in unit.path.split("/") if pk]
        return self.filter(Q(owner=scope.user_id) | Q(unit__in=above))

    def editable_by(self, user: Viewer) -> Self:
        """Only the owner changes a view."""
        scope = scope_of(user)
        return self.none() if scope.user_id is None else self.in_scope(scope)

    def removable_by(self, user: Viewer) -> Self:
        """The person's own; a supervisor's also those shared with the unit."""
        scope = scope_of(user)
        unit_id = getattr(user, "unit_id", None)
        if scope.unit_path is None or unit_id is None:
            return self.editable_by(user)
        return self.filter(Q(owner=scope.user_id) | Q(unit=unit_id))

    def in_scope(self, scope: Scope) -> Self:
        """The person's own."""
        return self.filter(owner=scope.user_id)

    def of_list(self, list_name: str, user: Viewer) -> Self:
        """Return the views of a list with their owners; ``is_default`` says which opens it."""
        defaults = self.model._meta.get_field("default_of").related_model._default_manager
        return (
            self.filter(list_name=list_name)
            .select_related("owner")
            .annotate(
                is_default=Exists(
                    defaults.filter(view=OuterRef("pk"), person=scope_of(user).user_id)
                )
            )
        )


class DefaultViewQuerySet(ScopedQuerySet["DefaultView"]):
    """With which view a list opens."""

    def visible_to(self, user: Viewer) -> Self:
        """Each sees their own."""
        return self.editable_by(user)

    def editable_by(self, user: Viewer) -> Self:
        """Each chooses their own."""
        scope = scope_of(user)
        return self.none() if scope.user_id is None else self.in_scope(scope)

    def in_scope(self, scope: Scope) -> Self:
        """The person's own."""
        return self.filter(person=scope.user_id)
