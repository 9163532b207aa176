"""What a customer wrote is no contact by itself: records of it are judged anew after the release."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def ask_for_the_job(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Ask for the job where there is such a record: it also moves clocks and flags."""
    records = apps.get_model("contacts", "ContactRecord").objects
    written = records.filter(
        channel__in=["sms", "mms", "im"], direction="incoming", is_counted=True
    )
    if written.exists():
        apps.get_model("core", "OutboxTask").objects.create(task="contacts.tasks.judge_anew")


class Migration(migrations.Migration):
    """No change of tables."""

    dependencies = [
        ("contacts", "0010_exemption_ended_early"),
        ("core", "0002_audit_is_append_only"),
    ]

    operations = [migrations.RunPython(ask_for_the_job, migrations.RunPython.noop)]
