"""The figures of retention (articles 17 to 19) as they are in force from the beginning."""

from datetime import UTC, date, datetime

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FROM_THE_BEGINNING = date(2000, 1, 1)

DEFAULTS = [
    ("warning_line_points", 40),
    ("warning_lift_percent", 200),
    ("warning_capacity", 15),
    ("warning_follow_up_hours", 48),
    ("warning_fade_points", 15),
    ("warning_fade_months", 2),
    ("warning_rest_days", 60),
    ("warning_jump_points", 15),
    ("code_life_minutes", 60),
    ("case_first_hours", 24),
    ("case_second_days", 7),
    ("case_third_days", 30),
    ("case_check_months", 3),
    ("review_days", 15),
]


def add_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the figures; those of a later day are the company's own."""
    standard = apps.get_model("customers", "ServiceStandard")
    standard.objects.bulk_create(
        standard(
            figure=figure,
            tier="",
            effective_from=FROM_THE_BEGINNING,
            value=value,
            applied_at=datetime(2000, 1, 1, tzinfo=UTC),
        )
        for figure, value in DEFAULTS
    )


def remove_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the figures of the first day."""
    standard = apps.get_model("customers", "ServiceStandard")
    figures = [figure for figure, _value in DEFAULTS]
    standard.objects.filter(figure__in=figures, effective_from=FROM_THE_BEGINNING).delete()


class Migration(migrations.Migration):
    """The figures of retention, as rows."""

    dependencies = [("customers", "0007_retention_figures")]

    operations = [migrations.RunPython(add_defaults, remove_defaults)]
