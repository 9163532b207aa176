"""Set-based writes that the ORM has no word for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from operator import attrgetter
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

from core.fields import IdentityField


def insert_from_select(
    target: type[models.Model], columns: Sequence[str], rows: models.QuerySet[Any, Any]
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


def insert_new(objects: Sequence[models.Model], *, set_keys: bool = False) -> None:
    """Insert unsaved ``objects`` of one model, by COPY where the database is PostgreSQL.

    There several times faster than ``bulk_create``, which it is elsewhere. ``set_keys``: the
    objects learn their new keys. Raises IntegrityError as any insert does; the caller has a
    transaction open.
    """
    if not objects:
        return
    model = type(objects[0])
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(objects)
        return
    fields = list(model._meta.concrete_fields)
    key = model._meta.pk
    if isinstance(key, models.AutoField):
        if set_keys:
            for made, number in zip(objects, _new_keys(key, len(objects)), strict=True):
                made.pk = number
        else:
            fields.remove(key)
    _follow(fields, objects)
    values_of = attrgetter(*(field.attname for field in fields))
    _copy(model, fields, map(values_of, objects))


def _follow(fields: Iterable[models.Field[Any, Any]], objects: Sequence[models.Model]) -> None:
    """Fill the columns that follow another one, as a save would."""
    for field in fields:
        if isinstance(field, IdentityField):
            for made in objects:
                field.pre_save(made, add=True)


def insert_rows(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert ``rows`` of values for ``columns`` (field or ``_id`` names) without making objects.

    Other fields get their default, the same for every row. Else like ``insert_new``.
    """
    if not rows:
        return
    if connection.vendor != "postgresql":
        made = [model(**dict(zip(columns, row, strict=True))) for row in rows]
        model._default_manager.bulk_create(made)
        return
    given = set(columns)
    others = [
        field
        for field in model._meta.concrete_fields
        if not (field.name in given or field.attname in given)
        and not isinstance(field, models.AutoField)
    ]
    by_name = {f.attname: f for f in model._meta.concrete_fields}
    by_name |= {f.name: f for f in model._meta.concrete_fields}
    fields = [*(by_name[name] for name in columns), *others]
    defaults = [field.get_default() for field in others]
    _copy(model, fields, ((*row, *defaults) for row in rows))


def _new_keys(key: models.Field[Any, Any], count: int) -> list[int]:
    """Take ``count`` numbers from the key's sequence. One statement."""
    table, column = key.model._meta.db_table, key.column
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [connection.ops.quote_name(table), column, count],
        )
        return [number for (number,) in cursor.fetchall()]


def _copy(
    model: type[models.Model],
    fields: Sequence[models.Field[Any, Any]],
    rows: Iterable[Sequence[Any]],
) -> None:
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    writers = [
        (place, write)
        for place, field in enumerate(fields)
        if (write := _writer(field)) is not None
    ]
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            values = list(row)
            for place, write in writers:
                if values[place] is not None:
                    values[place] = write(values[place])
            copy.write_row(values)


def _writer(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    """Return how a field's values are written, None where they stand for themselves."""
    if isinstance(field, models.JSONField):
        encoder = field.encoder or DjangoJSONEncoder
        return lambda value: json.dumps(value, cls=encoder)
    if field.choices:
        return lambda value: value.value if isinstance(value, Enum) else value
    return None


def _column(model: type[models.Model], name: str) -> str:
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field) or field.column is None:
        raise TypeError(f"{name} is no column of {model.__name__}")
    return field.column
