"""Columns that follow another column, and the question that goes with them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q

from core.identity import identity
from core.texts import Declared, Kind

_SURROGATE = re.compile("[\ud800-\udfff]")


class IdentityField(Declared, models.CharField[str | None, str | None]):
    """The ``identity`` of another column (``of``), kept right with every save.

    With a unique constraint the database refuses a second row whose number differs only in
    case, width or invisible characters. Empty (NULL) in a row that was such a double before
    there was this column, or that an older release wrote: it stays so, and answers to its exact
    spelling only (``has_identity``).
    """

    kind = Kind.CODE
    path = "core.fields.IdentityField"

    def __init__(self, *args: Any, of: str, **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)
        self.of = of

    def deconstruct(self) -> Any:
        """Return what a migration needs to make the field."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        """Return the identity; a double from before stays without."""
        kept: str | None = getattr(model_instance, self.attname)
        if kept is None and not model_instance._state.adding:
            return None
        key = identity(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, key)
        return key


def has_identity(of: str, values: Iterable[str]) -> Q:
    """Return the condition that the column ``of`` is one of ``values`` in whatever spelling.

    Its identity stands in ``<of>_key``. Order by that, empty ones first, where the one row that
    a number belongs to is to come last.
    """
    written = set(values)
    keys = {identity(value) for value in written}
    # What no text column holds cannot be anybody's exact spelling.
    kept = [value for value in written if "\0" not in value and not _SURROGATE.search(value)]
    exact = Q(**{f"{of}_key__isnull": True, f"{of}__in": kept})
    return Q(**{f"{of}_key__in": keys}) | exact
