"""Indexes for lists in the order of change, made without keeping writers waiting."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState, StateApps

REPLACED = [
    "contacts_contactrecord_customer_id_ce4da7d0",
    "contacts_contactrecord_manager_id_126a0f6f",
    "contacts_contactrecord_recorded_by_id_7af90144",
]
"""Indexes of the foreign keys alone: the new ones begin with the same columns."""


class AddIndexBeside(migrations.AddIndex):
    """Makes an index beside the writers where the database can (PostgreSQL)."""

    atomic = False

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        editor: Any = schema_editor
        # What a migration that was stopped has left is of no use.
        editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{self.index.name}"')
        editor.add_index(model, self.index, concurrently=True)


def drop_replaced(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the indexes that nobody needs any more; the foreign keys stay as they are."""
    beside = "CONCURRENTLY" if editor.connection.vendor == "postgresql" else ""
    for name in REPLACED:
        editor.execute(f'DROP INDEX {beside} IF EXISTS "{name}"')


def make_replaced(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Undo ``drop_replaced``."""
    beside = "CONCURRENTLY" if editor.connection.vendor == "postgresql" else ""
    for name in REPLACED:
        column = name.removeprefix("contacts_contactrecord_").rsplit("_", 1)[0]
        editor.execute(
            f'CREATE INDEX {beside} IF NOT EXISTS "{name}" ON contacts_contactrecord ("{column}")'
        )


class Migration(migrations.Migration):
    """A list by customer, manager or person walks one index in its own order."""

    atomic = False
    dependencies = [
        ("contacts", "0002_changed_since"),
        ("customers", "0004_changed_since"),
        ("staff", "0003_role_of_other_systems"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexBeside(
            model_name="contactrecord",
            index=models.Index(
                fields=["customer", "updated_at", "id"], name="contacts_updated_customer"
            ),
        ),
        AddIndexBeside(
            model_name="contactrecord",
            index=models.Index(
                fields=["manager", "updated_at", "id"], name="contacts_updated_manager"
            ),
        ),
        AddIndexBeside(
            model_name="contactrecord",
            index=models.Index(
                fields=["recorded_by", "updated_at", "id"], name="contacts_updated_person"
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_replaced, make_replaced)],
            state_operations=[
                migrations.AlterField(
                    model_name="contactrecord",
                    name="customer",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_records",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                migrations.AlterField(
                    model_name="contactrecord",
                    name="manager",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_records",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer manager",
                    ),
                ),
                migrations.AlterField(
                    model_name="contactrecord",
                    name="recorded_by",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
            ],
        ),
    ]
