"""A trigram index for what was said, where the database has them."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def create_index(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index on PostgreSQL; SQLite reads its few rows without."""
    if editor.connection.vendor == "postgresql":
        editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        editor.execute(
            "CREATE INDEX contacts_summary ON contacts_contactrecord"
            " USING gin (summary gin_trgm_ops) WHERE summary <> ''"
        )


def drop_index(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Undo ``create_index``."""
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP INDEX contacts_summary")


class Migration(migrations.Migration):
    """Words of a summary are found at any size."""

    dependencies = [("contacts", "0005_list_of_records")]

    operations = [migrations.RunPython(create_index, drop_index)]
