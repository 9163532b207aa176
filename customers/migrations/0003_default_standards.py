"""The service standard as it is in force from the beginning."""

from datetime import UTC, date, datetime

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FROM_THE_BEGINNING = date(2000, 1, 1)

DEFAULTS = [
    # Article 8 fixes these three.
    ("contact_interval_months", "diamond", 1),
    ("contact_interval_months", "gold", 1),
    ("contact_interval_months", "silver", 3),
    # An open churn warning halves the interval.
    ("contact_watched_days", "diamond", 15),
    ("contact_watched_days", "gold", 15),
    ("contact_watched_days", "silver", 45),
    # Article 9: key customers face to face.
    ("visit_interval_months", "", 3),
    ("visit_watched_days", "", 45),
    ("due_soon_days", "", 7),
    ("change_grace_days", "", 7),
    ("escalation_days", "", 7),
    ("exemption_max_days", "", 90),
    ("late_after_hours", "", 48),
    ("broadcast_customers", "", 5),
    ("broadcast_minutes", "", 60),
    ("stale_fact_days", "", 365),
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
    standard.objects.filter(effective_from=FROM_THE_BEGINNING).delete()


class Migration(migrations.Migration):
    """The figures of the standard and the defaults beside them, as rows."""

    dependencies = [("customers", "0002_search_index")]

    operations = [migrations.RunPython(add_defaults, remove_defaults)]
