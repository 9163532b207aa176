"""What kind of text a column holds, and texts that hide phone numbers wherever they are shown.

Each text column says once, where its model declares it, what it holds. What people write may hold
a phone number. Such a value comes from the database as a ``MaskedText``: shown, joined to another
text, cut or written into a message it has its numbers masked, without the page, the serializer,
the export or the log line doing anything. Stored again, compared or searched it is the whole text.
Only ``whole`` and ``shown_whole`` give the numbers, after the caller has asked who may see them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from json import encoder as json_encoder
from typing import TYPE_CHECKING, Any, SupportsIndex

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.html import escape
from django.utils.safestring import SafeString

from core.phones import HIDDEN, mask_phones_in, plain_number

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Combinable

    _Char = models.CharField[str | int | Combinable, str]
    _Text = models.TextField[str | Combinable, str]
    _Json = models.JSONField[Any, Any]
    _Mail = models.EmailField[str | Combinable, str]
else:
    _Char = models.CharField
    _Text = models.TextField
    _Json = models.JSONField
    _Mail = models.EmailField


class Kind(StrEnum):
    """What a text column holds.

    ``FREE`` is written by a person, ``NAME`` and ``ADDRESS`` too: in all three a phone number may
    stand, and it is masked. ``PHONE`` is a number and nothing else: pages show its ``masked``
    form. ``CODE`` is a number or name by which systems know a row, ``CHOICE`` one of few values,
    ``SECRET`` is never shown, ``TECHNICAL`` is the product's own, which no person wrote.
    """

    FREE = "free"
    NAME = "name"
    ADDRESS = "address"
    PHONE = "phone"
    CODE = "code"
    CHOICE = "choice"
    SECRET = "secret"  # noqa: S105  (a kind of column, no password)
    TECHNICAL = "technical"


MASKED_KINDS = (Kind.FREE, Kind.NAME, Kind.ADDRESS)

_SHORTEST = 7
"""Characters of the shortest text in which a number can stand."""

_MASKED_NUMBER = re.compile(r"\d{0,10}\*{4}\d{0,4}")

_LONGEST_WRITTEN = 80
"""Characters that a number can take, with all its spaces and dashes."""


@dataclass
class Disclosure:
    """How many texts with a number in them were shown whole."""

    texts: int = 0


_whole: ContextVar[Disclosure | None] = ContextVar("shown_whole", default=None)


# --- Showing ------------------------------------------------------------------------------------


class MaskedText(str):
    """A text with a phone number in it: what is shown or made of it has the number masked.

    Equality, hash, length and search are those of the whole text, and databases, COPY and pickle
    write the whole text. ``str.join``, ``encode``, ``json.dumps`` and regular expressions read
    the whole one as well: take ``str(text)`` there, or ``MaskingEncoder``. ``masked_text`` makes
    them.
    """

    __slots__ = ("shown",)

    shown: str

    def __str__(self) -> str:
        disclosure = _whole.get()
        if disclosure is None:
            return self.shown
        disclosure.texts += 1
        return str.__str__(self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return masked_text, (str.__str__(self),)

    def __repr__(self) -> str:
        return repr(self.shown)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __html__(self) -> SafeString:
        return escape(str(self))

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        return str(self)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(str(self))

    def __add__(self, other: str) -> str:
        return str(self) + str(other)

    def __radd__(self, other: str) -> str:
        return str(other) + str(self)


def _of_what_is_shown(name: str) -> Callable[..., Any]:
    """Return the method of ``str`` as it works on the shown text: what it makes is masked."""
    plain = getattr(str, name)

    def method(self: MaskedText, *given: Any, **named: Any) -> Any:
        return plain(str(self), *given, **named)

    method.__name__ = name
    return method


for _name in (
    "__mod__",
    "__mul__",
    "__rmul__",
    "capitalize",
    "casefold",
    "center",
    "expandtabs",
    "format",
    "format_map",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
):
    setattr(MaskedText, _name, _of_what_is_shown(_name))


def masked_text(value: str) -> str:
    """Return ``value`` as a ``MaskedText`` where a phone number stands in it, else as it is."""
    if len(value) < _SHORTEST or type(value) is MaskedText:
        return value
    shown = mask_phones_in(value)
    if shown == value:
        return value
    text = MaskedText(value)
    text.shown = shown
    return text


def masked_values(value: Any) -> Any:
    """Return a JSON value with every text in it, names of entries too, as ``masked_text``."""
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, list):
        return [masked_values(item) for item in value]
    if isinstance(value, dict):
        return {masked_text(name): masked_values(item) for name, item in value.items()}
    return value


def whole(value: object) -> str:
    """Return a text with the phone numbers in it: to work with, or for who may see them."""
    return str.__str__(value) if isinstance(value, str) else str(value)


@contextmanager
def shown_whole(*, allowed: bool) -> Iterator[Disclosure]:
    """Show texts with their phone numbers inside the block, where the caller found it ``allowed``.

    For the page of one customer whom the reader serves, and for a client with ``phones:read``.
    Yields how many such texts were shown.
    """
    disclosure = Disclosure()
    before = _whole.set(disclosure if allowed else None)
    try:
        yield disclosure
    finally:
        _whole.reset(before)


class MaskingEncoder(DjangoJSONEncoder):
    """Writes JSON that leaves the product: a ``MaskedText`` in it is written as it is shown."""

    def encode(self, o: Any) -> str:
        """Return ``o`` as JSON."""
        return super().encode(str(o) if type(o) is MaskedText else o)

    def iterencode(self, o: Any, _one_shot: bool = False) -> Iterator[str]:
        """Return the pieces of ``o`` as JSON.

        ``json`` has no hook for texts, which it writes without asking: its own writer is made
        here as ``JSONEncoder.iterencode`` makes it, with a function of ours for each text.
        """
        plain = (
            json_encoder.encode_basestring_ascii
            if self.ensure_ascii
            else json_encoder.encode_basestring
        )

        def written(text: str) -> str:
            return plain(str(text) if type(text) is MaskedText else text)

        make: Any = getattr(json_encoder, "c_make_encoder", None)
        indent: Any = self.indent
        if make is None or indent is not None:
            return json.JSONEncoder.iterencode(self, shown_values(o), _one_shot)
        write = make(
            {} if self.check_circular else None,
            self.default,
            written,
            None,
            self.key_separator,
            self.item_separator,
            self.sort_keys,
            self.skipkeys,
            self.allow_nan,
        )
        pieces: Iterator[str] = write(o, 0)
        return pieces


def shown_values(value: Any) -> Any:
    """Return a JSON value with every text in it plain and as it is shown."""
    if type(value) is MaskedText:
        return str(value)
    if isinstance(value, list | tuple):
        return [shown_values(item) for item in value]
    if isinstance(value, dict):
        return {shown_values(name): shown_values(item) for name, item in value.items()}
    return value


# --- Columns ------------------------------------------------------------------------------------


class Declared:
    """A text column that says of what ``kind`` it is. For migrations it is Django's own field."""

    kind: Kind
    path: str

    def deconstruct(self) -> Any:
        """Return Django's own field: what a text is called changes nothing in the database."""
        name, _path, args, named = super().deconstruct()  # type: ignore[misc]
        return name, self.path, args, named


