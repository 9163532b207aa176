"""The figures as Markdown tables, beside their budgets and beside earlier runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench.jobs import JOBS
from bench.pages import PAGES, Page
from bench.run import key_of

WORKER_MB = 125
FIRST_KB, LATER_KB = 200, 30
PAGE_GROWTH, IDLE_GROWTH = 1.3, 2.0
IDLE_JOB = "flag job, nothing new"

Figures = dict[str, Any]


def text(figures: Figures, earlier: Figures | None = None) -> str:
    """Return all figures of one run; what is over its budget is marked."""
    lines = [
        f"N = {figures['customers']:,} customers. {figures['machine']}",
        f"Y (20 kB of static HTML) = {figures['yardstick_ms']:.2f} ms.",
        "",
        *_pages(figures, earlier),
        "",
        *_weights(figures),
        "",
        *_jobs(figures, earlier),
        "",
        "Peak memory of a web worker: "
        + _held(max(figures["memory_mb"]), WORKER_MB, f"{max(figures['memory_mb']):.0f} MB", "MB")
        + ".",
        "",
    ]
    return "\n".join(lines)


def growth(smaller: Figures, larger: Figures) -> str:
    """Return how pages and jobs grew from one run to another with more customers.

    Pages by their CPU ratio, which is the same on a busy machine as on a quiet one.
    """
    lines = [
        f"From N = {smaller['customers']:,} to N = {larger['customers']:,}",
        "",
        *_head(["page", "CPU ÷ Y's before", "after", "growth", "budget"]),
    ]
    for page in PAGES:
        one, other = (run["pages"].get(key_of(page)) for run in (smaller, larger))
        if one and other:
            ratio = other["cpu"] / one["cpu"]
            budget = PAGE_GROWTH if page.budget else None
            cells = [_name(page), f"{one['cpu']:.1f}", f"{other['cpu']:.1f}", f"{ratio:.2f} ×"]
            lines.append(_row([*cells, _limit(ratio, budget, "×")]))
    lines += ["", *_head(["job", "time ÷ Y before", "after", "growth", "budget"])]
    for job in JOBS:
        if job.name in smaller["jobs"] and job.name in larger["jobs"]:
            before, after = (_in_yardsticks(run, job.name) for run in (smaller, larger))
            budget = IDLE_GROWTH if job.name == IDLE_JOB else None
            cells = [job.name, f"{before:.0f}", f"{after:.0f}", f"{after / before:.2f} ×"]
            lines.append(_row([*cells, _limit(after / before, budget, "×")]))
    return "\n".join([*lines, ""])


def _pages(figures: Figures, earlier: Figures | None) -> Iterable[str]:
    heads = ["page", "p50 ÷ Y", "p95", "of 4 clients: p50", "p95", "CPU", "statements", "kB"]
    yield from _head([*heads, "budget", "goal", *(["before"] if earlier else [])])
    measured = figures["pages"]
    for page in PAGES:
        found = measured.get(key_of(page))
        if found is None:
            continue
        beside = next((key_of(other) for other in PAGES if other.name == page.beside), None)
        ratio = found["p50"] / measured[beside]["p50"] if beside else found["p50"]
        unit = "× the first page" if beside else "Y"
        cells = [
            _name(page),
            *(f"{found[key]:.1f}" for key in ("p50", "p95", "p50_of_4", "p95_of_4", "cpu")),
            _held(found["statements"], page.statements, str(found["statements"])),
            _held(found["size"] / 1000, page.kilobytes, f"{found['size'] / 1000:.0f}"),
            _limit(ratio, page.budget, unit),
            _limit(ratio, page.goal, ""),
        ]
        yield _row([*cells, *_before(earlier, "pages", key_of(page), "p50")])


def _weights(figures: Figures) -> Iterable[str]:
    yield from _head(["page as a browser gets it", "first visit, kB", "later, kB"])
    for name, (first, later) in figures["weights"].items():
        shown = [f"{first / 1000:.0f}", f"{later / 1000:.1f}"]
        cells = [_held(first / 1000, FIRST_KB, shown[0]), _held(later / 1000, LATER_KB, shown[1])]
        yield _row([name, *cells])


def _jobs(figures: Figures, earlier: Figures | None) -> Iterable[str]:
    heads = ["job", "ratio", "seconds", "peak MB", "statements", "budget", "goal"]
    yield from _head([*heads, *(["before"] if earlier else [])])
    for job in JOBS:
        found = figures["jobs"].get(job.name)
        if found is None:
            continue
        cells = [
            job.name,
            f"{found['ratio']:.2f} {job.yardstick}",
            f"{found['seconds']:.2f}",
            f"{found['memory_mb']:.0f}" if found["memory_mb"] else "",
            _constant(found.get("statements"), found.get("statements_of_few")),
            _limit(found["ratio"], job.budget, job.yardstick),
            _limit(found["ratio"], job.goal, ""),
        ]
        yield _row([*cells, *_before(earlier, "jobs", job.name, "ratio")])


def _constant(statements: int | None, of_few: int | None) -> str:
    """Return how many statements a job took; marked where a tenth of the rows took fewer."""
    return "" if statements is None else _held(statements, of_few, str(statements))


def _in_yardsticks(figures: Figures, job: str) -> float:
    return float(figures["jobs"][job]["seconds"] / figures["yardstick_ms"] * 1000)


def _name(page: Page) -> str:
    return f"{page.name} ({page.who.replace('_', ' ')})"


def _limit(figure: float, limit: float | None, unit: str) -> str:
    """Return a limit and whether ``figure`` keeps it."""
    if limit is None:
        return ""
    mark = "ok" if figure <= limit else f"**{figure / limit:.2f} times**"
    return f"≤ {limit:g}{f' {unit}' if unit else ''}: {mark}"


def _held(figure: float, limit: float | None, shown: str, unit: str = "") -> str:
    """Return ``shown``, with the limit where ``figure`` is over it."""
    if limit is None or figure <= limit:
        return shown
    return f"**{shown}** > {limit:g}{f' {unit}' if unit else ''}"


def _before(earlier: Figures | None, part: str, name: str, key: str) -> list[str]:
    if earlier is None:
        return []
    found = earlier.get(part, {}).get(name)
    return [f"{found[key]:.2f}" if found else "—"]


def _head(names: Sequence[str]) -> list[str]:
    return [_row(names), f"|---{'|--:' * (len(names) - 1)}|"]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
