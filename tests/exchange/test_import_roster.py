"""manage.py import_roster does what the page does."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer
from exchange.models import RosterImport
from staff.models import StaffUser, Unit
from tests.conftest import Company
from tests.exchange.rosters import HEADINGS, ROSTER, row_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]


def run(path: Path, *arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import_roster", str(path), *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_it_imports_and_says_what_it_did() -> None:
    out, err = run(ROSTER, "--make")
    counts = "new 1191, changed 0, unchanged 0, rejected 9"
    assert out == f"1200 rows read: {counts}\n1200 rows imported: {counts}\n"
    assert "Row 104 is rejected. Tier: There is no tier “铜卡”." in err
    assert Customer.objects.count() == 1191
    assert run(ROSTER)[0].endswith("imported: new 0, changed 0, unchanged 1191, rejected 9\n")


def test_a_dry_run_changes_nothing_and_keeps_nothing(settings: object) -> None:
    out, _ = run(ROSTER, "--dry-run", "--make")
    assert out == "1200 rows read: new 1191, changed 0, unchanged 0, rejected 9\n"
    assert not Customer.objects.exists()
    assert not Unit.objects.exists()
    assert not RosterImport.objects.exists()


def test_what_would_be_made_is_said_and_refused_unless_told(
    company: Company, manager: StaffUser, workbook: Callable[..., Path]
) -> None:
    row = row_of("B1", 所属单位="东城区", 客户经理工号="20O1", 客户经理姓名="王经理")
    path = workbook([HEADINGS, row])
    with pytest.raises(CommandError, match=r"2 units and managers .* --make"):
        run(path)
    assert not RosterImport.objects.exists()
    _out, err = run(path, "--dry-run")
    full = company.district.full_name
    assert f"The unit 东城区 would be made (1 rows); there is {full}." in err
    assert "The manager 王经理 (20O1) of 东城区 would be made" in err
    assert "there is 王经理 (2001)." in err
    assert not Customer.objects.exists()
    out, _err = run(path, "--make")
    assert "1 rows imported: new 1" in out
    assert Unit.objects.filter(full_name="东城区").count() == 1


def test_it_imports_with_the_rights_of_the_person(
    supervisor: StaffUser, manager: StaffUser, workbook: Callable[..., Path]
) -> None:
    assert manager.unit is not None
    inside = row_of("B1", 所属单位=manager.unit.full_name, 客户经理工号="2001")
    path = workbook([HEADINGS, inside, row_of("B2")])
    out, err = run(path, "--actor", supervisor.staff_number)
    assert "2 rows imported: new 1, changed 0, unchanged 0, rejected 1" in out
    assert "You cannot import this." in err
    assert RosterImport.objects.get().uploaded_by == supervisor


def test_who_may_not_import_cannot_be_named(manager: StaffUser) -> None:
    for number in (manager.staff_number, "nobody"):
        with pytest.raises(CommandError, match="not the staff number of an administrator"):
            run(ROSTER, "--actor", number)
    assert not Customer.objects.exists()


def test_unknown_headings_are_left_out_and_named(workbook: Callable[..., Path]) -> None:
    out, err = run(workbook([[*HEADINGS, "备注"], [*row_of("B1"), "好"]]), "--make")
    assert "Column “备注” is left out." in err
    assert "new 1" in out


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"%PDF", "not a spreadsheet"), ("姓名,级别\n王,金卡".encode(), "No column holds")],
)
def test_a_bad_file_is_a_clear_error(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        run(path)


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "none.xlsx")
