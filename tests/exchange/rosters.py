"""Rosters to import in tests, and the way an import goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.files import File

from exchange.models import RosterImport
from exchange.services.roster_commit import commit_roster, confirm_import
from exchange.services.roster_import import read_roster, receive_roster
from staff.models import StaffUser

DATA = Path(__file__).parent.parent / "data"
ROSTER = DATA / "roster-binjiang.xlsx"
AS_OF = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
UNIT = "滨江市分公司/城东区分公司"
HEADINGS = (
    "客户编号",
    "客户姓名",
    "手机号码",
    "VIP级别",
    "所属单位",
    "客户经理工号",
    "客户经理姓名",
    "最近沟通日期",
    "最近沟通方式",
)

Rows = Sequence[Sequence[Any]]


def row_of(number: str, **changed: Any) -> list[Any]:
    """Return the cells of a good row under HEADINGS."""
    cells = {
        "客户编号": number,
        "客户姓名": "王小明",
        "手机号码": "13812340001",
        "VIP级别": "金卡",
        "所属单位": UNIT,
        "客户经理工号": "M1001",
        "客户经理姓名": "李经理",
        "最近沟通日期": "",
        "最近沟通方式": "",
    }
    return list((cells | changed).values())


def receive(
    path: Path, actor: StaffUser | None, *, ask: bool = True, make: bool = True
) -> RosterImport:
    """Upload and read a file; the import stands where it then stands.

    ``make``: it was agreed that units and managers which nobody has are made.
    """
    with path.open("rb") as stream:
        received = receive_roster(actor=actor, file=File(stream), name=path.name)
    read_roster(roster_import_id=received.pk, ask_for_columns=ask, make=make)
    received.refresh_from_db()
    return received


def take_in(path: Path, actor: StaffUser | None) -> RosterImport:
    """Import a file to the end."""
    received = receive(path, actor, ask=False)
    assert received.state == RosterImport.State.PREVIEWED, received.problem
    confirm_import(actor=actor, roster_import=received)
    commit_roster(roster_import_id=received.pk)
    received.refresh_from_db()
    return received


def outcomes(roster_import: RosterImport) -> dict[int, str]:
    """Return what becomes of each row, by its number."""
    return dict(roster_import.rows.order_by("row_number").values_list("row_number", "outcome"))


def reasons(roster_import: RosterImport) -> dict[int, list[list[str]]]:
    """Return why rows are rejected, by their numbers."""
    rows = roster_import.rows.filter(outcome="rejected").order_by("row_number")
    return {row.row_number: [reason[:2] for reason in row.reasons] for row in rows}


def changes(roster_import: RosterImport, row_number: int) -> dict[str, list[Any]]:
    """Return what a row changes: old and new value by field."""
    stored: dict[str, list[Any]] = roster_import.rows.get(row_number=row_number).changes
    return stored
