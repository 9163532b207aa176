"""Changes to units, people, covers and saved views; each writes its audit entry with it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext_lazy as _

from core import audit, clock, locks, outbox
from core.identity import identity, plain
from core.texts import restored_values, whole
from core.unseen import plain_name
from staff.models import (
    ROLES_THAT_HANDLE,
    ROLES_THAT_SERVE,
    Cover,
    DefaultView,
    Role,
    SavedView,
    StaffUser,
    Unit,
)
from staff.rules import makes_loop
from staff.services.sessions import end_sessions

logger = logging.getLogger(__name__)

STAFF_FIELDS = (
    *("staff_number", "name", "email", "phone", "role", "unit_id", "is_active"),
    *("may_export", "may_export_numbers"),
)
ALLOWING_FIELDS = ("role", "is_active", "may_export", "may_export_numbers")
"""What a person may do hangs on these; what is seen of the company on the unit, too."""

VIEW_FIELDS = ("name", "query", "columns", "unit_id")
MOST_VIEWS = 50
"""Views of one person for one list."""

UNIT_FIELDS = ("name", "parent_id", "time_zone", "complaint_handler_id")


@transaction.atomic
def create_unit(*, actor: StaffUser | None, name: str, parent: Unit | None = None) -> Unit:
    """Make a unit below ``parent`` (a root without one).

    Raises ValidationError where the name is empty, holds a slash or is taken. Not safe twice:
    the second call is refused.
    """
    unit = Unit(name=plain(name), parent=parent)
    if parent is not None:
        unit.time_zone = parent.time_zone
    save_unit(actor=actor, unit=unit)
    return unit


@transaction.atomic
def save_unit(*, actor: StaffUser | None, unit: Unit) -> None:
    """Save a new, renamed or moved unit and carry its path and full name down the tree.

    Raises ValidationError where it would come to stand below itself, where its name is taken,
    and where its complaint handler cannot be one. Safe to run twice.
    """
    locks.hold("staff.unit-tree")
    before = Unit.objects.filter(pk=unit.pk).values(*UNIT_FIELDS, "path", "full_name").first()
    parent = Unit.objects.get(pk=unit.parent_id) if unit.parent_id else None
    if before and parent is not None and parent.path.startswith(before["path"]):
        raise ValidationError({"parent": _("A unit cannot belong to itself or to one below it.")})
    unit.name = plain(unit.name)
    unit.full_name = whole(f"{whole(parent.full_name)}/{whole(unit.name)}" if parent else unit.name)
    unit.path = before["path"] if before else f"new/{clock.now().timestamp()}"
    _refuse_taken_name(unit)
    _refuse_who_cannot_handle(unit)
    unit.full_clean(exclude=["path", "full_name"])
    unit.save()
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    if before:
        _carry_down(unit, old_path=before["path"], old_name=before["full_name"])
    changes = audit.difference(before or {}, _values(unit, UNIT_FIELDS))
    if changes:
        audit.record(
            actor=actor,
            verb="unit.changed" if before else "unit.created",
            obj=unit,
            changes=changes,
        )
    if before and "time_zone" in changes:
        # Its day is another one now, and due days hang on the day.
        outbox.enqueue("customers.tasks.refresh_clocks_of_unit", unit_id=unit.pk)


def _refuse_taken_name(unit: Unit) -> None:
    """Refuse a name that a sister unit has, in whatever case or width."""
    sisters = Unit.objects.filter(parent=unit.parent_id).exclude(pk=unit.pk)
    key = identity(unit.name)
    if any(identity(name) == key for name in sisters.values_list("name", flat=True)):
        raise ValidationError({"name": _("A unit of this name is there already.")})


def _refuse_who_cannot_handle(unit: Unit) -> None:
    handler = unit.complaint_handler
    if handler is not None and (handler.role not in ROLES_THAT_HANDLE or not handler.is_active):
        raise ValidationError(
            {
                "complaint_handler": _(
                    "Only an active complaint handler or supervisor can handle complaints."
                )
            }
        )


def _values(obj: models.Model, fields: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(obj, name) for name in fields}


def _carry_down(unit: Unit, *, old_path: str, old_name: str) -> None:
    if (old_path, old_name) == (unit.path, unit.full_name):
        return
    Unit.objects.within(old_path).exclude(pk=unit.pk).update(
        path=Concat(Value(unit.path), Substr(F("path"), len(old_path) + 1)),
        full_name=Concat(Value(unit.full_name), Substr(F("full_name"), len(old_name) + 1)),
    )


@transaction.atomic
def create_staff(
    *,
    actor: StaffUser | None,
    staff_number: str,
    name: str,
    role: Role,
    unit: Unit | None = None,
    password: str | None = None,
    **fields: str | bool,
) -> StaffUser:
    """Make a person. Without a password they cannot sign in until they are invited.

    Raises ValidationError for what the model refuses. Not safe twice: the number is unique.
    """
    fields["email"] = mail_address(str(fields.get("email", "")))
    user = StaffUser.objects.create_user(
        staff_number, password, name=plain_name(name), role=role, unit=unit, **fields
    )
    changes = {"name": [None, user.name], "role": [None, role], "unit_id": [None, user.unit_id]}
    allowed = {name: [None, True] for name in ALLOWING_FIELDS[2:] if getattr(user, name)}
    audit.record(actor=actor, verb="staff.created", obj=user, changes={**changes, **allowed})
    return user


@transaction.atomic
def change_staff(*, actor: StaffUser, user: StaffUser) -> StaffUser:
    """Save what was changed on ``user``: name, number, contact details, role, unit, active or not.

    Raises ValidationError for what the model refuses, and for administrators who would lock
    themselves out. Sessions of who is made inactive end with it. An address of before finds the
    person no more. Safe to run twice.
    """
    before = (
        StaffUser.objects.select_for_update(of=("self",))
        .filter(pk=user.pk)
        .values(*STAFF_FIELDS)
        .get()
    )
    if (before["role"] == Role.SYSTEM) != (user.role == Role.SYSTEM):
        raise ValidationError(
            {"role": _("A person cannot become another system, nor it a person.")}
        )
    if actor.pk == user.pk and not user.is_administrator:
        raise ValidationError(
            _("You cannot take the administration from yourself. Ask another administrator.")
        )
    user.name, user.email = plain_name(user.name), mail_address(user.email)
    user.staff_number = plain(user.staff_number)
    user.refuse_taken_number()
    user.full_clean(exclude=["password"])
    if user.staff_number != before["staff_number"]:
        user.staff_number_key = identity(user.staff_number)
    fields = ["staff_number_key", *(name.removesuffix("_id") for name in STAFF_FIELDS)]
    user.save(update_fields=fields)
    _note_change(actor, user, before)
    if user.email != before["email"]:
        EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    if before["is_active"] and not user.is_active:
        end_sessions(actor=actor, user=user)
    return user


def _note_change(actor: StaffUser, user: StaffUser, before: dict[str, Any]) -> None:
    """Write down what changed: what a person may see and do apart from the rest."""
    changes = audit.difference(before, _values(user, STAFF_FIELDS))
    allowed = {name: change for name, change in changes.items() if name in ALLOWING_FIELDS}
    others = {name: change for name, change in changes.items() if name not in allowed}
    if others:
        audit.record(actor=actor, verb="staff.changed", obj=user, changes=others)
    if allowed:
        audit.record(actor=actor, verb="staff.permissions_changed", obj=user, changes=allowed)
        logger.info(
            "%s changed what %s may do: %s.", actor.staff_number, user.staff_number, allowed
        )


def mail_address(text: str) -> str:
    """Return an e-mail address as it is kept: in small letters, so that it is found and unique."""
    return text.strip().lower()


def note_language(*, user: StaffUser, language: str) -> None:
    """Keep the language in which ``user`` reads the pages, where it is another than before.

    As with the time of the last sign-in nothing is decided by it, so it has no audit entry. One
    statement, none where nothing changed. Safe to run twice.
    """
    if user.language == language:
        return
    StaffUser.objects.filter(pk=user.pk).update(language=language)
    user.language = language


@transaction.atomic
def arrange_cover(
    *,
    actor: StaffUser,
    manager: StaffUser,
    stand_in: StaffUser,
    starts_on: date,
    ends_on: date,
    reason: str = "",
) -> Cover:
    """Let ``stand_in`` serve ``manager``'s customers on these days, both included.

    Raises ValidationError for oneself, days in the wrong order or past, a second stand-in on one
    day, a loop, and people who cannot serve customers. The same cover sent twice is one cover.
    """
    locks.hold("staff.cover")
    same = Cover.objects.standing().filter(
        manager=manager, stand_in=stand_in, starts_on=starts_on, ends_on=ends_on
    )
    if (arranged := same.first()) is not None:
        return arranged
    cover = Cover(
        manager=manager,
        stand_in=stand_in,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason.strip(),
        arranged_by=actor,
    )
    cover.full_clean()
    _refuse_who_cannot_serve(manager, stand_in)
    _refuse_past_days(cover)
    _refuse_overlap_and_loop(cover)
    cover.save()
    audit.record(
        actor=actor,
        verb="cover.arranged",
        obj=cover,
        changes={
            "manager_id": [None, manager.pk],
            "stand_in_id": [None, stand_in.pk],
            "starts_on": [None, starts_on],
            "ends_on": [None, ends_on],
        },
    )
    return cover


@transaction.atomic
def end_cover(*, actor: StaffUser, cover: Cover) -> Cover:
    """End a cover now: one that has begun ends with yesterday, one still to come is called off.

    Safe to run twice: an ended cover stays as it is.
    """
    cover = (
        Cover.objects.select_for_update(of=("self",))
        .select_related("manager__unit")
        .get(pk=cover.pk)
    )
    today = clock.today(cover.manager.time_zone)
    if cover.cancelled_at is not None or cover.ends_on < today:
        return cover
    before = {"ends_on": cover.ends_on, "cancelled_at": None}
    if cover.starts_on < today:
        cover.ends_on = today - timedelta(days=1)
    else:
        cover.cancelled_at = clock.now()
    cover.save(update_fields=["ends_on", "cancelled_at"])
    after = {"ends_on": cover.ends_on, "cancelled_at": cover.cancelled_at}
    audit.record(
        actor=actor, verb="cover.ended", obj=cover, changes=audit.difference(before, after)
    )
    return cover


def _refuse_who_cannot_serve(manager: StaffUser, stand_in: StaffUser) -> None:
    if manager.role == Role.COMPLAINT_HANDLER:
        if stand_in.role not in ROLES_THAT_HANDLE or not stand_in.is_active:
            raise ValidationError(
                {"stand_in": _("The stand-in must be an active complaint handler or supervisor.")}
            )
        return
    if manager.role != Role.MANAGER:
        raise ValidationError(
            {"manager": _("Only a customer manager or a complaint handler can be covered.")}
        )
    if stand_in.role not in ROLES_THAT_SERVE or not stand_in.is_active:
        raise ValidationError(
            {"stand_in": _("The stand-in must be an active manager or supervisor.")}
        )


def _refuse_past_days(cover: Cover) -> None:
    if cover.ends_on < clock.today(cover.manager.time_zone):
        raise ValidationError(
            {"ends_on": _("These days are over. Choose a last day from today on.")}
        )


def _refuse_overlap_and_loop(cover: Cover) -> None:
    near = list(Cover.objects.meeting(cover.starts_on, cover.ends_on).select_related("stand_in"))
    for other in near:
        if other.manager_id == cover.manager_id:
            raise ValidationError(
                {
                    "starts_on": _(
                        "%(person)s already stands in from %(first)s to %(last)s. "
                        "Choose other days or end that cover first."
                    )
                    % {
                        "person": other.stand_in.name,
                        "first": other.starts_on,
                        "last": other.ends_on,
                    }
                }
            )
    if makes_loop(cover.span, [other.span for other in near]):
        raise ValidationError(
            {
                "stand_in": _(
                    "That would go round in a circle: the stand-in is covered by this person."
                )
            }
        )


# --- Saved views ---------------------------------------------------------------------------------


@transaction.atomic
def save_view(
    *,
    actor: StaffUser,
    list_name: str,
    name: str,
    query: str,
    columns: Sequence[str],
    shared: bool,
) -> SavedView:
    """Keep filters and columns under a name; ``shared``: also for the actor's unit and below.

    Raises ValidationError where the actor has another view of that name, too many, or no unit
    to share with. Safe to run twice: the same view again is the one that is there.
    """
    view = SavedView(owner=actor, list_name=list_name, name=plain_name(name), query=query)
    view.columns, view.unit = list(columns), _shared_with(actor, shared)
    locks.hold(f"staff.views.{actor.pk}")
    there = SavedView.objects.filter(owner=actor, list_name=list_name)
    same = there.filter(name=view.name).first()
    if same is not None and _values(same, VIEW_FIELDS) == _values(view, VIEW_FIELDS):
        return same
    if there.count() >= MOST_VIEWS:
        raise ValidationError(
            _("You have %(most)s views of this list. Delete one first.") % {"most": MOST_VIEWS}
        )
    view.full_clean()
    view.save(force_insert=True)
    changes = {field: [None, value] for field, value in _values(view, VIEW_FIELDS).items()}
    audit.record(actor=actor, verb="view.saved", obj=view, changes=changes)
    return view


@transaction.atomic
def change_view(*, actor: StaffUser, view: SavedView, **changed: Any) -> SavedView:
    """Change ``name``, ``shared``, ``query`` or ``columns`` of the actor's own view.

    Raises ValidationError for a name that is taken. Safe to run twice.
    """
    held = SavedView.objects.select_for_update(of=("self",)).get(pk=view.pk)
    before = _values(held, VIEW_FIELDS)
    if "shared" in changed:
        shared = changed.pop("shared")
        if shared != (held.unit_id is not None):
            held.unit = _shared_with(actor, shared)
    for field, value in restored_values(held, changed).items():
        setattr(held, field, value)
    held.name = plain_name(held.name)
    held.full_clean()
    if changes := audit.difference(before, _values(held, VIEW_FIELDS)):
        held.changed_at = clock.now()
        held.save()
        audit.record(actor=actor, verb="view.changed", obj=held, changes=changes)
    return held


@transaction.atomic
def remove_view(*, actor: StaffUser, view: SavedView) -> None:
    """Delete a view; whose list opened with it opens with everything. Safe to run twice."""
    held = SavedView.objects.select_for_update(of=("self",)).filter(pk=view.pk).first()
    if held is None:
        return
    changes = {field: [value, None] for field, value in _values(held, VIEW_FIELDS).items()}
    audit.record(
        actor=actor,
        verb="view.removed",
        obj=held,
        changes={**changes, "owner_id": [held.owner_id, None]},
    )
    held.delete()


@transaction.atomic
def choose_default_view(*, actor: StaffUser, list_name: str, view: SavedView | None) -> None:
    """Open the list with ``view`` for the actor from now on; None: with everything. Safe twice."""
    locks.hold(f"staff.views.{actor.pk}")
    old = DefaultView.objects.filter(person=actor, list_name=list_name).first()
    before, after = (old.view_id if old else None), (view.pk if view else None)
    if before == after:
        return
    if view is None:
        DefaultView.objects.filter(person=actor, list_name=list_name).delete()
    else:
        DefaultView.objects.update_or_create(
            person=actor, list_name=list_name, defaults={"view": view}
        )
    audit.record(
        actor=actor,
        verb="view.default_chosen",
        obj=actor,
        changes={"list": [None, list_name], "view": [before, after]},
    )


def _shared_with(actor: StaffUser, shared: bool) -> Unit | None:
    if not shared:
        return None
    if actor.unit is None:
        raise ValidationError(_("You belong to no unit that a view could be shared with."))
    return actor.unit
