"""Calls of unknown numbers get the form in which numbers are kept, and find their customers."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from core.phones import plain_number

BATCH = 2000


def keep_in_one_form(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Rewrite what differs, in batches; the nightly job then looks whose they are. Safe twice."""
    event_model = apps.get_model("contacts", "CallEvent")
    waiting = event_model.objects.exclude(match="known").order_by("pk")
    last = 0
    while events := list(waiting.filter(pk__gt=last).only("pk", "number")[:BATCH]):
        last = events[-1].pk
        changed = []
        for event in events:
            number = plain_number(event.number) or event.number
            if number != event.number:
                event.number = number
                changed.append(event)
        event_model.objects.bulk_update(changed, ["number"], batch_size=500)


class Migration(migrations.Migration):
    """A prefix before the number no longer makes a caller unknown."""

    atomic = False

    dependencies = [("contacts", "0009_calls")]

    operations = [migrations.RunPython(keep_in_one_form, migrations.RunPython.noop)]
