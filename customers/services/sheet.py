"""A customer's data sheet as plain values: what is shown, edited, compared and put in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Prefetch, prefetch_related_objects
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.phones import mask_phone
from customers.models import (
    BirthCalendar,
    Channel,
    Customer,
    CustomerAddress,
    CustomerPhone,
    FactConfirmation,
    FamilyMember,
    Gender,
    JobChange,
    Profile,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PROFILE_FIELDS = (
    "id_province",
    "character",
    "sports",
    "rewards",
    "occupation",
    "employer",
    "position",
    "family_background",
    "remarks",
)
"""Entries of the sheet that are one column of ``Profile``."""

CUSTOMER_FIELDS = ("name", "gender", "joined_on", "preferred_channel")
"""Entries of the sheet that are one column of ``Customer``."""

LABELS: Mapping[str, StrOrPromise] = {
    "name": _("name"),
    "gender": _("gender"),
    "birthday": _("birthday"),
    "phone": _("phone numbers"),
    "address": _("addresses"),
    "id_province": _("province of the identity card"),
    "joined_on": _("with us since"),
    "preferred_channel": _("preferred channel"),
    "preferred_hours": _("best reached"),
    "opt_outs": _("opt-outs"),
    "character": _("character"),
    "sports": _("favourite sports"),
    "rewards": _("favourite rewards"),
    "occupation": _("occupation"),
    "employer": _("employer"),
    "position": _("position"),
    "job_history": _("jobs"),
    "family_members": _("family members"),
    "family_background": _("family background"),
    "remarks": _("remarks"),
}
"""Every entry of the sheet, as a page shows them. An entry that is a fact has the fact's name."""

Sheet = dict[str, Any]


@dataclass(frozen=True)
class Birthday:
    """A birthday in the numbers of its calendar; the year may be unknown."""

    calendar: str
    month: int
    day: int
    year: int | None = None
    leap_month: bool = False

    def in_words(self) -> str:
        """Return it as 1980-08-15, with the calendar where it is the lunar one."""
        year = f"{self.year}-" if self.year else ""
        day = f"{year}{self.month:02}-{self.day:02}"
        if self.calendar == BirthCalendar.SOLAR:
            return day
        if self.leap_month:
            return gettext("%(day)s, lunar calendar, leap month") % {"day": day}
        return gettext("%(day)s, lunar calendar") % {"day": day}


@dataclass(frozen=True)
class Hours:
    """The hours of the day at which a customer is best reached."""

    start: time
    end: time

    def in_words(self) -> str:
        """Return both hours."""
        return f"{self.start:%H:%M}–{self.end:%H:%M}"


@dataclass(frozen=True)
class Row:
    """One row of a list on the sheet. ``id`` is the stored row it was, and says nothing else."""

    model: ClassVar[type[Model]]

    id: int | None = field(default=None, compare=False, kw_only=True)

    @property
    def key(self) -> Any:
        """What makes two rows the same one."""
        return self

    @classmethod
    def names(cls) -> list[str]:
        """Return the columns of the model that make up a row."""
        return [one.name for one in fields(cls) if one.name != "id"]

    @classmethod
    def of(cls, stored: Model) -> Self:
        """Return what a stored row says."""
        return cls(id=stored.pk, **{name: getattr(stored, name) for name in cls.names()})

    def columns(self) -> dict[str, Any]:
        """Return the values by column of the model."""
        values = asdict(self)
        del values["id"]
        return values

    def in_words(self) -> str:
        """Return what is known of it on one line; nothing that the reader may not see."""
        raise NotImplementedError


@dataclass(frozen=True)
class PhoneRow(Row):
    """One phone number. An empty one stands for the number the stored row has."""

    model = CustomerPhone

    number: str
    kind: str = CustomerPhone.Kind.MOBILE

    @property
    def key(self) -> str:
        """A customer has each number once."""
        return self.number

    @property
    def kind_label(self) -> str:
        """What the number is, in the reader's language."""
        return str(CustomerPhone.Kind(self.kind).label)

    def in_words(self) -> str:
        """Return the number with its middle hidden."""
        return _joined([mask_phone(self.number), self.kind_label])


@dataclass(frozen=True)
class AddressRow(Row):
    """One address."""

    model = CustomerAddress

    text: str
    kind: str = CustomerAddress.Kind.HOME
    city: str = ""

    def in_words(self) -> str:
        """Return it as it is written."""
        return _joined([self.text, self.city, CustomerAddress.Kind(self.kind).label])


@dataclass(frozen=True)
class FamilyRow(Row):
    """One member of the family."""

    model = FamilyMember

    relation: str
    name: str = ""
    birth_year: int | None = None
    note: str = ""

    def in_words(self) -> str:
        """Return who it is."""
        return _joined([self.relation, self.name, self.birth_year, self.note])


