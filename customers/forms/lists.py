"""The lists of a data sheet as another system sends them, checked as the page checks them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from customers.forms.sheet import AddressForm, FamilyForm, JobForm, PhoneForm, RowForm
from customers.services.sheet import ROWS, PhoneRow, Row

ROW_FORMS: Mapping[str, type[RowForm]] = {
    "phone": PhoneForm,
    "address": AddressForm,
    "family_members": FamilyForm,
    "job_history": JobForm,
}


def rows_sent(
    entry: str, stored: Sequence[Row], sent: Sequence[Mapping[str, Any]]
) -> tuple[Row, ...]:
    """Return the rows that are to stand instead of ``stored``, in the order in which they came.

    A sent row with the ``id`` of a stored one is that one: what it leaves out stays. One without
    an ``id`` is new. Raises ValidationError by place: "2/number" is the number of the third row.
    """
    known = {row.id: row for row in stored}
    errors: dict[str, list[str]] = {}
    rows: list[Row] = []
    taken: set[int | None] = set()
    for place, values in enumerate(sent):
        pk = values.get("id")
        if pk is not None and (pk not in known or pk in taken):
            errors[f"{place}/id"] = [_("There is no such row, or it is named twice.")]
            continue
        taken.add(pk)
        row, wrong = _row(entry, known.get(pk), values)
        errors |= {_place(place, name): messages for name, messages in wrong.items()}
        if row is not None:
            errors |= _said_twice(place, row, rows)
            rows.append(row)
    if errors:
        raise ValidationError({name: list(messages) for name, messages in errors.items()})
    return tuple(rows)


def _row(
    entry: str, known: Row | None, values: Mapping[str, Any]
) -> tuple[Row | None, dict[str, list[str]]]:
    """Return the row that ``values`` make of the known one, or what is wrong with them."""
    row_type, _accessor = ROWS[entry]
    before = known.columns() if known else _empty(row_type)
    form = ROW_FORMS[entry]({**before, **values})
    if known is not None:
        # What stays as it is was checked when it came.
        for name in row_type.names() - values.keys():
            del form.fields[name]
    if not form.is_valid():
        return None, {name: [str(text) for text in form.errors[name]] for name in form.errors}
    said = {name: form.cleaned_data[name] for name in row_type.names() if name in form.fields}
    return row_type(id=known.id if known else None, **{**before, **said}), {}


def _empty(row_type: type[Row]) -> dict[str, Any]:
    """Return what a new row has where nothing is said."""
    columns = row_type.model._meta
    return {name: columns.get_field(name).get_default() for name in row_type.names()}  # type: ignore[union-attr]


def _said_twice(place: int, row: Row, rows: Iterable[Row]) -> dict[str, list[str]]:
    """A customer has each phone number once."""
    if isinstance(row, PhoneRow) and row.key in {other.key for other in rows}:
        return {f"{place}/number": [_("This number is there already.")]}
    return {}


def _place(place: int, name: str) -> str:
    return str(place) if name == "__all__" else f"{place}/{name}"
