"""A customer number is one number in every case and width; the database holds it so."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import core.fields
from core.identity import identity

BATCH = 5000


def fill(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Write the identities in batches, each on its own. Safe twice.

    Where two numbers have one identity, the customer who is with us, and of several the first,
    keeps it; the others stay without and are found by their exact spelling, until they are
    merged.
    """
    model = apps.get_model("customers", "Customer")
    taken = set(model.objects.exclude(number_key=None).values_list("number_key", flat=True))
    for merged in (False, True):
        rows = model.objects.filter(number_key=None, merged_into__isnull=not merged)
        last = 0
        while True:
            batch = list(rows.filter(pk__gt=last).order_by("pk").only("number")[:BATCH])
            if not batch:
                break
            last = batch[-1].pk
            filled = []
            for row in batch:
                row.number_key = identity(row.number)
                if row.number_key not in taken:
                    taken.add(row.number_key)
                    filled.append(row)
            model.objects.bulk_update(filled, ["number_key"], batch_size=500)


class Migration(migrations.Migration):
    """First the empty column, then the values in batches, then the constraint."""

    atomic = False

    dependencies = [("customers", "0010_plan_and_complaint_standards")]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="number_key",
            field=core.fields.IdentityField(max_length=64, null=True, of="number", editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(
                fields=("number_key",),
                name="customers_number_once",
                violation_error_message="A customer with this number is there already.",
            ),
        ),
    ]
