"""Fields that several forms of the customer pages use."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.phones import LONGEST_WRITTEN, NumberKind, kind_of, plain_number

FIRST_YEAR, LAST_YEAR = 1900, 2100


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
    """A phone number however it is written; what comes out is the number as it is kept."""

    default_error_messages = {
        "unknown": _(
            "This is no phone number. A mobile number has 11 digits and begins with 13 to 19; "
            "before a landline stands its area code, before another country's + and its code."
        )
    }

    known = ""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})
        super().__init__(**{"max_length": LONGEST_WRITTEN, "widget": widget, **kwargs})

    def clean(self, value: Any) -> str:
        """Return the number as it is kept. Raises ValidationError for what is none.

        What was kept before the plan was asked, ``known``, may stay.
        """
        text: str = super().clean(value)
        if not text or text == self.known:
            return text
        number = plain_number(text)
        if kind_of(number) is NumberKind.UNKNOWN:
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        return number


def not_in_future(day: date | None, today: date) -> None:
    """Refuse a day after today."""
    if day is not None and day > today:
        raise ValidationError(_("That day is in the future."))


class YearField(forms.IntegerField):
    """A year, or nothing."""

    def __init__(self, **kwargs: Any) -> None:
        limits = {"required": False, "min_value": FIRST_YEAR, "max_value": LAST_YEAR}
        super().__init__(**{**limits, **kwargs})
