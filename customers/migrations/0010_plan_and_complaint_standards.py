"""The figures of plans, logs, inspections (4 to 6), of complaints and missed calls (7, 20, 21)."""

from datetime import UTC, date, datetime

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FROM_THE_BEGINNING = date(2000, 1, 1)

DEFAULTS = [
    ("plan_week_due_hours", "", 10),
    ("plan_month_due_workday", "", 1),
    ("plan_year_due_day", "", 10),
    ("plan_call_minutes", "", 15),
    ("plan_message_minutes", "", 5),
    ("plan_visit_minutes", "", 60),
    ("plan_share_percent", "", 70),
    ("log_due_hours", "", 12),
    ("inspection_min_records", "", 5),
    ("inspection_percent", "", 5),
    ("finding_due_days", "", 7),
    ("signal_late_days", "", 7),
    ("signal_same_text", "", 3),
    ("signal_month_end_percent", "", 40),
    ("signal_same_duration", "", 5),
    ("complaint_response_minutes", "", 120),
    ("complaint_resolution_hours", "diamond", 24),
    ("complaint_resolution_hours", "gold", 36),
    ("complaint_resolution_hours", "silver", 48),
    ("complaint_reopened_hours", "", 4),
    ("complaint_statutory_days", "", 15),
    ("complaint_warn_percent", "", 75),
    ("complaint_escalate_percent", "", 100),
    ("complaint_above_percent", "", 150),
    ("complaint_cool_down_minutes", "", 30),
    ("complaint_call_back_days", "", 3),
    ("complaint_seen_days", "", 30),
    ("complaint_repeat_days", "", 90),
    ("request_escalate_hours", "", 24),
    ("missed_call_minutes", "", 30),
]


def add_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the figures; those of a later day are the company's own."""
    standard = apps.get_model("customers", "ServiceStandard")
    standard.objects.bulk_create(
        standard(
            figure=figure,
            tier=tier,
            effective_from=FROM_THE_BEGINNING,
            value=value,
            applied_at=datetime(2000, 1, 1, tzinfo=UTC),
        )
        for figure, tier, value in DEFAULTS
    )


def remove_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the figures of the first day."""
    standard = apps.get_model("customers", "ServiceStandard")
    figures = {figure for figure, _tier, _value in DEFAULTS}
    standard.objects.filter(figure__in=figures, effective_from=FROM_THE_BEGINNING).delete()


class Migration(migrations.Migration):
    """The figures of plans and complaints, as rows."""

    dependencies = [("customers", "0009_plan_and_complaint_figures")]

    operations = [migrations.RunPython(add_defaults, remove_defaults)]
