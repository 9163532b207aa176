"""A row of the standard comes into force zone by zone."""

from datetime import date

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import core.clock

FROM_THE_BEGINNING = date(2000, 1, 1)


def apply_again(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Let the job apply once more what it had called applied before other zones had the day.

    Where all units share the product's zone nothing was left out. Applying twice is harmless.
    """
    units = apps.get_model("staff", "Unit").objects.exclude(time_zone=settings.TIME_ZONE)
    if units.exists():
        rows = apps.get_model("customers", "ServiceStandard").objects
        rows.filter(effective_from__gt=FROM_THE_BEGINNING).update(applied_at=None)


class Migration(migrations.Migration):
    """In which zones the clocks have followed a row that is on its way."""

    dependencies = [
        ("customers", "0015_plain_names"),
        ("staff", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="StandardInZone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("time_zone", models.CharField(editable=False, max_length=40)),
                ("applied_at", models.DateTimeField(default=core.clock.now, editable=False)),
                (
                    "standard",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="zones",
                        to="customers.servicestandard",
                    ),
                ),
            ],
            options={
                "verbose_name": "service standard in a time zone",
                "verbose_name_plural": "service standards in time zones",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("standard", "time_zone"), name="customers_standard_in_zone_once"
                    )
                ],
            },
        ),
        migrations.RunPython(apply_again, migrations.RunPython.noop),
    ]
