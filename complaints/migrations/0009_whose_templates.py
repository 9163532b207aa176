"""A template belongs to the unit of the supervisor or handler who wrote it last."""

from typing import Any

from django.db import migrations


def settle(apps: Any, schema_editor: Any) -> None:
    template = apps.get_model("complaints", "ResponseTemplate")
    rows = template.objects.filter(
        changed_by__role__in=("supervisor", "complaint_handler"), changed_by__unit__isnull=False
    )
    for row in rows.select_related("changed_by"):
        template.objects.filter(pk=row.pk).update(unit=row.changed_by.unit_id)


class Migration(migrations.Migration):
    dependencies = [("complaints", "0008_templates_of_units")]

    operations = [migrations.RunPython(settle, migrations.RunPython.noop)]
