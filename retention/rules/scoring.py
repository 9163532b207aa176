"""The risk score of article 17: the sum of its reasons' points, 0 to 100, 100 is worst.

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from retention.rules.features import (
    RUNNING,
    Blank,
    Facts,
    Feature,
    Operator,
    Question,
    Value,
    compare,
    value_of,
)

WORST_SCORE = 100


@dataclass(frozen=True, slots=True)
class Version:
    """What one signal says: its question, its points, and the group that caps them.

    ``group`` is None for a signal that stands alone; ``cap`` is that group's.
    """

    pk: int
    question: Question
    window_months: int
    points: int
    points_when_missing: int = 0
    group: int | None = None
    cap: int = WORST_SCORE

    @classmethod
    def of(
        cls,
        pk: int,
        feature: str,
        operator: str,
        threshold: Decimal,
        window_months: int,
        points: int,
        points_when_missing: int = 0,
        group: int | None = None,
        cap: int | None = None,
    ) -> Version:
        """Return a version from its stored columns."""
        question = Question(Feature(feature), Operator(operator), threshold)
        caps = WORST_SCORE if cap is None else cap
        return cls(pk, question, window_months, points, points_when_missing, group, caps)


@dataclass(frozen=True, slots=True)
class Reason:
    """The points that one signal gives a customer, and the value that it saw (None: missing)."""

    version: int
    points: int
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Scored:
    """A score with its reasons, the most points first; they sum exactly to it.

    ``missing``: the versions that could not be judged for want of data.
    """

    score: int = 0
    reasons: tuple[Reason, ...] = ()
    missing: tuple[int, ...] = ()


def values_on(facts: Facts, versions: Iterable[Version], as_of: date) -> dict[int, Value]:
    """Return what each version sees on ``as_of``; ``facts`` are those known on that day."""
    return {
        version.pk: value_of(version.question.feature, facts, as_of, version.window_months)
        for version in versions
    }


def score_of(values: Mapping[int, Value], versions: Sequence[Version]) -> Scored:
    """Return the score for what each of ``versions`` sees (``values`` by version).

    Within a group the largest points count first, the reason that crosses the group's cap is cut
    to what is left, later ones are dropped; then the same over all of them at 100. A signal that
    cannot be judged for want of data gives its ``points_when_missing`` and stands in ``missing``.
    """
    given, missing = _given(values, versions)
    groups: dict[int | None, list[Reason]] = {}
    caps: dict[int | None, int] = {}
    for version, reason in given:
        groups.setdefault(version.group, []).append(reason)
        caps[version.group] = version.cap
    kept: list[Reason] = []
    for group, reasons in groups.items():
        kept += reasons if group is None else capped(reasons, caps[group])
    reasons = capped(kept, WORST_SCORE)
    return Scored(sum(reason.points for reason in reasons), tuple(reasons), missing)


def capped(reasons: Iterable[Reason], cap: int) -> list[Reason]:
    """Return the reasons, the most points first, cut so that they reach at most ``cap``."""
    left, kept = cap, []
    for reason in sorted(reasons, key=lambda r: (-r.points, r.version)):
        if left <= 0:
            break
        points = min(reason.points, left)
        kept.append(
            reason if points == reason.points else Reason(reason.version, points, reason.value)
        )
        left -= points
    # A cut reason may now be smaller than one of another group.
    return sorted(kept, key=lambda r: (-r.points, r.version))


def says_the_same(
    old: Sequence[Sequence[object]],
    old_missing: Sequence[int],
    new: Scored,
    running: frozenset[int],
) -> bool:
    """Say whether a stored score still holds: the same reasons, points and what is missing.

    ``old``: ``[[version, points, value], …]`` as stored. Values that only run with the calendar
    (``running``: those versions) do not make another score.
    """
    if list(old_missing) != list(new.missing) or len(old) != len(new.reasons):
        return False
    return all(
        version == reason.version
        and points == reason.points
        and (version in running or value == shown(reason.value))
        for (version, points, value), reason in zip(old, new.reasons, strict=True)
    )


def shown(value: Decimal | None) -> str | None:
    """Return a value as a score stores it: a plain decimal, exact."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def running_of(versions: Iterable[Version]) -> frozenset[int]:
    """Return the versions whose value moves each day by itself."""
    return frozenset(v.pk for v in versions if v.question.feature in RUNNING)


def _given(
    values: Mapping[int, Value], versions: Sequence[Version]
) -> tuple[list[tuple[Version, Reason]], tuple[int, ...]]:
    given: list[tuple[Version, Reason]] = []
    missing: list[int] = []
    for version in versions:
        value = values.get(version.pk, Blank.NOT_APPLICABLE)
        if value is Blank.UNKNOWN:
            missing.append(version.pk)
            if version.points_when_missing:
                given.append((version, Reason(version.pk, version.points_when_missing, None)))
        elif isinstance(value, Decimal):
            question = version.question
            if compare(value, question.operator, question.threshold):
                given.append((version, Reason(version.pk, version.points, value)))
    return given, tuple(missing)
