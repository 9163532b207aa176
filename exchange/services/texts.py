"""What fields, reasons and problems are called, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import formats, translation
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import BirthCalendar, Channel, Gender, Tier
from exchange.models import INTERRUPTED, UNREAD
from exchange.rules.departure_rows import DepartureField
from exchange.rules.headings import RosterField
from exchange.rules.measures import Measure
from exchange.rules.reasons import Reason, Rejection
from exchange.rules.spreadsheets import MAX_COLUMNS, MAX_ROWS, FileProblem
from exchange.rules.usage_rows import UsageField

FIELDS: dict[RosterField, Promise] = {
    RosterField.NUMBER: gettext_lazy("Customer number"),
    RosterField.NAME: gettext_lazy("Name"),
    RosterField.GENDER: gettext_lazy("Gender"),
    RosterField.PHONE: gettext_lazy("Mobile number"),
    RosterField.TIER: gettext_lazy("Tier"),
    RosterField.IS_KEY: gettext_lazy("Key customer"),
    RosterField.UNIT: gettext_lazy("Unit"),
    RosterField.MANAGER: gettext_lazy("Manager's staff number"),
    RosterField.MANAGER_NAME: gettext_lazy("Manager's name"),
    RosterField.BIRTHDAY: gettext_lazy("Birthday"),
    RosterField.BIRTH_CALENDAR: gettext_lazy("Birthday's calendar"),
    RosterField.ID_PROVINCE: gettext_lazy("Province of the identity card"),
    RosterField.ADDRESS: gettext_lazy("Home address"),
    RosterField.EMPLOYER: gettext_lazy("Employer"),
    RosterField.POSITION: gettext_lazy("Position"),
    RosterField.OCCUPATION: gettext_lazy("Occupation"),
    RosterField.CHARACTER: gettext_lazy("Character"),
    RosterField.SPORTS: gettext_lazy("Favourite sports"),
    RosterField.REWARDS: gettext_lazy("Favourite rewards"),
    RosterField.PREFERRED_CHANNEL: gettext_lazy("Preferred channel"),
    RosterField.JOINED_ON: gettext_lazy("With us since"),
    RosterField.VIP_SINCE: gettext_lazy("VIP since"),
    RosterField.LAST_CONTACT: gettext_lazy("Last contact"),
    RosterField.LAST_CONTACT_CHANNEL: gettext_lazy("Channel of the last contact"),
    RosterField.SERVICE_POLICY: gettext_lazy("VIP service policy"),
}

REASONS: dict[Reason, Promise] = {
    Reason.EMPTY: gettext_lazy("It is empty. A new customer needs it."),
    Reason.LOST_DIGITS: gettext_lazy(
        "%(detail)s: the number has more digits than Excel keeps; make the column text and enter "
        "the whole number again."
    ),
    Reason.FORMULA_ERROR: gettext_lazy(
        "%(detail)s is an error of a formula. Correct the formula, or write the value itself."
    ),
    Reason.FORMULA_WITHOUT_VALUE: gettext_lazy(
        "%(detail)s is a formula without a stored value: open it in Excel and save it, then choose "
        "the file again."
    ),
    Reason.NO_VALUE: gettext_lazy(
        "“%(detail)s” is what programs write where they have no value. Write the value, or leave "
        "the cell empty."
    ),
    Reason.LOST_CHARACTER: gettext_lazy(
        "A character of “%(detail)s” is damaged. Write it anew, or export the file again."
    ),
    Reason.TOO_LONG: gettext_lazy("It is too long. Shorten it."),
    Reason.NOT_A_PHONE_NUMBER: gettext_lazy(
        "“%(detail)s” is no phone number. A mobile number has 11 digits and begins with 13 to 19; "
        "before a landline stands its area code."
    ),
    Reason.NO_SUCH_TIER: gettext_lazy("There is no tier “%(detail)s”. Use 钻卡, 金卡 or 银卡."),
    Reason.NO_SUCH_DATE: gettext_lazy(
        "“%(detail)s” is no date of the calendar. Write it like 1980-01-31."
    ),
    Reason.IN_THE_FUTURE: gettext_lazy("“%(detail)s” is in the future."),
    Reason.NOT_YES_OR_NO: gettext_lazy("“%(detail)s” is neither yes nor no. Use 是 or 否."),
    Reason.NO_SUCH_GENDER: gettext_lazy("“%(detail)s” is no gender. Use 男 or 女."),
    Reason.NO_SUCH_CALENDAR: gettext_lazy("“%(detail)s” is no calendar. Use 公历 or 农历."),
    Reason.NO_SUCH_CHANNEL: gettext_lazy(
        "“%(detail)s” is no channel. Use 电话, 短信, 彩信, 微信, 登门拜访 or 接待."
    ),
    Reason.NO_SUCH_UNIT_NAME: gettext_lazy(
        "“%(detail)s” is no name of a unit. Write its full name, from the top, like A/B."
    ),
    Reason.NOT_A_NUMBER: gettext_lazy("“%(detail)s” is no number that can stand here."),
    Reason.REPEATED: gettext_lazy(
        "The customer number stands in row %(detail)s already. The first row counts."
    ),
    Reason.NO_SUCH_MANAGER: gettext_lazy(
        "Nobody has the staff number %(detail)s, and there is no name to add a manager by."
    ),
    Reason.NOT_A_MANAGER: gettext_lazy(
        "The staff number %(detail)s is not that of an active customer manager."
    ),
    Reason.DEPARTED: gettext_lazy("This customer has left."),
    Reason.MERGED: gettext_lazy(
        "This customer was merged into %(detail)s. Use that number, or leave the row out."
    ),
    Reason.CANNOT_BE_TAKEN: gettext_lazy(
        "You cannot import this. Check the customer number, the unit and the manager, "
        "or ask an administrator."
    ),
}

REASONS |= {
    Reason.NOT_AGREED: gettext_lazy(
        "“%(detail)s” does not exist. Agree in the preview that it is made, or correct it."
    ),
    Reason.NO_SUCH_KIND: gettext_lazy(
        "“%(detail)s” is no kind of departure. Use 销号, 携号转网, 过户, 死亡 or 取消VIP."
    ),
}

DEPARTURE_FIELDS: dict[DepartureField, Promise] = {
    DepartureField.NUMBER: gettext_lazy("Customer number"),
    DepartureField.LEFT_ON: gettext_lazy("Left on"),
    DepartureField.KIND: gettext_lazy("Kind of departure"),
    DepartureField.VOLUNTARY: gettext_lazy("Of their own will"),
    DepartureField.COMPETITOR: gettext_lazy("Competitor"),
    DepartureField.NOTE: gettext_lazy("Note"),
    DepartureField.NAME: gettext_lazy("Name"),
    DepartureField.TIER: gettext_lazy("Tier"),
    DepartureField.UNIT: gettext_lazy("Unit"),
    DepartureField.MANAGER: gettext_lazy("Manager's staff number"),
    DepartureField.VIP_SINCE: gettext_lazy("VIP since"),
}

PROBLEMS: dict[str, Promise] = {
    FileProblem.EMPTY: gettext_lazy("The file is empty. Choose the roster again."),
    FileProblem.TOO_LARGE: gettext_lazy(
        "The file is larger than 50 MB. Divide it and import the parts one after another."
    ),
    FileProblem.UNPACKS_TOO_LARGE: gettext_lazy(
        "The workbook is too large when it is unpacked. Copy the roster into a new workbook."
    ),
    FileProblem.TOO_MANY_ROWS: gettext_lazy(
        "The sheet has more than %(rows)s rows. Remove empty rows at its end or divide it."
    ),
    FileProblem.TOO_MANY_COLUMNS: gettext_lazy(
        "The sheet has more than %(columns)s columns. Remove those that are not needed."
    ),
    FileProblem.PASSWORD: gettext_lazy(
        "The workbook is protected by a password. Save it without one and choose it again."
    ),
    FileProblem.OLD_EXCEL: gettext_lazy(
        "This is a workbook of a very old Excel version. Save it as .xlsx and choose it again."
    ),
    FileProblem.NOT_A_SPREADSHEET: gettext_lazy(
        "This is not a spreadsheet. Choose a workbook (.xlsx, .xls, .xlsb, .ods) or a CSV file."
    ),
    FileProblem.ENCODING: gettext_lazy(
        "The characters of this file cannot be read (is it in Big5?). Save it as CSV in UTF-8 or "
        "GB18030."
    ),
    FileProblem.DAMAGED: gettext_lazy(
        "The file is damaged and cannot be read. Open it, save it again and choose the new file."
    ),
    FileProblem.NO_HEADINGS: gettext_lazy(
        "No row with headings was found. The first 30 rows must hold one, "
        "with headings such as 客户编号 or “customer number”."
    ),
    FileProblem.NO_NUMBER_COLUMN: gettext_lazy("No column holds the customer number."),
    FileProblem.NO_MONTH_COLUMN: gettext_lazy("No column holds the month."),
    FileProblem.NO_LEAVING_COLUMN: gettext_lazy("No column holds the day of leaving."),
    FileProblem.NO_KIND_COLUMN: gettext_lazy("No column holds the kind of departure."),
    FileProblem.NO_ROWS: gettext_lazy("There are no rows below the headings."),
    FileProblem.NO_SUCH_SHEET: gettext_lazy("The file has no such sheet. Choose another one."),
    FileProblem.OPEN_QUOTE: gettext_lazy(
        'A quotation mark (") in row %(row)s is not closed where its field ends, so that other '
        "fields or rows would be lost in it. Correct row %(row)s and choose the file again."
    ),
    UNREAD: gettext_lazy(
        "Something went wrong while the file was read. Choose it again; if that does not help, "
        "tell your administrator."
    ),
    INTERRUPTED: gettext_lazy(
        "The work was interrupted. Rows that were imported stay; go on with the rest."
    ),
}

USAGE_FIELDS: dict[UsageField, Promise] = {
    UsageField.NUMBER: gettext_lazy("Customer number"),
    UsageField.MONTH: gettext_lazy("Billing month"),
    UsageField.BILL: gettext_lazy("Bill"),
    UsageField.VOICE_MINUTES: gettext_lazy("Voice minutes"),
    UsageField.DATA_MB: gettext_lazy("Data in MB"),
    UsageField.SMS_COUNT: gettext_lazy("SMS"),
    UsageField.ROAMING_DAYS: gettext_lazy("Roaming days"),
    UsageField.BALANCE: gettext_lazy("Balance"),
    UsageField.DAYS_WITHOUT_USE: gettext_lazy("Days without use"),
    UsageField.PLAN: gettext_lazy("Plan"),
    UsageField.CONTRACT_END: gettext_lazy("Contract end"),
    UsageField.SUSPENSIONS: gettext_lazy("Suspensions"),
    UsageField.CARE_CALLS: gettext_lazy("Calls to the care line"),
}

EXPORT_PROBLEMS: dict[str, Promise] = {
    "broken": gettext_lazy(
        "Something went wrong while the file was written. Export the list again; if that does "
        "not help, tell your administrator."
    ),
    "not_allowed": gettext_lazy(
        "What you asked for is no longer yours to export. Open the list and look at its filters."
    ),
}

UNITS: dict[str, Promise] = {
    "yuan": gettext_lazy("yuan"),
    "jiao": gettext_lazy("jiao (a tenth of a yuan)"),
    "fen": gettext_lazy("fen (a hundredth of a yuan)"),
    "li": gettext_lazy("li (a thousandth of a yuan)"),
    "hundred_yuan": gettext_lazy("hundred yuan"),
    "thousand_yuan": gettext_lazy("thousand yuan"),
    "ten_thousand_yuan": gettext_lazy("ten thousand yuan"),
    "byte": gettext_lazy("bytes"),
    "KB": gettext_lazy("KB"),
    "MB": gettext_lazy("MB"),
    "GB": gettext_lazy("GB (1,024 MB)"),
    "TB": gettext_lazy("TB (1,024 GB)"),
    "second": gettext_lazy("seconds"),
    "minute": gettext_lazy("minutes"),
    "hour": gettext_lazy("hours"),
    "day": gettext_lazy("days"),
    "week": gettext_lazy("weeks"),
    "hours": gettext_lazy("hours"),
    "one": gettext_lazy("single ones"),
    "hundred": gettext_lazy("hundreds"),
    "thousand": gettext_lazy("thousands"),
    "ten_thousand": gettext_lazy("ten thousands"),
    "solar": gettext_lazy("solar calendar"),
    "lunar": gettext_lazy("lunar calendar"),
}
MEASURES: dict[Measure, Promise] = {
    Measure.MONEY: gettext_lazy("Money"),
    Measure.DATA: gettext_lazy("Data"),
    Measure.TALK: gettext_lazy("Talk time"),
    Measure.DAYS: gettext_lazy("Days"),
    Measure.COUNT: gettext_lazy("Counts"),
    Measure.CALENDAR: gettext_lazy("Birthdays"),
}

FIELDS_OF: dict[str, Mapping[Any, Promise]] = {
    "roster": FIELDS,
    "usage_file": USAGE_FIELDS,
    "departure_file": DEPARTURE_FIELDS,
}
"""What the fields of each kind of file are called, by its word in the audit trail."""

REASON_HEADING = gettext_lazy("Why it was rejected")

_CHOICES: dict[str, dict[Any, Any]] = {
    "tier": dict(Tier.choices),
    "gender": dict(Gender.choices),
    "birth_calendar": dict(BirthCalendar.choices),
    "preferred_channel": dict(Channel.choices),
    "last_contact_channel": dict(Channel.choices),
}
_DATES = {"joined_on", "vip_since", "last_contact"}


def reason_headings() -> set[str]:
    """Return the heading of our own column in rejected rows, in every language."""
    headings = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            headings.add(str(REASON_HEADING))
    return headings


def field_text(name: str) -> str:
    """Return what a field is called."""
    return str(FIELDS[RosterField(name)])


def rejection_text(rejection: Rejection) -> str:
    """Return why a row is rejected: the field and what is wrong with it."""
    text = str(REASONS[rejection.reason]) % {"detail": rejection.detail}
    return _("%(field)s: %(text)s") % {"field": FIELDS[rejection.field], "text": text}


def usage_reason_text(field: str, reason: str, detail: str) -> str:
    """Return why a row of a usage file is rejected."""
    text = str(REASONS[Reason(reason)]) % {"detail": detail}
    return _("%(field)s: %(text)s") % {"field": USAGE_FIELDS[UsageField(field)], "text": text}


def departure_reason_text(field: str, reason: str, detail: str) -> str:
    """Return why a row of a file of departures is rejected."""
    if reason == Reason.REFUSED:
        return detail
    text = str(REASONS[Reason(reason)]) % {"detail": detail}
    name = DEPARTURE_FIELDS[DepartureField(field)]
    return _("%(field)s: %(text)s") % {"field": name, "text": text}


def for_all_text(name: str, value: str) -> str:
    """Return what was said for all rows that are silent about a field."""
    label = USAGE_FIELDS[UsageField.MONTH] if name == "month" else FIELDS[RosterField(name)]
    return _("%(field)s for rows without one: %(value)s") % {
        "field": label,
        "value": value_text(name, value),
    }


def problem_text(problem: str) -> str:
    """Return why a file cannot be read, and what to do."""
    problem, _colon, row = problem.partition(":")
    return str(PROBLEMS[problem]) % {
        "row": row,
        "rows": formats.number_format(MAX_ROWS, force_grouping=True),
        "columns": MAX_COLUMNS,
    }


def export_problem_text(problem: str) -> str:
    """Return why an export failed, and what to do."""
    return str(EXPORT_PROBLEMS[problem])


def value_text(name: str, value: Any) -> str:
    """Return a value of the field ``name`` as people read it; empty where there is none."""
    if value is None or value == "":
        return ""
    if name in _CHOICES:
        return str(_CHOICES[name].get(value, value))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name in _DATES and (day := parse_date(str(value))):
        return formats.date_format(day, "SHORT_DATE_FORMAT")
    return str(value)
