"""What was promised when each complaint was registered, from the standard as it was known then.

The row of a figure that was entered after the registration, or for a later day, promised nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FIGURES = (
    "response_minutes",
    "resolution_hours",
    "reopened_hours",
    "statutory_days",
    "warn_percent",
    "escalate_percent",
    "above_percent",
)
ALWAYS_KNOWN = datetime.min.replace(tzinfo=UTC)
SEVERITIES = ["low", "normal", "high", "critical"]
BATCH = 1000
Row = tuple[date, datetime, int]


def standard_rows(apps: StateApps) -> dict[tuple[str, str], list[Row]]:
    """Return by figure and tier: from which day, known since when, the value. In order of days."""
    entries: Any = apps.get_model("core", "AuditEntry").objects.filter(verb="standard.set")
    known = dict(entries.values_list("object_id", "at"))
    rows: Any = apps.get_model("customers", "ServiceStandard").objects
    rows = rows.filter(figure__startswith="complaint_").order_by("effective_from")
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for pk, figure, tier, day, value in rows.values_list(
        "pk", "figure", "tier", "effective_from", "value"
    ):
        found[figure, tier].append((day, known.get(pk, ALWAYS_KNOWN), value))
    return found


def promised(rows: Iterable[Row], on: date, at: datetime) -> int | None:
    """Return the value in force on the day among what was known at the moment."""
    values = [value for day, known, value in rows if day <= on and known <= at]
    return values[-1] if values else None


def fill(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Write the figures of each complaint; a tier's own row came before the common one then."""
    complaints: Any = apps.get_model("complaints", "Complaint").objects
    standard = standard_rows(apps)
    changed = []
    names = [f"promised_{figure}" for figure in FIGURES]
    rows = complaints.select_related("unit").only(
        "tier", "received_at", "registered_at", "unit__time_zone", *names
    )
    for complaint in rows.order_by("pk").iterator(chunk_size=BATCH):
        on = complaint.received_at.astimezone(ZoneInfo(complaint.unit.time_zone)).date()
        for figure in FIGURES:
            own, common = (
                promised(standard[f"complaint_{figure}", tier], on, complaint.registered_at)
                for tier in (complaint.tier, "")
            )
            setattr(complaint, f"promised_{figure}", common if own is None else own)
        changed.append(complaint)
        if len(changed) == BATCH:
            complaints.bulk_update(changed, names)
            changed = []
    complaints.bulk_update(changed, names)


def lift_survivors(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Let what goes on be an appeal, and as serious, as the doubles that it took in."""
    complaints: Any = apps.get_model("complaints", "Complaint").objects
    merges: Any = apps.get_model("complaints", "ComplaintMerge").objects.filter(undone_at=None)
    for merge in merges.select_related("absorbed").order_by("pk"):
        survivor = complaints.get(pk=merge.survivor_id)
        own = {"is_appeal": survivor.is_appeal, "severity": survivor.severity}
        merge.before = {**own, "notices": []}
        merge.save(update_fields=["before"])
        survivor.is_appeal = survivor.is_appeal or merge.absorbed.is_appeal
        survivor.severity = max(survivor.severity, merge.absorbed.severity, key=SEVERITIES.index)
        survivor.save(update_fields=["is_appeal", "severity"])


def ask_for_the_job(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Ask for the clocks of open complaints to be put right where a row had moved them."""
    if apps.get_model("complaints", "Complaint").objects.exclude(state="closed").exists():
        apps.get_model("core", "OutboxTask").objects.create(task="complaints.tasks.settle_open")


class Migration(migrations.Migration):
    """No change of tables."""

    dependencies = [
        ("complaints", "0004_promised_deadlines"),
        ("core", "0002_audit_is_append_only"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(lift_survivors, migrations.RunPython.noop),
        migrations.RunPython(ask_for_the_job, migrations.RunPython.noop),
    ]
