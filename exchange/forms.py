"""Forms of roster imports and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.columns import PARAMETER
from core.unseen import without_unseen
from customers.models import Tier
from exchange.models import Export, FileImport, RosterImport
from exchange.rules.makings import Decision, Making
from exchange.rules.measures import USUAL, WITH_FIGURES, units_for
from exchange.rules.spreadsheets import MAX_UPLOAD_BYTES, FileProblem
from exchange.services.receiving import Kind, doubt_of, remembered
from exchange.services.roster_plan import Importer
from exchange.services.texts import FIELDS_OF, MEASURES, UNITS, problem_text
from staff.models import ListName

ACCEPTED = ".xlsx,.xlsm,.xls,.xlsb,.ods,.csv,.txt"
"""The names of files that a dialogue offers; what a file is, its content says."""


class RosterUploadForm(forms.Form):
    """One roster file."""

    file = forms.FileField(
        label=_("Roster"),
        help_text=_(
            "A workbook (Excel, WPS, LibreOffice) or a CSV file with a row of headings, up "
            "to 50 MB. "
            "You see a preview before anything changes."
        ),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse a file that is too large before it is kept."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_UPLOAD_BYTES:
            raise forms.ValidationError(problem_text(FileProblem.TOO_LARGE), code="too_large")
        file.name = without_unseen(file.name or "")
        return file


class DepartureUploadForm(RosterUploadForm):
    """One file of departures."""

    field_order = ("file",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = _("Departures")
        self.fields["file"].help_text = _(
            "A workbook (Excel, WPS, LibreOffice) or a CSV file, one row a departure, with the "
            "headings 客户编号, 离网日期 and 离网类型; for customers whom the roster does not have "
            "also 客户姓名, VIP级别 and 所属单位. You see a preview before anything changes."
        )


class UsageUploadForm(RosterUploadForm):
    """One file with monthly usage."""

    field_order = ("file",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = _("Monthly usage")
        self.fields["file"].help_text = _(
            "A workbook (Excel, WPS, LibreOffice) or a CSV file, one row a customer and month, "
            "with headings such as 客户编号, 月份, 账单金额, 流量MB. You see a preview before "
            "anything changes."
        )


class ColumnMappingForm(forms.Form):
    """What each column of a file means, in what it is, and what holds for rows that are silent."""

    def __init__(self, *args: Any, kind: Kind[Any, Any], one: FileImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.one = kind, one
        self.remembered = remembered(kind, one.sender)
        fields = FIELDS_OF[kind.verb]
        self._choices = [
            ("", _("Do not import")),
            *((field.value, fields[field]) for field in kind.fields),
        ]
        # Files of departures from before their page of columns was there say nothing of fields.
        self.columns = [{"field": "", **column} for column in one.columns]
        taken = {column["field"] for column in self.columns if column["field"]}
        for column in self.columns:
            self._add_column(column, taken)
        for field in kind.for_all:
            self.fields[f"all_{field.value}"] = self._for_all(field.value)

    def _add_column(self, column: Mapping[str, Any], taken: set[str]) -> None:
        known = self.remembered.get(column["heading"])
        guess = known.field if known and known.field not in taken else ""
        initial = column["field"] or guess
        taken.add(initial)
        self.fields[self.name_of(column)] = forms.ChoiceField(
            label=column["heading"],
            choices=self._choices,
            initial=initial,
            required=False,
            widget=forms.Select(attrs={"class": "form-select"}),
        )
        if self._asks_unit(column):
            label = gettext("Unit of “%(heading)s”") % {"heading": column["heading"]}
            unit = column.get("unit") or (known.unit if known and known.field == initial else "")
            self.fields[self.unit_name_of(column)] = forms.ChoiceField(
                label=label,
                choices=self._units(column),
                initial=unit,
                required=False,
                widget=forms.Select(attrs={"class": "form-select", "aria-label": label}),
            )

    def _asks_unit(self, column: Mapping[str, Any]) -> bool:
        """Say whether a column may be in a unit: any of figures, others where one is said."""
        if column.get("unit") or doubt_of(self.kind, self.one, column):
            return True
        measures = self.kind.headings.measures
        if column["field"]:
            return measures.get(self.kind.fields(column["field"])) in WITH_FIGURES
        return bool(set(measures.values()) & set(WITH_FIGURES))

    def _units(self, column: Mapping[str, Any]) -> list[Any]:
        measures = dict.fromkeys(self.kind.headings.measures.values())
        doubtful = doubt_of(self.kind, self.one, column)
        return [
            ("", _("Choose a unit") if doubtful else _("Unit: the heading's, or the usual")),
            *(
                (MEASURES[measure], [(code, UNITS[code]) for code in units_for(measure)])
                for measure in measures
                if measure in USUAL
            ),
        ]

    def _for_all(self, name: str) -> forms.Field:
        initial = self.one.for_all.get(name, "")
        if name == "month":
            return forms.CharField(
                label=_("Month of rows that name none"),
                initial=initial,
                required=False,
                max_length=10,
                widget=forms.TextInput(attrs={"type": "month", "class": "form-control"}),
            )
        none = ("", _("None: such rows are rejected"))
        choices: list[Any] = [*Tier.choices]
        if name == "tier":
            label = _("Tier of new customers whose row names none")
        else:
            label = _("Unit of new customers whose row names none")
            choices = [(unit, unit) for unit in Importer.of(self.one.sender).unit_names()]
        return forms.ChoiceField(
            label=label,
            help_text=_("Customers who are there keep theirs."),
            choices=[none, *choices],
            initial=initial,
            required=False,
            widget=forms.Select(attrs={"class": "form-select"}),
        )

    @staticmethod
    def name_of(column: Mapping[str, Any]) -> str:
        """Return the name of a column's field in the form."""
        return f"column_{column['index']}"

    @staticmethod
    def unit_name_of(column: Mapping[str, Any]) -> str:
        """Return the name of the field for a column's unit."""
        return f"unit_{column['index']}"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return each column with its choices, and what of its heading nobody understands."""
        return [
            {
                "column": column,
                "field": self[self.name_of(column)],
                "unit": self[self.unit_name_of(column)]
                if self.unit_name_of(column) in self.fields
                else None,
                "doubt": doubt_of(self.kind, self.one, column),
            }
            for column in self.columns
        ]

    @property
    def of_all_rows(self) -> list[forms.BoundField]:
        """Return the choices that hold for rows that are silent."""
        return [self[f"all_{field.value}"] for field in self.kind.for_all]

    @property
    def fields_of_columns(self) -> dict[int, str]:
        """Return the chosen field of each column, by its place."""
        return {column["index"]: self.cleaned_data[self.name_of(column)] for column in self.columns}

    @property
    def units_of_columns(self) -> dict[int, str]:
        """Return the chosen unit of each column that may have one, by its place."""
        return {
            column["index"]: self.cleaned_data.get(self.unit_name_of(column), "")
            for column in self.columns
        }

    @property
    def for_all(self) -> dict[str, str]:
        """Return what holds for rows that are silent, by field."""
        return {field.value: self.cleaned_data[f"all_{field.value}"] for field in self.kind.for_all}


class SheetForm(forms.Form):
    """The sheet that is read instead."""

    sheet = forms.CharField(max_length=255, strip=False)


MOST_CHOICES = 200
"""Units and managers that are decided one by one; a form of thousands would be refused."""


class MakingsForm(forms.Form):
    """Which of the units and managers that nobody has an import makes; one choice each."""

    run = forms.IntegerField(widget=forms.HiddenInput)
    everything = forms.BooleanField(label=_("Make all of these"), required=False)

    def __init__(self, *args: Any, roster_import: RosterImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"run": roster_import.run}
        self._run = roster_import.run
        self.makings = [Making.from_json(one) for one in roster_import.makings]
        self.more = max(0, len(self.makings) - MOST_CHOICES)
        for place, making in enumerate(self.makings[:MOST_CHOICES]):
            self.fields[f"making_{place}"] = forms.ChoiceField(
                label=making.name,
                choices=self._choices(making),
                initial=making.decision.value,
                required=False,
                widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
            )

    @staticmethod
    def _choices(making: Making) -> list[tuple[str, Any]]:
        choices: list[tuple[str, Any]] = [
            (Decision.NONE.value, _("Do not make it: reject its rows")),
            (Decision.MAKE.value, _("Make it")),
        ]
        if making.take:
            text = gettext("Take %(unit)s instead") % {"unit": making.take}
            choices.append((Decision.TAKE.value, text))
        return choices

    def clean(self) -> dict[str, Any]:
        """Refuse what was decided about another list than the one that stands there now."""
        cleaned = {**self.cleaned_data}
        if cleaned.get("run") != self._run:
            raise forms.ValidationError(_("The preview has changed. Look at it and decide again."))
        return cleaned

    @property
    def rows(self) -> list[tuple[Making, forms.BoundField]]:
        """Return each unit or manager with its choice."""
        shown = self.makings[:MOST_CHOICES]
        return [(one, self[f"making_{place}"]) for place, one in enumerate(shown)]

    @property
    def waiting(self) -> int:
        """Return how many units and managers wait for a decision."""
        return sum(one.decision is Decision.NONE for one in self.makings)

    @property
    def decisions(self) -> dict[str, Decision]:
        """Return what was decided, by the key of each."""
        if self.cleaned_data["everything"]:
            return {one.key: Decision.MAKE for one in self.makings}
        chosen = {place: self.cleaned_data.get(f"making_{place}") for place in range(MOST_CHOICES)}
        return {
            one.key: one.decision if (said := chosen.get(place)) is None else Decision(said)
            for place, one in enumerate(self.makings)
        }

    @property
    def first_error(self) -> str:
        """Return what is wrong, in one sentence."""
        return str(next(iter(self.errors.values()))[0])


LONGEST_QUERY = 4000
MOST_COLUMNS_ASKED = 50


class ExportForm(forms.Form):
    """Which list, narrowed by which address, into which kind of file."""

    list_name = forms.ChoiceField(choices=ListName)
    file_format = forms.ChoiceField(choices=Export.Format)
    query = forms.CharField(required=False, max_length=LONGEST_QUERY)

    def clean(self) -> dict[str, Any]:
        """Tell the columns of the address from the rest of it."""
        cleaned = {**self.cleaned_data}
        data = QueryDict(cleaned.get("query", ""))
        cleaned["columns"] = data.getlist(PARAMETER)[:MOST_COLUMNS_ASKED]
        return cleaned
