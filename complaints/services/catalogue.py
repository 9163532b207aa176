"""The categories and root causes of complaints, as administrators keep them."""

from __future__ import annotations

from django.db import transaction

from complaints.models import Category, Cause
from core import audit
from staff.models import StaffUser

CATEGORY_FIELDS = ("code", "name_en", "name_zh", "position", "is_active", "parent_id")
CAUSE_FIELDS = ("code", "name_en", "name_zh", "position", "is_active")


@transaction.atomic
def save_category(*, actor: StaffUser, category: Category) -> Category:
    """Add a category, or change its names, its place among the others and whether it is in use.

    Where it stands in the tree and its code stay as they were added, so that what was counted
    stays counted. Raises ValidationError for a code that is there. Safe to run twice.
    """
    before = {}
    if category.pk is not None:
        held = Category.objects.select_for_update(of=("self",)).get(pk=category.pk)
        category.parent_id, category.code = held.parent_id, held.code
        before = {name: getattr(held, name) for name in CATEGORY_FIELDS}
    parent = category.parent
    category.path = f"{parent.path if parent is not None else ''}{category.code}/"
    changes = audit.difference(before, {name: getattr(category, name) for name in CATEGORY_FIELDS})
    if changes:
        category.full_clean()
        category.save()
        audit.record(actor=actor, verb="complaint.category_saved", obj=category, changes=changes)
    return category


@transaction.atomic
def save_cause(*, actor: StaffUser, cause: Cause) -> Cause:
    """Add a root cause, or change its names, its place and whether it is in use; the code stays.

    Raises ValidationError for a code that is there. Safe to run twice.
    """
    before = {}
    if cause.pk is not None:
        held = Cause.objects.select_for_update().get(pk=cause.pk)
        cause.code = held.code
        before = {name: getattr(held, name) for name in CAUSE_FIELDS}
    changes = audit.difference(before, {name: getattr(cause, name) for name in CAUSE_FIELDS})
    if changes:
        cause.full_clean()
        cause.save()
        audit.record(actor=actor, verb="complaint.cause_saved", obj=cause, changes=changes)
    return cause
