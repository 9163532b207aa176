"""Keyset paging: page 1,000 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

PAGE_SIZE = 50

M = TypeVar("M", bound=models.Model)


class CursorError(ValueError):
    """A cursor that this list has not given out."""


@dataclass(frozen=True)
class Page(Generic[M]):
    """One page of rows with the cursors of its neighbours (None where there is no neighbour)."""

    rows: list[M]
    next_cursor: str | None
    previous_cursor: str | None

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def keyset_page(
    queryset: models.QuerySet[M],
    *,
    order: Sequence[str],
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    strict: bool = False,
    ids_first: bool = False,
) -> Page[M]:
    """Return the page of ``queryset`` that ``cursor`` points at; the first page without one.

    ``order`` names fields that are never null in ``queryset``, the last one unique; a leading
    minus on the first sorts downward and must then stand on all of them. A cursor that is not
    ours gives the first page, or CursorError where ``strict``. ``ids_first``: choose the page
    before its rows are read, for what is sorted from an index that has all of ``order``. One
    statement.
    """
    descending = order[0].startswith("-")
    names = [name.lstrip("-") for name in order]
    start = _decode(queryset.model, names, cursor)
    if strict and cursor and start is None:
        raise CursorError
    backwards = start is not None and start.backwards
    if start is not None:
        queryset = queryset.filter(_beyond(names, start.values, descending != backwards))
    signs = [f"-{name}" if descending != backwards else name for name in names]
    chosen = queryset.order_by(*signs)[: size + 1]
    if ids_first:
        rows_of = queryset.model._default_manager
        chosen = rows_of.filter(pk__in=chosen.values("pk")).order_by(*signs)
    found = list(chosen)
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    has_next = backwards or more
    has_previous = more if backwards else start is not None
    return Page(
        rows=rows,
        next_cursor=_encode(rows[-1], names, backwards=False) if rows and has_next else None,
        previous_cursor=_encode(rows[0], names, backwards=True) if rows and has_previous else None,
    )


def counted_page(
    queryset: models.QuerySet[M],
    load: Callable[[Any], models.QuerySet[M, Any]],
    *,
    order: Sequence[str],
    most: int,
    cursor: str | None = None,
) -> tuple[Page[M], int]:
    """Return a page of ``queryset`` and how many rows it has, counted up to ``most`` and one.

    ``load`` says what is read of each row; ``order`` and ``cursor`` as for `keyset_page`. The
    first page is chosen by the statement that counts, and its rows are read by their ids: to plan
    the conditions of a scope takes a database as long as to answer them. Two statements.
    """
    if cursor:
        count = queryset.order_by()[: most + 1].count()
        return keyset_page(load(queryset), order=order, cursor=cursor), count
    ids = list(queryset.order_by(*order).values_list("pk", flat=True)[: max(most, PAGE_SIZE) + 1])
    chosen = queryset.model._default_manager.filter(pk__in=ids[: PAGE_SIZE + 1])
    return keyset_page(load(chosen), order=order), len(ids)


@dataclass(frozen=True)
class _Cursor:
    values: list[Any]
    backwards: bool


def _beyond(names: Sequence[str], values: Sequence[Any], downward: bool) -> Q:
    """Rows after ``values``. The first condition stands alone so that an index can serve it."""
    strict, inclusive = ("lt", "lte") if downward else ("gt", "gte")
    name, value = names[0], values[0]
    if len(names) == 1:
        return Q(**{f"{name}__{strict}": value})
    rest = _beyond(names[1:], values[1:], downward)
    return Q(**{f"{name}__{inclusive}": value}) & (Q(**{f"{name}__{strict}": value}) | rest)


def _encode(row: object, names: Sequence[str], *, backwards: bool) -> str:
    values = [_value(row, name) for name in names]
    raw = json.dumps([int(backwards), *values], cls=DjangoJSONEncoder, separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _value(row: object, name: str) -> Any:
    value: Any = row
    for part in name.split("__"):
        value = getattr(value, part)
    # Whole: JSON's own way cuts microseconds, and the row would be met again.
    return value.isoformat() if isinstance(value, datetime) else value


def _decode(model: type[models.Model], names: Sequence[str], cursor: str | None) -> _Cursor | None:
    if not cursor:
        return None
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        backwards, *values = raw
        if len(values) != len(names):
            return None
        pairs = zip(names, values, strict=True)
        cleaned = [_field(model, name).to_python(value) for name, value in pairs]
    except (binascii.Error, ValueError, TypeError, ValidationError):
        return None
    if None in cleaned or any(_is_unfit(value) for value in cleaned):
        return None
    return _Cursor(values=cleaned, backwards=bool(backwards))


def _is_unfit(value: Any) -> bool:
    """Say whether no row can have the value: a NUL, which PostgreSQL refuses, or no time zone."""
    if isinstance(value, datetime):
        return value.tzinfo is None
    return isinstance(value, str) and "\0" in value


def _field(model: type[models.Model], name: str) -> Any:
    field: Any = None
    for part in name.split("__"):
        field = model._meta.get_field(part) if part != "pk" else model._meta.pk
        if field.is_relation and field.related_model:
            model = field.related_model
    return field
