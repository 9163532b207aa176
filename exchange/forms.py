"""Forms of roster imports and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.columns import PARAMETER
from exchange.models import Export, RosterImport
from exchange.rules.spreadsheets import MAX_UPLOAD_BYTES, FileProblem
from exchange.services.texts import FIELDS, problem_text
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
    """What each column of a roster means; one choice a column."""

    def __init__(
        self, *args: Any, roster_import: RosterImport, remembered: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.columns = roster_import.columns
        choices = [
            ("", _("Do not import")),
            *((field.value, text) for field, text in FIELDS.items()),
        ]
        taken = {column["field"] for column in self.columns if column["field"]}
        for column in self.columns:
            guess = remembered.get(column["heading"], "")
            initial = column["field"] or (guess if guess not in taken else "")
            taken.add(initial)
            self.fields[self.name_of(column)] = forms.ChoiceField(
                label=column["heading"],
                choices=choices,
                initial=initial,
                required=False,
                widget=forms.Select(attrs={"class": "form-select"}),
            )

    @staticmethod
    def name_of(column: Mapping[str, Any]) -> str:
        """Return the name of a column's field in the form."""
        return f"column_{column['index']}"

    @property
    def rows(self) -> list[tuple[Mapping[str, Any], forms.BoundField]]:
        """Return each column with its choice."""
        return [(column, self[self.name_of(column)]) for column in self.columns]

    @property
    def fields_of_columns(self) -> dict[int, str]:
        """Return the chosen field of each column, by its place."""
        return {column["index"]: self.cleaned_data[self.name_of(column)] for column in self.columns}


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
