"""Workbooks to download: text is text, nothing in them is a formula or a link."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

AS_TEXT = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}


def new_workbook(target: Path | IO[bytes], **options: Any) -> Any:
    """Return an empty XLSX workbook (xlsxwriter's) that is written to ``target`` when closed."""
    # Loaded with the first workbook: most processes write none, and it takes 3 MB of each.
    import xlsxwriter

    where = str(target) if isinstance(target, Path) else target
    return xlsxwriter.Workbook(where, {**AS_TEXT, **options})
