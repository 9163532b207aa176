"""The bench's tables: what is over its budget is marked, growth is told from run to run."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from bench import table
from bench.fill import Cast
from bench.jobs import JOBS
from bench.pages import PAGES
from bench.run import key_of


@pytest.fixture
def figures() -> dict[str, Any]:
    """A run in which everything is well within its budget."""
    page = {"p50": 5.0, "p95": 6.0, "p50_of_4": 5.0, "p95_of_4": 6.0, "cpu": 5.0}
    return {
        "customers": 1000,
        "machine": "Two cores.",
        "yardstick_ms": 1.0,
        "pages": {key_of(one): {**page, "statements": 3, "size": 9000} for one in PAGES},
        "weights": {"sign-in": [100_000, 3_000]},
        "memory_mb": [90.0, 99.0],
        "jobs": {job.name: {"ratio": 1.0, "seconds": 0.1, "memory_mb": None} for job in JOBS},
    }


def row_of(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"| {name}"))


def test_what_keeps_its_budgets_is_not_marked(figures: dict[str, Any]) -> None:
    text = table.text(figures)
    assert "**" not in text
    assert "99 MB" in text
    assert len(text.splitlines()) > len(PAGES) + len(JOBS)


def test_time_statements_bytes_weight_and_memory_over_the_budget_are_marked(
    figures: dict[str, Any],
) -> None:
    page = figures["pages"]["customer list of a manager, manager"]
    page.update(p50=50.0, statements=9, size=91_000)
    figures["weights"]["sign-in"] = [201_000, 31_000]
    figures["memory_mb"] = [126.0]
    figures["jobs"]["flag job, nothing new"]["ratio"] = 3.0
    text = table.text(figures)
    row = row_of(text, "customer list of a manager")
    for mark in ("≤ 25 Y: **2.00 times**", "**9** > 8", "**91** > 90"):
        assert mark in row
    assert "**201** > 200 | **31.0** > 30" in row_of(text, "sign-in")
    assert "≤ 2 S: **1.50 times**" in row_of(text, "flag job, nothing new")
    assert "**126 MB** > 125 MB" in text


def test_a_job_that_takes_more_statements_for_more_rows_is_marked(figures: dict[str, Any]) -> None:
    draft = figures["jobs"]["drafting a week, 800 customers"]
    draft.update(statements=27, statements_of_few=27)
    assert "| 27 |" in row_of(table.text(figures), "drafting a week")
    draft.update(statements=800)
    assert "| **800** > 27 |" in row_of(table.text(figures), "drafting a week")


def test_the_deep_page_is_held_against_the_first(figures: dict[str, Any]) -> None:
    figures["pages"]["page 1,000 of the list, head_office"]["p50"] = 11.0
    assert "≤ 1.1 × the first page: **2.00 times**" in row_of(table.text(figures), "page 1,000")


def test_an_earlier_run_stands_beside(figures: dict[str, Any]) -> None:
    earlier = deepcopy(figures)
    earlier["pages"]["My day, manager"]["p50"] = 77.0
    del earlier["jobs"]["flag job, nothing new"]
    text = table.text(figures, earlier)
    assert row_of(text, "My day").endswith("| 77.00 |")
    assert row_of(text, "flag job, nothing new").endswith("| — |")


def test_growth_is_told_in_yardsticks(figures: dict[str, Any]) -> None:
    larger = deepcopy(figures)
    larger["customers"] = 100_000
    larger["yardstick_ms"] = 2.0
    larger["pages"]["My day, manager"]["cpu"] = 7.5
    larger["jobs"]["flag job, nothing new"]["seconds"] = 0.6
    text = table.growth(figures, larger)
    assert "1.50 × | ≤ 1.3 ×: **1.15 times**" in row_of(text, "My day")
    assert "3.00 × | ≤ 2 ×: **1.50 times**" in row_of(text, "flag job, nothing new")
    assert "0.50 ×" in row_of(text, "roster import, 10,000 rows")


def test_each_page_has_a_name_of_its_own_and_somebody_who_asks() -> None:
    assert len({key_of(page) for page in PAGES}) == len(PAGES)
    assert {page.who for page in PAGES} <= set(Cast.__annotations__)
    names = {page.name for page in PAGES}
    assert {page.beside for page in PAGES if page.beside} <= names
