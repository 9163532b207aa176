"""Trigram indexes for the search, where the database has them."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

CREATE = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX customers_search_words ON customers_searchentry USING gin (words gin_trgm_ops)",
    "CREATE INDEX customers_search_phones ON customers_searchentry USING gin (phones gin_trgm_ops)",
]
DROP = ["DROP INDEX customers_search_words", "DROP INDEX customers_search_phones"]


def create_indexes(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the indexes on PostgreSQL; SQLite reads its few rows without."""
    if editor.connection.vendor == "postgresql":
        for statement in CREATE:
            editor.execute(statement)


def drop_indexes(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Undo ``create_indexes``."""
    if editor.connection.vendor == "postgresql":
        for statement in DROP:
            editor.execute(statement)


class Migration(migrations.Migration):
    """Two characters of a name and four digits of a phone are found at any size."""

    dependencies = [("customers", "0001_initial")]

    operations = [migrations.RunPython(create_indexes, drop_indexes)]
