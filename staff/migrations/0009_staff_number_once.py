"""A staff number is one number in every case and width; the database holds it so."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import core.fields
from core.identity import identity


def fill(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Write the identities. Of two people with one the active, then the first, keeps it."""
    model = apps.get_model("staff", "StaffUser")
    taken = set(model.objects.exclude(staff_number_key=None).values_list("staff_number_key"))
    filled = []
    for person in model.objects.filter(staff_number_key=None).order_by("-is_active", "pk"):
        person.staff_number_key = identity(person.staff_number)
        if (person.staff_number_key,) not in taken:
            taken.add((person.staff_number_key,))
            filled.append(person)
    model.objects.bulk_update(filled, ["staff_number_key"], batch_size=500)


class Migration(migrations.Migration):
    """First the empty column, then the values, then the constraint."""

    atomic = False

    dependencies = [("staff", "0008_addresses_as_they_are_kept")]

    operations = [
        migrations.AddField(
            model_name="staffuser",
            name="staff_number_key",
            field=core.fields.IdentityField(
                max_length=40, null=True, of="staff_number", editable=False
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="staffuser",
            constraint=models.UniqueConstraint(
                fields=("staff_number_key",),
                name="staff_user_number_once",
                violation_error_message="Somebody with this staff number is there already.",
            ),
        ),
    ]
