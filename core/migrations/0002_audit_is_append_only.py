"""The audit trail only grows: the database refuses to change or delete an entry."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

CREATE = {
    "postgresql": [
        """
        CREATE FUNCTION core_auditentry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'Entries of the audit trail are never changed or deleted.'
                USING ERRCODE = 'restrict_violation';
        END $$
        """,
        """
        CREATE TRIGGER core_auditentry_stays BEFORE UPDATE OR DELETE ON core_auditentry
        FOR EACH STATEMENT EXECUTE FUNCTION core_auditentry_refuse()
        """,
    ],
    # SQLite has no TRUNCATE: emptying a test database deletes row by row, so deleting stays free.
    "sqlite": [
        """
        CREATE TRIGGER core_auditentry_stays BEFORE UPDATE ON core_auditentry
        BEGIN
            SELECT RAISE(ABORT, 'Entries of the audit trail are never changed.');
        END
        """,
    ],
}
DROP = {
    "postgresql": [
        "DROP TRIGGER core_auditentry_stays ON core_auditentry",
        "DROP FUNCTION core_auditentry_refuse()",
    ],
    "sqlite": ["DROP TRIGGER core_auditentry_stays"],
}


def create_trigger(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the trigger in the database's own words."""
    for statement in CREATE.get(editor.connection.vendor, []):
        editor.execute(statement)


def drop_trigger(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Undo ``create_trigger``."""
    for statement in DROP.get(editor.connection.vendor, []):
        editor.execute(statement)


class Migration(migrations.Migration):
    """A filter by what was done finds its index; nothing changes or deletes an entry."""

    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["verb", "-at"], name="core_audit_verb"),
        ),
        migrations.RunPython(create_trigger, drop_trigger),
    ]
