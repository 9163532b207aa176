"""PostgreSQL itself refuses two stand-ins for one manager on one day."""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

ADD_CONSTRAINT = """
ALTER TABLE staff_cover ADD CONSTRAINT staff_cover_one_stand_in_a_day
EXCLUDE USING gist (manager_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&)
WHERE (cancelled_at IS NULL)
"""


def add_constraint(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the exclusion constraint. SQLite has none: there the service alone refuses."""
    if editor.connection.vendor == "postgresql":
        editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        editor.execute(ADD_CONSTRAINT)


def drop_constraint(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the constraint; the extension stays, others may use it."""
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE staff_cover DROP CONSTRAINT staff_cover_one_stand_in_a_day")


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]

    operations = [migrations.RunPython(add_constraint, drop_constraint, elidable=False)]
