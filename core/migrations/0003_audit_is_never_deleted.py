"""SQLite too refuses to delete an entry of the audit trail.

``manage.py flush``, which empties the whole database, sets the trigger aside while it runs.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

CREATE = """
    CREATE TRIGGER core_auditentry_remains BEFORE DELETE ON core_auditentry
    BEGIN
        SELECT RAISE(ABORT, 'Entries of the audit trail are never deleted.');
    END
"""
DROP = "DROP TRIGGER core_auditentry_remains"


def create_trigger(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the trigger; on PostgreSQL one for both is there already."""
    if editor.connection.vendor == "sqlite":
        editor.execute(CREATE)


def drop_trigger(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Undo ``create_trigger``."""
    if editor.connection.vendor == "sqlite":
        editor.execute(DROP)


class Migration(migrations.Migration):
    """No change of tables."""

    dependencies = [("core", "0002_audit_is_append_only")]

    operations = [migrations.RunPython(create_trigger, drop_trigger)]
