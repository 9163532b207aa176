"""A frozen base never changes: the database refuses to change, add to or take from it."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

PARTS = ("retention_churnbasemember", "retention_churnbasecount")
YEAR = "retention_churnbaseyear"
REFUSAL = "A frozen base is never changed."

POSTGRESQL = [
    f"""
    CREATE FUNCTION retention_base_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    f"""
    CREATE FUNCTION retention_base_is_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT 1 FROM added JOIN {YEAR} AS base ON base.year = added.base_id
            WHERE base.members IS NOT NULL
        ) THEN
            RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NULL;
    END $$
    """,  # noqa: S608  # nosec B608 - names of ours
    *(
        f"""
        CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION retention_base_refuse()
        """
        for table in PARTS
    ),
    *(
        f"""
        CREATE TRIGGER {table}_sealed AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION retention_base_is_sealed()
        """
        for table in PARTS
    ),
    f"""
    CREATE TRIGGER {YEAR}_stays BEFORE UPDATE OR DELETE ON {YEAR}
    FOR EACH ROW WHEN (OLD.members IS NOT NULL) EXECUTE FUNCTION retention_base_refuse()
    """,
]
DROP_POSTGRESQL = [
    f"DROP TRIGGER {YEAR}_stays ON {YEAR}",
    *(f"DROP TRIGGER {table}_sealed ON {table}" for table in PARTS),
    *(f"DROP TRIGGER {table}_stays ON {table}" for table in PARTS),
    "DROP FUNCTION retention_base_is_sealed()",
    "DROP FUNCTION retention_base_refuse()",
]

# SQLite has no TRUNCATE: emptying a test database deletes row by row, so deleting stays free.
SQLITE = [
    *(
        f"""
        CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table}
        BEGIN
            SELECT RAISE(ABORT, '{REFUSAL}');
        END
        """
        for table in PARTS
    ),
    *(
        f"""
        CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table}
        WHEN (SELECT members FROM {YEAR} WHERE year = NEW.base_id) IS NOT NULL
        BEGIN
            SELECT RAISE(ABORT, '{REFUSAL}');
        END
        """  # noqa: S608  # nosec B608 - names of ours
        for table in PARTS
    ),
    f"""
    CREATE TRIGGER {YEAR}_stays BEFORE UPDATE ON {YEAR}
    WHEN OLD.members IS NOT NULL
    BEGIN
        SELECT RAISE(ABORT, '{REFUSAL}');
    END
    """,
]
DROP_SQLITE = [
    f"DROP TRIGGER {YEAR}_stays",
    *(f"DROP TRIGGER {table}_sealed" for table in PARTS),
    *(f"DROP TRIGGER {table}_stays" for table in PARTS),
]
CREATE = {"postgresql": POSTGRESQL, "sqlite": SQLITE}
DROP = {"postgresql": DROP_POSTGRESQL, "sqlite": DROP_SQLITE}


def create_triggers(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the triggers in the database's own words."""
    for statement in CREATE.get(editor.connection.vendor, []):
        editor.execute(statement)


def drop_triggers(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Undo ``create_triggers``."""
    for statement in DROP.get(editor.connection.vendor, []):
        editor.execute(statement)


class Migration(migrations.Migration):
    """Nothing changes a base once it is frozen."""

    dependencies = [("retention", "0005_default_goals")]

    operations = [migrations.RunPython(create_triggers, drop_triggers)]
