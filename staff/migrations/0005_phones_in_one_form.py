"""People's numbers get the form in which numbers are kept: the calls are looked up by it."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from core.phones import plain_number


def keep_in_one_form(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Rewrite what differs; text that is no number stays. Safe twice."""
    person_model = apps.get_model("staff", "StaffUser")
    changed = []
    for person in person_model.objects.exclude(phone="").only("pk", "phone").iterator(2000):
        number = plain_number(person.phone) or person.phone
        if number != person.phone:
            person.phone = number
            changed.append(person)
    person_model.objects.bulk_update(changed, ["phone"], batch_size=500)


class Migration(migrations.Migration):
    """One form of the numbers of people."""

    dependencies = [("staff", "0004_saved_views_and_export")]

    operations = [migrations.RunPython(keep_in_one_form, migrations.RunPython.noop)]
