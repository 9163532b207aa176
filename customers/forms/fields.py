"""Fields that several forms of the customer pages use."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customers.models import phone_validator

FIRST_YEAR, LAST_YEAR = 1900, 2100
_PHONE_SIGNS = re.compile(r"[\s\-().]")
_COUNTRY_CODE = re.compile(r"^(?:\+|00)86(?=1\d{10}$)")


class DateInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """The browser's own clock."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class PhoneField(forms.CharField):
    """A phone number however it is written: spaces, dashes and +86 are taken off."""

    default_validators = [phone_validator]

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})
        super().__init__(**{"max_length": 20, "widget": widget, **kwargs})

    def to_python(self, value: Any) -> str:
        """Return the digits, with a leading + where the number is of another country."""
        text = unicodedata.normalize("NFKC", super().to_python(value) or "")
        return _COUNTRY_CODE.sub("", _PHONE_SIGNS.sub("", text))


def not_in_future(day: date | None, today: date) -> None:
    """Refuse a day after today."""
    if day is not None and day > today:
        raise ValidationError(_("That day is in the future."))


class YearField(forms.IntegerField):
    """A year, or nothing."""

    def __init__(self, **kwargs: Any) -> None:
        limits = {"required": False, "min_value": FIRST_YEAR, "max_value": LAST_YEAR}
        super().__init__(**{**limits, **kwargs})
