"""How far a call centre's clock may be ahead (article 7), and how many numbers are searched."""

from datetime import UTC, date, datetime

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FROM_THE_BEGINNING = date(2000, 1, 1)

DEFAULTS = [
    ("call_ahead_minutes", "", 5),
    ("number_searches_an_hour", "", 60),
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
    """The two figures, as rows."""

    dependencies = [("customers", "0011_numbers_and_their_figures")]

    operations = [migrations.RunPython(add_defaults, remove_defaults)]
