"""Why a row, or a cell of it, cannot be taken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from exchange.rules.headings import RosterField


class Reason(StrEnum):
    """What is wrong with a cell; the texts in the reader's language are the service's."""

    EMPTY = "empty"
    LOST_DIGITS = "lost_digits"
    FORMULA_ERROR = "formula_error"
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    NO_VALUE = "no_value"
    LOST_CHARACTER = "lost_character"
    TOO_LONG = "too_long"
    NOT_A_MOBILE_NUMBER = "not_a_mobile_number"
    NO_SUCH_TIER = "no_such_tier"
    NO_SUCH_DATE = "no_such_date"
    IN_THE_FUTURE = "in_the_future"
    NOT_YES_OR_NO = "not_yes_or_no"
    NO_SUCH_GENDER = "no_such_gender"
    NO_SUCH_CALENDAR = "no_such_calendar"
    NO_SUCH_CHANNEL = "no_such_channel"
    NO_SUCH_UNIT_NAME = "no_such_unit_name"
    NOT_A_NUMBER = "not_a_number"
    REPEATED = "repeated"
    NO_SUCH_MANAGER = "no_such_manager"
    NOT_A_MANAGER = "not_a_manager"
    DEPARTED = "departed"
    MERGED = "merged"
    CANNOT_BE_TAKEN = "cannot_be_taken"
    NO_SUCH_KIND = "no_such_kind"
    REFUSED = "refused"
    NOT_AGREED = "not_agreed"


class CellRejectedError(ValueError):
    """A cell says something that cannot be: carries the ``Reason``."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Rejection:
    """One reason why a row is rejected: the field, what is wrong, a number or name for the text."""

    field: RosterField
    reason: Reason
    detail: str = ""

    def as_json(self) -> list[str]:
        """Return plain values to store."""
        return [self.field.value, self.reason.value, self.detail]

    @classmethod
    def from_json(cls, stored: list[str]) -> Rejection:
        """Return what ``as_json`` stored."""
        field, reason, detail = stored
        return cls(RosterField(field), Reason(reason), detail)
