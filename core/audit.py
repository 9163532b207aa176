"""Writing the audit trail: who changed what, in the transaction that changes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

from core import bulk
from core.models import AuditEntry
from core.phones import mask_phones_in

if TYPE_CHECKING:
    from staff.models import StaffUser

Changes = Mapping[str, Any]


def record(
    *,
    actor: StaffUser | None,
    verb: str,
    obj: models.Model,
    changes: Changes | None = None,
    customer_id: int | None = None,
) -> AuditEntry:
    """Write one entry about ``obj``; ``changes`` maps a field to ``[old, new]``.

    ``actor`` is None where a job did it.
    """
    made = AuditEntry(
        actor=actor,
        verb=verb,
        object_type=obj._meta.label_lower,
        object_id=obj.pk,
        customer_id=customer_id,
        changes=dict(changes or {}),
    )
    made.save(force_insert=True)
    return made


def record_many(
    *,
    actor: StaffUser | None,
    verb: str,
    model: type[models.Model],
    rows: Iterable[tuple[int, int | None, Changes]],
) -> None:
    """Write many entries of one kind, set-based: object id, customer id and changes of each."""
    same = (actor.pk if actor else None, verb, model._meta.label_lower)
    bulk.insert_rows(
        AuditEntry,
        ["actor_id", "verb", "object_type", "object_id", "customer_id", "changes"],
        [(*same, *row) for row in rows],
    )


def record_job(
    *,
    verb: str,
    model: type[models.Model],
    changes: Changes,
    actor: StaffUser | None = None,
) -> AuditEntry:
    """Write one entry for a set-based change of ``model``; ``changes`` holds its counts.

    ``actor`` is whose change it was, None where a job did it.
    """
    return AuditEntry.objects.create(
        actor=actor, verb=verb, object_type=model._meta.label_lower, changes=dict(changes)
    )


def record_texts_sent(*, actor: StaffUser, texts: int) -> AuditEntry:
    """Write that ``actor``, another system, was sent so many texts with whole phone numbers."""
    changes = {"texts": [None, texts]}
    return record(actor=actor, verb="phones.sent", obj=actor, changes=changes)


def is_written(*, verb: str, obj: models.Model, changes: Changes) -> bool:
    """Say whether there is an entry about ``obj`` with all of ``changes``. One statement."""
    wanted = {f"changes__{name}": change for name, change in changes.items()}
    of_object = {"object_type": obj._meta.label_lower, "object_id": obj.pk}
    return AuditEntry.objects.filter(verb=verb, **of_object, **wanted).exists()


def changes_told(entries: models.QuerySet[AuditEntry], most: int) -> Iterator[dict[str, Any]]:
    """Yield what the newest ``most`` of ``entries`` changed, the latest first. One statement.

    Field, old and new value, when and by whom, as somebody is told whose version is not the
    present one; numbers in texts are masked.
    """
    for entry in entries.select_related("actor").order_by("-at", "-pk")[:most]:
        by = entry.actor.name if entry.actor is not None else None
        for name, pair in entry.changes.items():
            # Some entries name what was done besides what changed.
            if isinstance(pair, list) and len(pair) == 2:
                old, new = map(_told, pair)
                yield {"field": name, "old": old, "new": new, "at": entry.at, "by": by}


def _told(value: Any) -> Any:
    return mask_phones_in(value) if isinstance(value, str) else value


def difference(
    before: Mapping[str, Any], after: Mapping[str, Any], fields: Sequence[str] | None = None
) -> dict[str, list[Any]]:
    """Return ``{field: [old, new]}`` for the fields whose value differs."""
    names = fields if fields is not None else list(after)
    return {
        name: [before.get(name), after.get(name)]
        for name in names
        if before.get(name) != after.get(name)
    }