class _Masked(Declared):
    """A column whose texts come from the database, and from a form, as ``MaskedText``."""

    kind = Kind.FREE

    def from_db_value(
        self, value: Any, _expression: Any, _connection: BaseDatabaseWrapper
    ) -> str | None:
        """Return what is stored; with a number in it, as a text that hides it."""
        return masked_text(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        """Return the whole text: what was read is stored as it was."""
        prepared = super().get_prep_value(value)  # type: ignore[misc]
        return whole(prepared) if isinstance(prepared, str) else prepared

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return what is stored; the row that goes on to a page hides what it holds."""
        value = super().pre_save(model_instance, add)  # type: ignore[misc]
        if type(value) is str:
            model_instance.__dict__[self.attname] = masked_text(value)  # type: ignore[attr-defined]
        return value

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        """Put what a form holds into ``instance``; unchanged masks stay whole."""
        old = self.value_from_object(instance)  # type: ignore[attr-defined]
        if isinstance(data, str) and isinstance(old, str):
            data = restored(data, old)
        super().save_form_data(instance, data)  # type: ignore[misc]


class FreeCharField(_Masked, _Char):
    """A line that a person writes."""

    path = "django.db.models.CharField"


class FreeTextField(_Masked, _Text):
    """Text that a person writes."""

    path = "django.db.models.TextField"


class NameField(_Masked, _Char):
    """The name of a person, a unit or another thing that people name."""

    kind = Kind.NAME
    path = "django.db.models.CharField"


class AddressField(_Masked, _Char):
    """An address, a place or a city."""

    kind = Kind.ADDRESS
    path = "django.db.models.CharField"


class FreeJSONField(Declared, _Json):
    """Values in which what people write may stand, at any depth."""

    kind = Kind.FREE
    path = "django.db.models.JSONField"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return what is stored; texts with a number in them as texts that hide it."""
        return masked_values(super().from_db_value(value, expression, connection))


class PhoneField(Declared, _Char):
    """A phone number and nothing else: pages show its masked form, or the whole one on demand.

    However it is written, what is stored is ``plain_number`` of it. Text that is no number stays
    as it is: whoever takes numbers in refuses it in words.
    """

    kind = Kind.PHONE
    path = "django.db.models.CharField"

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Return the number as it is kept."""
        if isinstance(value, str):
            value = plain_number(value) or value
        return super().get_db_prep_save(value, connection)


class PhonesField(Declared, _Text):
    """Phone numbers by which a row is found."""

    kind = Kind.PHONE
    path = "django.db.models.TextField"


class CodeField(Declared, _Char):
    """What systems know a row by: a customer number, a staff number, another system's id."""

    kind = Kind.CODE
    path = "django.db.models.CharField"


class MailField(Declared, _Mail):
    """The address by which the product writes to a person."""

    kind = Kind.CODE
    path = "django.db.models.EmailField"


class SecretField(Declared, _Char):
    """What is never shown: a password's or a key's hash."""

    kind = Kind.SECRET
    path = "django.db.models.CharField"


class TechnicalField(Declared, _Char):
    """What the product itself writes: a path, a seed, a key of comparison."""

    kind = Kind.TECHNICAL
    path = "django.db.models.CharField"


class TechnicalTextField(Declared, _Text):
    """Longer text that the product itself writes."""

    kind = Kind.TECHNICAL
    path = "django.db.models.TextField"


class TechnicalJSONField(Declared, _Json):
    """Values that the product itself writes: counts, chosen columns, arguments of tasks."""

    kind = Kind.TECHNICAL
    path = "django.db.models.JSONField"


TEXT_COLUMNS = (models.CharField, models.TextField, models.JSONField)


def kind_of(column: models.Field[Any, Any]) -> Kind | None:
    """Return what a text column holds: as declared, CHOICE where it has choices, else None."""
    if isinstance(column, Declared):
        return column.kind
    if isinstance(column, models.SlugField):
        return Kind.CODE
    if column.name in {"password", "session_key", "session_data"}:
        # Declared by Django.
        return Kind.SECRET
    return Kind.CHOICE if column.choices else None


# --- Editing ------------------------------------------------------------------------------------


def restored(new: str, old: str) -> str:
    """Return ``new``, each masked number in it that stood so in the shown ``old`` whole again.

    Who edits a text with masked numbers sends the masks back: they stand for what they hid. Of
    numbers with the same mask it is the one at that place of the text. A mask that did not stand
    in ``old`` stays as it was typed.
    """
    if HIDDEN not in new:
        return new
    before = whole(old)
    shown = mask_phones_in(before)
    if new == shown:
        return before
    numbers = _hidden_numbers(before, shown)
    by_mask: dict[str, set[str]] = {}
    for mask, number in numbers.values():
        by_mask.setdefault(mask, set()).add(number)
    is_ambiguous = any(len(found) > 1 for found in by_mask.values())
    places = _same_places(shown, new) if is_ambiguous else {}

    def number_of(found: re.Match[str]) -> str:
        mask = found.group()
        there = numbers.get(places.get(found.start(), -1))
        if there is not None and there[0] == mask:
            return there[1]
        return next((number for known, number in numbers.values() if known == mask), mask)

    return _MASKED_NUMBER.sub(number_of, new)


def restored_values(row: object, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is ``given`` for attributes of ``row``, unchanged masks in texts whole again.

    For services that write what a form holds: compare and store what comes out.
    """
    return {
        name: restored(value, old)
        if isinstance(value, str) and isinstance(old := getattr(row, name), str)
        else value
        for name, value in given.items()
    }


def _hidden_numbers(before: str, shown: str) -> dict[int, tuple[str, str]]:
    """Return the masks in ``shown`` by their place, each with what it hides of ``before``."""
    masks = list(_MASKED_NUMBER.finditer(shown))
    found: dict[int, tuple[str, str]] = {}
    at = end = 0
    for mask, following in zip(masks, [*masks[1:], None], strict=False):
        at += mask.start() - end
        end = mask.end()
        behind = shown[end : following.start() if following else len(shown)]
        stop = _end_of_number(before, at, mask.group(), behind, is_last=following is None)
        found[mask.start()] = (mask.group(), before[at:stop])
        at = stop
    return found


def _end_of_number(before: str, start: int, mask: str, behind: str, *, is_last: bool) -> int:
    """Return where the number at ``start`` ends that ``mask`` hides and ``behind`` follows."""
    if is_last:
        return len(before) - len(behind)
    ends = [
        end
        for end in range(start + 1, min(len(before), start + _LONGEST_WRITTEN) + 1)
        if before.startswith(behind, end)
    ]
    exact = (end for end in ends if mask_phones_in(before[start:end]) == mask)
    return next(exact, ends[0] if ends else start)


def _same_places(shown: str, new: str) -> dict[int, int]:
    """Return for each place of ``new`` the place of ``shown`` that it stands for."""
    blocks = SequenceMatcher(None, shown, new, autojunk=False).get_matching_blocks()
    return {b + n: a + n for a, b, size in blocks for n in range(size)}
