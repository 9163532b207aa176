"""An exemption that was ended early says so; which one holds longest can then be told."""

from datetime import date
from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import core.clock

UNTIL = {"contact": "contact_exempt_until", "visit": "visit_exempt_until"}


def let_the_latest_hold(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Give back the days that a second, shorter exemption had cut."""
    exemptions = apps.get_model("contacts", "Exemption").objects
    customers = apps.get_model("customers", "Customer").objects
    latest: dict[tuple[int, str], date] = {}
    holding = exemptions.filter(state="approved", ends_on__gte=core.clock.today())
    rows: Any = holding.values_list("customer_id", "cadence", "ends_on")
    for customer, cadence, ends_on in rows:
        key = customer, cadence
        latest[key] = max(ends_on, latest.get(key, ends_on))
    for (customer, cadence), ends_on in latest.items():
        name = UNTIL[cadence]
        cut = models.Q(**{f"{name}__lt": ends_on}) | models.Q(**{name: None})
        customers.filter(cut, pk=customer, status="active").update(**{name: ends_on})


class Migration(migrations.Migration):
    """When an exemption was ended before its last day."""

    dependencies = [
        ("contacts", "0009_calls"),
        ("customers", "0010_plan_and_complaint_standards"),
    ]

    operations = [
        migrations.AddField(
            model_name="exemption",
            name="ended_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="ended early at"
            ),
        ),
        migrations.RunPython(let_the_latest_hold, migrations.RunPython.noop),
    ]
