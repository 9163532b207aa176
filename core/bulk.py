"""Set-based writes that the ORM has no word for."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, models


def insert_from_select(
    target: type[models.Model], columns: Sequence[str], rows: models.QuerySet[models.Model]
) -> int:
    """Insert what ``rows`` selects into ``target``; rows that a constraint refuses are left out.

    ``columns`` are field names of ``target``; ``rows`` is a ``values_list`` whose expressions
    stand in the same order. Returns the number of rows inserted. One statement.
    """
    if not rows.query.where:
        # Without a WHERE, SQLite takes the ON of ON CONFLICT for the condition of a join.
        rows = rows.filter(pk__isnull=False)
    select, params = rows.query.sql_with_params()
    quote = connection.ops.quote_name
    names = ", ".join(quote(_column(target, name)) for name in columns)
    table = quote(target._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            # Names come from the models and are quoted; values travel as parameters.
            f"INSERT INTO {table} ({names}) {select} ON CONFLICT DO NOTHING",
            params,
        )
        return int(cursor.rowcount)


def _column(model: type[models.Model], name: str) -> str:
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field) or field.column is None:
        raise TypeError(f"{name} is no column of {model.__name__}")
    return field.column
