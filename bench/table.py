"""The figures as one table, with the budget and an earlier run beside them."""

from __future__ import annotations

from typing import Any


def text(figures: dict[str, Any], earlier: dict[str, Any] | None = None) -> str:
    """Return the figures as a Markdown table; ratios over budget are marked."""
    pages, jobs = figures["pages"], figures["jobs"]
    machine = figures["machine"]
    lines = [
        (
            f"N = {figures['customers']:,} customers; {machine['cores']} cores, "
            f"Python {machine['python']}, {machine['system']}"
        ),
        f"Y (20 kB of static HTML) = {figures['yardstick_ms']:.2f} ms",
        "",
        "| page | p50 ÷ Y | p95 ÷ Y | of 4: p50 ÷ Y | p95 ÷ Y | statements | kB | budget |"
        + (" before |" if earlier else ""),
        "|---|--:|--:|--:|--:|--:|--:|---|" + ("--:|" if earlier else ""),
    ]
    for name, page in pages.items():
        cells = [
            name,
            *(f"{page[key]:.1f}" for key in ("p50", "p95", "p50_of_4", "p95_of_4")),
            str(page["statements"]),
            f"{page['size'] / 1000:.0f}",
            _budget(page["p50"], page["budget"], "Y"),
        ]
        lines.append(_row(cells, earlier, "pages", name, "p50"))
    lines += [
        "",
        "| job | ratio | of | seconds | budget |" + (" before |" if earlier else ""),
        "|---|--:|---|--:|---|" + ("--:|" if earlier else ""),
    ]
    for name, job in jobs.items():
        cells = [
            name,
            f"{job['ratio']:.2f}",
            job["yardstick"],
            f"{job['seconds']:.2f}",
            _budget(job["ratio"], job["budget"], job["yardstick"]),
        ]
        lines.append(_row(cells, earlier, "jobs", name, "ratio"))
    memory = max(figures["memory_mb"])
    lines += ["", f"Peak memory of a web worker: {memory:.0f} MB (budget 125 MB)", ""]
    return "\n".join(lines)


def _budget(figure: float, budget: float, unit: str) -> str:
    mark = "ok" if figure <= budget else "**over**"
    return f"≤ {budget:g} {unit}: {mark}"


def _row(cells: list[str], earlier: dict[str, Any] | None, part: str, name: str, key: str) -> str:
    if earlier is not None:
        before = earlier.get(part, {}).get(name)
        cells = [*cells, f"{before[key]:.2f}" if before else "—"]
    return f"| {' | '.join(cells)} |"
