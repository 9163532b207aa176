"""The form of a customer's data sheet, and of the choice between two editors' entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.forms.fields import DateInput, PhoneField, TimeInput, YearField, not_in_future
from customers.models import (
    PREFERRED_CHANNELS,
    BirthCalendar,
    Customer,
    CustomerAddress,
    CustomerPhone,
    FamilyMember,
    JobChange,
    Profile,
)
from customers.services.birthdays import NoSuchDayError, born_on
from customers.services.editing import THEIRS, Clash
from customers.services.sheet import (
    LABELS,
    MOST_ROWS,
    PROFILE_FIELDS,
    ROWS,
    Birthday,
    Hours,
    Row,
    Sheet,
    in_words,
)


class SheetPart(forms.ModelForm[Any]):
    """A part of the sheet: fields as in the model, values for the service, which does the rest."""

    def _post_clean(self) -> None:
        # A plain ModelForm would write into the instance that the page still shows, and ask the
        # database about constraints: both are the service's business.
        pass


class CustomerForm(SheetPart):
    """Basics, birthday, how and when the customer likes to be reached."""

    birth_year = YearField(label=_("Year"), help_text=_("May be left empty."))
    birth_month = forms.IntegerField(label=_("Month"), required=False, min_value=1, max_value=12)
    birth_day = forms.IntegerField(label=_("Day"), required=False, min_value=1, max_value=31)
    opt_outs = forms.MultipleChoiceField(
        label=_("Does not want to be contacted by"),
        required=False,
        choices=PREFERRED_CHANNELS,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Customer
        fields = (
            "name",
            "gender",
            "joined_on",
            "birth_calendar",
            "birth_year",
            "birth_month",
            "birth_day",
            "birth_leap_month",
            "preferred_channel",
            "preferred_from",
            "preferred_to",
        )
        labels = {
            "birth_calendar": _("Calendar"),
            "birth_leap_month": _("Leap month"),
        }
        widgets = {
            "joined_on": DateInput,
            "preferred_from": TimeInput,
            "preferred_to": TimeInput,
        }

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        if self.instance.pk:
            self.initial["opt_outs"] = [row.channel for row in self.instance.opt_outs.all()]

    def clean_joined_on(self) -> date | None:
        """Refuse a day after today."""
        day: date | None = self.cleaned_data["joined_on"]
        not_in_future(day, self.today)
        return day

    def clean(self) -> dict[str, Any]:
        """Refuse a birthday that no calendar has, half of the hours, and a channel opted out of."""
        cleaned = super().clean() or self.cleaned_data
        if not {"birth_year", "birth_month", "birth_day"} & self.errors.keys():
            self._check_birthday(cleaned)
        if not {"preferred_from", "preferred_to"} & self.errors.keys():
            self._check_hours(cleaned)
        if cleaned.get("preferred_channel") in cleaned.get("opt_outs", ()) and cleaned.get(
            "preferred_channel"
        ):
            self.add_error(
                "preferred_channel",
                _("The customer has opted out of this channel. Choose another."),
            )
        return cleaned

    def _check_birthday(self, cleaned: dict[str, Any]) -> None:
        year, month, day = (cleaned[f"birth_{part}"] for part in ("year", "month", "day"))
        if month is None and day is None and year is None:
            return
        if month is None or day is None:
            field = "birth_month" if month is None else "birth_day"
            self.add_error(field, _("A birthday has a month and a day."))
            return
        calendar, leap = cleaned["birth_calendar"], cleaned["birth_leap_month"]
        if calendar == BirthCalendar.SOLAR and leap:
            self.add_error("birth_leap_month", _("Only the lunar calendar has leap months."))
            return
        try:
            born = born_on(calendar, year, month, day, leap_month=leap)
        except NoSuchDayError:
            self.add_error("birth_day", _("This calendar has no such day."))
            return
        if born is not None and born > self.today:
            self.add_error("birth_year", _("That day is in the future."))

    def _check_hours(self, cleaned: dict[str, Any]) -> None:
        start, end = cleaned["preferred_from"], cleaned["preferred_to"]
        if (start is None) != (end is None):
            field = "preferred_from" if start is None else "preferred_to"
            self.add_error(field, _("Give both the first and the last hour, or neither."))
        elif start is not None and start >= end:
            self.add_error("preferred_to", _("The last hour is not after the first."))

    def values(self) -> Sheet:
        """Return the entries of the sheet."""
        cleaned = self.cleaned_data
        names = ("name", "gender", "joined_on", "preferred_channel")
        return {
            **{name: cleaned[name] for name in names},
            "birthday": self._birthday(),
            "preferred_hours": self._hours(),
            "opt_outs": tuple(sorted(cleaned["opt_outs"])),
        }

    def _birthday(self) -> Birthday | None:
        cleaned = self.cleaned_data
        if cleaned["birth_month"] is None:
            return None
        return Birthday(
            calendar=cleaned["birth_calendar"],
            month=cleaned["birth_month"],
            day=cleaned["birth_day"],
            year=cleaned["birth_year"],
            leap_month=cleaned["birth_leap_month"],
        )

    def _hours(self) -> Hours | None:
        start, end = self.cleaned_data["preferred_from"], self.cleaned_data["preferred_to"]
        return None if start is None else Hours(start, end)


class ProfileForm(SheetPart):
    """Likings and private facts (article 12)."""

    class Meta:
        model = Profile
        fields = PROFILE_FIELDS
        widgets = {
            "family_background": forms.Textarea(attrs={"rows": 3}),
            "remarks": forms.Textarea(attrs={"rows": 3}),
        }

    def values(self) -> Sheet:
        """Return the entries of the sheet."""
        return {name: self.cleaned_data[name] for name in PROFILE_FIELDS}


class RowForm(SheetPart):
    """One row of a list on the sheet; ``id`` is the stored row it was."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)


