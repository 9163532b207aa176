"""The goals of article 1: under 3.5 % of all VIPs and under 2 % of diamond and gold a year."""

from decimal import Decimal

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FROM_THE_BEGINNING = 2000

DEFAULTS = [("all", Decimal("3.50")), ("top", Decimal("2.00"))]


def add_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the company's goals; they hold until a row of a later year."""
    goal = apps.get_model("retention", "ChurnGoal")
    goal.objects.bulk_create(
        goal(from_year=FROM_THE_BEGINNING, tier_group=group, percent=percent)
        for group, percent in DEFAULTS
    )


def remove_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the goals of the first year."""
    goal = apps.get_model("retention", "ChurnGoal")
    goal.objects.filter(from_year=FROM_THE_BEGINNING, unit=None).delete()


class Migration(migrations.Migration):
    """Goals as rows."""

    dependencies = [("retention", "0004_default_causes")]

    operations = [migrations.RunPython(add_defaults, remove_defaults)]
