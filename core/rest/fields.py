"""Fields that take exactly what the API's description says, not what merely looks like it."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

LARGEST_ID = 2**63 - 1
MOST_UNKNOWN_NAMED = 20
"""So many unknown fields are named in one answer; a hundred thousand help nobody."""
_WHOLE = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
MONEY = r"^[0-9]{1,8}(\.[0-9]{1,2})?$"
SIGNED_MONEY = r"^-?[0-9]{1,8}(\.[0-9]{1,2})?$"
HOUR = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
# What Python strips as space is more than other languages' patterns call so.
FILLED = r"[^\s\x1c-\x1f\x85]"


class TextField(serializers.CharField):
    """A text; a number is none."""

    def to_internal_value(self, data: Any) -> str:
        """Refuse everything but text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class FilledTextField(serializers.RegexField):
    """A text with something in it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(FILLED, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Refuse everything but text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class RowsField(serializers.ListField):
    """A list of at most ``max_length`` rows, counted before any of them is looked at."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.longest = max_length

    def to_internal_value(self, data: Any) -> list[Any]:
        """Refuse a list that is too long at once: to check a row costs as much as to take it."""
        if isinstance(data, list) and len(data) > self.longest:
            text = self.error_messages["max_length"].format(max_length=self.longest)
            raise serializers.ValidationError(text, code="max_length")
        rows: list[Any] = super().to_internal_value(data)
        return rows


class WholeNumberField(serializers.IntegerField):
    """A whole number of JSON; neither text nor yes or no."""

    def to_internal_value(self, data: Any) -> int:
        """Refuse text, booleans and fractions."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class YesNoField(serializers.BooleanField):
    """A boolean of JSON."""

    def to_internal_value(self, data: Any) -> bool:
        """Refuse words and numbers that stand for yes or no."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class DayField(serializers.DateField):
    """A day as 2026-11-23."""

    def to_internal_value(self, value: Any) -> date:
        """Refuse other ways to write a day."""
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


@extend_schema_field({"type": "string", "pattern": MONTH, "examples": ["2026-10"]})
class MonthField(serializers.Field[date, str, str, Any]):
    """A month as 2026-10; in the product it is its first day."""

    default_error_messages = {"invalid": _("A month is written as 2026-10.")}

    def to_internal_value(self, data: Any) -> date:
        """Refuse other ways to write a month."""
        if not isinstance(data, str) or not re.fullmatch(MONTH, data, re.ASCII):
            self.fail("invalid")
        return date(int(data[:4]), int(data[5:]), 1)

    def to_representation(self, value: date) -> str:
        """Return the month of a day."""
        return f"{value:%Y-%m}"


@extend_schema_field({"type": "string", "pattern": MONEY, "examples": ["188.00"]})
class MoneyField(serializers.Field[Decimal, str, str, Any]):
    """An amount in yuan, never below zero, as text: "12.50" is exact, the number 12.5 is not."""

    pattern: ClassVar[str] = MONEY
    default_error_messages = {"invalid": _("An amount is a text as 188.00.")}

    def to_internal_value(self, data: Any) -> Decimal:
        """Refuse numbers, which may have lost something on the way, and other spellings."""
        if not isinstance(data, str) or not re.fullmatch(self.pattern, data, re.ASCII):
            self.fail("invalid")
        return Decimal(data)

    def to_representation(self, value: Decimal) -> str:
        """Return the amount with two decimals."""
        return f"{value:.2f}"


@extend_schema_field({"type": "string", "pattern": SIGNED_MONEY, "examples": ["-12.50"]})
class SignedMoneyField(MoneyField):
    """An amount in yuan that may be below zero."""

    pattern = SIGNED_MONEY


class InstantField(serializers.DateTimeField):
    """A moment with its offset, as 2026-11-23T10:00:00+08:00."""

    def to_internal_value(self, value: Any) -> datetime:
        """Refuse a moment without an offset: nobody knows when that was."""
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ss+hh:mm")
        return super().to_internal_value(value)


class KeyField(serializers.UUIDField):
    """A UUID as text."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse numbers."""
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": HOUR, "examples": ["09:30"]})
class HourField(serializers.TimeField):
    """An hour of the day as 09:30."""

    def to_internal_value(self, value: Any) -> Any:
        """Refuse other ways to write an hour."""
        if not isinstance(value, str) or not re.fullmatch(HOUR, value, re.ASCII):
            self.fail("invalid", format="hh:mm")
        return super().to_internal_value(value)


class NumberParameter(serializers.IntegerField):
    """A whole number in the query string."""

    def to_internal_value(self, data: Any) -> int:
        """Refuse signs, spaces and fractions."""
        if not isinstance(data, str) or not _WHOLE.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class YesNoParameter(serializers.BooleanField):
    """Yes or no in the query string: true or false."""

    def to_internal_value(self, data: Any) -> bool:
        """Refuse other words."""
        if data not in ("true", "false"):
            self.fail("invalid", input=data)
        return bool(data == "true")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses names that it does not know: a misspelt one would be lost without a word."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Check the names, then the values."""
        if isinstance(data, dict):
            self._refuse_unknown(data)
        values: dict[str, Any] = super().to_internal_value(data)
        return values

    def _refuse_unknown(self, data: dict[str, Any]) -> None:
        known = {name for name, field in self.fields.items() if not field.read_only}
        if unknown := sorted(data.keys() - known):
            self._fail_unknown(unknown[:MOST_UNKNOWN_NAMED])

    def _fail_unknown(self, names: list[str]) -> NoReturn:
        text = _("There is no such field.")
        raise serializers.ValidationError({name: [text] for name in names}, code="unknown")