class PhoneForm(RowForm):
    """One phone number; who sees numbers masked keeps or removes a known one, or adds another."""

    number = PhoneField(label=_("Phone number"))

    class Meta:
        model = CustomerPhone
        fields = ("number", "kind")


class AddressForm(RowForm):
    """One address."""

    class Meta:
        model = CustomerAddress
        fields = ("text", "city", "kind")


class FamilyForm(RowForm):
    """One member of the family."""

    birth_year = YearField(label=_("Year of birth"))

    class Meta:
        model = FamilyMember
        fields = ("relation", "name", "birth_year", "note")


class JobForm(RowForm):
    """One job."""

    from_year = YearField(label=_("From year"))
    to_year = YearField(label=_("To year"))

    class Meta:
        model = JobChange
        fields = ("employer", "position_held", "from_year", "to_year", "note")

    def clean(self) -> dict[str, Any]:
        """Refuse years in the wrong order."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("from_year"), cleaned.get("to_year")
        if first is not None and last is not None and last < first:
            self.add_error("to_year", _("The last year is before the first year."))
        return cleaned


class RowFormSet(forms.BaseFormSet[RowForm]):
    """The rows of one list on the sheet."""

    entry: str

    @property
    def label(self) -> str:
        """What the list is called."""
        return str(LABELS[self.entry])

    def values(self) -> tuple[Row, ...]:
        """Return the rows that are to stand, in order."""
        row_type, _accessor = ROWS[self.entry]
        rows = []
        for form in self.forms:
            cleaned = form.cleaned_data
            if cleaned and not cleaned["DELETE"]:
                rows.append(self._row(row_type, form))
        return tuple(rows)

    def _row(self, row_type: type[Row], form: RowForm) -> Row:
        names = ["id", *row_type.names()]
        return row_type(**{name: form.cleaned_data[name] for name in names})


class PhoneFormSet(RowFormSet):
    """The phone numbers; no number stands twice."""

    entry = "phone"

    def __init__(self, *args: Any, shows_whole: bool, **kwargs: Any) -> None:
        self.shows_whole = shows_whole
        super().__init__(*args, **kwargs)

    def add_fields(self, form: RowForm, index: int | None) -> None:
        """Leave a known number out of the page of who sees it masked."""
        super().add_fields(form, index)
        if not self.shows_whole and form.initial.get("id"):
            del form.fields["number"]
        elif isinstance(field := form.fields["number"], PhoneField):
            field.known = form.initial.get("number") or ""

    def clean(self) -> None:
        """Refuse the second of two equal numbers."""
        seen: set[str] = set()
        for form in self.forms:
            cleaned = getattr(form, "cleaned_data", {})
            if not cleaned or cleaned.get("DELETE"):
                continue
            number = cleaned.get("number") or form.initial.get("number")
            if number in seen and "number" in form.fields:
                form.add_error("number", _("This number is there already."))
            elif number:
                seen.add(number)

    def _row(self, row_type: type[Row], form: RowForm) -> Row:
        cleaned = {"number": "", **form.cleaned_data}
        return row_type(**{name: cleaned[name] for name in ["id", *row_type.names()]})


class AddressFormSet(RowFormSet):
    """The addresses."""

    entry = "address"


class FamilyFormSet(RowFormSet):
    """The members of the family."""

    entry = "family_members"


class JobFormSet(RowFormSet):
    """The jobs, the present and former ones."""

    entry = "job_history"


ROW_FORM_SETS: tuple[tuple[type[RowForm], type[RowFormSet]], ...] = (
    (PhoneForm, PhoneFormSet),
    (AddressForm, AddressFormSet),
    (FamilyForm, FamilyFormSet),
    (JobForm, JobFormSet),
)


class SheetForm:
    """The whole data sheet as one form: the customer, the profile and the lists of rows."""

    def __init__(
        self,
        customer: Customer,
        sheet: Sheet,
        *,
        today: date,
        shows_whole_phones: bool,
        data: Any = None,
    ) -> None:
        self.shows_whole_phones = shows_whole_phones
        profile = getattr(customer, "profile", None)
        self.customer = CustomerForm(data, instance=customer, today=today)
        self.profile = ProfileForm(data, instance=profile)
        self.lists = {
            form_set.entry: self._list(form, form_set, sheet, data)
            for form, form_set in ROW_FORM_SETS
        }

    def _list(
        self, form: type[RowForm], form_set: type[RowFormSet], sheet: Sheet, data: Any
    ) -> RowFormSet:
        rows: Sequence[Row] = sheet[form_set.entry]
        made: Any = forms.formset_factory(
            form,
            formset=form_set,
            extra=0 if rows else 1,
            can_delete=True,
            max_num=MOST_ROWS,
            validate_max=True,
        )
        initial = [{"id": row.id, **row.columns()} for row in rows]
        extra = {"shows_whole": self.shows_whole_phones} if form is PhoneForm else {}
        rows_form: RowFormSet = made(data, prefix=form_set.entry, initial=initial, **extra)
        return rows_form

    def is_valid(self) -> bool:
        """Check every part, so that all errors show at once."""
        parts: list[Any] = [self.customer, self.profile, *self.lists.values()]
        errors = [not part.is_valid() for part in parts]
        return not any(errors)

    def values(self) -> Sheet:
        """Return every entry of the sheet."""
        rows = {name: form_set.values() for name, form_set in self.lists.items()}
        return {**self.customer.values(), **self.profile.values(), **rows}


@dataclass(frozen=True)
class Choice:
    """An entry that somebody else changed, as the page asks about it."""

    name: str
    label: str
    theirs: Sequence[str]
    mine: Sequence[str]
    suggested: str


def choices_of(clashes: Sequence[Clash], *, whole_phones: bool) -> list[Choice]:
    """Return what to ask. Who changed nothing of an entry has no reason to undo the other's."""
    return [
        Choice(
            name=clash.name,
            label=str(LABELS[clash.name]),
            theirs=in_words(clash.name, clash.theirs, whole_phones=whole_phones),
            mine=in_words(clash.name, clash.mine, whole_phones=whole_phones),
            suggested="" if clash.is_mine_changed else THEIRS,
        )
        for clash in clashes
    ]