@dataclass(frozen=True)
class JobRow(Row):
    """One job."""

    model = JobChange

    employer: str
    position_held: str = ""
    from_year: int | None = None
    to_year: int | None = None
    note: str = ""

    def in_words(self) -> str:
        """Return where, as what and when."""
        years = ""
        if self.from_year is not None or self.to_year is not None:
            years = f"{self.from_year or ''}–{self.to_year or ''}"
        return _joined([self.employer, self.position_held, years, self.note])


ROWS: Mapping[str, tuple[type[Row], str]] = {
    "phone": (PhoneRow, "phones"),
    "address": (AddressRow, "addresses"),
    "family_members": (FamilyRow, "family_members"),
    "job_history": (JobRow, "job_changes"),
}
"""Entries of the sheet that are lists of rows, with the accessor of the stored ones."""

MOST_ROWS = 20
"""Rows that a list of the sheet may have."""


def load_sheet(customer: Customer) -> Customer:
    """Load everything that ``read_sheet`` and the confirmations of its facts need.

    Seven statements at most, however many rows there are.
    """
    confirmations = FactConfirmation.objects.select_related("confirmed_by")
    related: list[str | Prefetch[Any]] = [
        "phones",
        "addresses",
        "family_members",
        "job_changes",
        "opt_outs",
        Prefetch("confirmations", queryset=confirmations),
    ]
    prefetch_related_objects([customer], "profile", *related)
    return customer


def read_sheet(customer: Customer) -> Sheet:
    """Return the sheet of ``customer``, loaded by ``load_sheet``, as plain values."""
    profile = profile_of(customer)
    sheet: Sheet = {name: getattr(customer, name) for name in CUSTOMER_FIELDS}
    sheet |= {name: getattr(profile, name) for name in PROFILE_FIELDS}
    sheet |= {
        "birthday": birthday_of(customer),
        "preferred_hours": hours_of(customer),
        "opt_outs": tuple(sorted(opt_out.channel for opt_out in customer.opt_outs.all())),
    }
    for name, (row_type, accessor) in ROWS.items():
        sheet[name] = tuple(row_type.of(row) for row in getattr(customer, accessor).all())
    return {name: sheet[name] for name in LABELS}


def profile_of(customer: Customer) -> Profile:
    """Return the stored profile, or an unsaved empty one."""
    profile: Profile | None = getattr(customer, "profile", None)
    return profile or Profile(customer=customer)


def birthday_of(customer: Customer) -> Birthday | None:
    """Return the birthday, None where it is not known."""
    if customer.birth_month is None or customer.birth_day is None:
        return None
    return Birthday(
        calendar=customer.birth_calendar,
        month=customer.birth_month,
        day=customer.birth_day,
        year=customer.birth_year,
        leap_month=customer.birth_leap_month,
    )


def hours_of(customer: Customer) -> Hours | None:
    """Return the preferred hours, None where there are none."""
    if customer.preferred_from is None or customer.preferred_to is None:
        return None
    return Hours(customer.preferred_from, customer.preferred_to)


def fingerprint(value: Any) -> str:
    """Return what two equal values share and from which no value can be told."""
    text = json.dumps(_plain(value), cls=DjangoJSONEncoder, sort_keys=True)
    return salted_hmac("customers.sheet", text, algorithm="sha256").hexdigest()[:20]


def recorded(value: Any) -> Any:
    """Return ``value`` as the audit trail keeps it: plain, phone numbers masked."""
    if isinstance(value, tuple):
        return [recorded(item) for item in value]
    if isinstance(value, PhoneRow):
        return {**value.columns(), "number": mask_phone(value.number)}
    return _plain(value)


def in_words(name: str, value: Any, *, whole_phones: bool = False) -> list[str]:
    """Return an entry's value in the reader's language, a line for each row; none if unknown."""
    if value in ("", None, ()):
        return []
    if isinstance(value, tuple):
        return [_line(name, item, whole_phones=whole_phones) for item in value]
    return [_line(name, value, whole_phones=whole_phones)]


def _line(name: str, value: Any, *, whole_phones: bool) -> str:
    if isinstance(value, PhoneRow) and whole_phones:
        return _joined([value.number, value.kind_label])
    if isinstance(value, Birthday | Hours | Row):
        return value.in_words()
    if isinstance(value, date):
        return date_format(value)
    if name == "gender":
        return str(Gender(value).label)
    if name in ("preferred_channel", "opt_outs"):
        return str(Channel(value).label)
    return str(value)


def _joined(parts: Iterable[object]) -> str:
    return " · ".join(str(part) for part in parts if part)


def _plain(value: Any) -> Any:
    if isinstance(value, Row):
        return value.columns()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
