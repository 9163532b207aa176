"""What a client that may only write is answered: nothing but what it wrote, and what became of it.

The scope `resource:write` alone reads nothing back, or every change would be a way to read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.refusals import STANDS

OUTCOMES = frozenset(
    {
        *("id", "event", "version", "outcome", "detail", "submission_key"),
        *("created", "new", "same", "conflict", "rejected", "changed", "replaced"),
    }
)
"""What a sender is told of what it sent: which row it is now, and what became of it."""

ROWS = frozenset({"rows", "results", "refused"})
"""The lists that say what became of each row."""

NAMES = ("event_id", "external_id", "number", "month", "customer")
"""What a sender tells its rows apart by."""


def as_written(answer: Any, sent: Any) -> Any:
    """Return of ``answer`` what says what became of ``sent``, and for the rest what was sent."""
    if not isinstance(answer, Mapping):
        return None
    said = sent if isinstance(sent, Mapping) else {}
    kept: dict[str, Any] = {}
    for name, value in answer.items():
        if name in ROWS and isinstance(value, list):
            kept[name] = [as_written(row, _sent_row(row, said)) for row in value]
        elif name in OUTCOMES and not isinstance(value, list | Mapping):
            kept[name] = value
        elif name in said:
            kept[name] = said[name]
    return kept


def without_values(problem: Any) -> Any:
    """Return problem details that name fields and rules, without what is stored."""
    if not isinstance(problem, Mapping):
        return problem
    kept = dict(problem)
    if "changes" in problem:
        kept["changes"] = [{"field": one.get("field")} for one in problem["changes"]]
    if "errors" in problem:
        kept["errors"] = [
            {**one, "detail": problem.get("detail", "")} if one.get("code") == STANDS else one
            for one in problem["errors"]
        ]
    return kept


def _sent_row(row: Any, sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the row of ``sent`` that ``row`` answers; an empty one where none does."""
    if not isinstance(row, Mapping):
        return {}
    for one in _rows_of(sent):
        shared = [name for name in NAMES if name in row and name in one]
        if shared and all(row[name] == one[name] for name in shared):
            return one
    return {}


def _rows_of(sent: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for value in sent.values():
        if isinstance(value, list):
            yield from (row for row in value if isinstance(row, Mapping))
