"""A warning followed up and, where the customer said so, closed: one change."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from contacts.models import ContactRecord
from retention.models import ChurnWarning
from retention.services import warnings
from staff.models import StaffUser


@transaction.atomic
def settle_warning(
    *,
    actor: StaffUser,
    warning: ChurnWarning,
    found: str,
    next_step: str = "",
    next_step_on: date | None = None,
    result: ChurnWarning.Result | None = None,
    contact_record: ContactRecord | None = None,
) -> ChurnWarning:
    """Note what was found when the customer was asked; with a ``result`` close the warning too.

    Raises ValidationError as following up does. Safe to run twice: a closed warning stays so.
    """
    stored = ChurnWarning.objects.get(pk=warning.pk)
    if not stored.is_open and result is not None and stored.result == result:
        return stored
    followed = warnings.follow_up(
        actor=actor,
        warning=warning,
        found=found,
        next_step=next_step,
        next_step_on=next_step_on,
        contact_record=contact_record,
    )
    if result is None:
        return followed
    return warnings.close(actor=actor, warning=followed, result=result, note=found[:300])
