"""Every verb that the code writes into the audit trail has its words on the page, and no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from exchange.services.departure_import import DEPARTURES
from exchange.services.receiving import Step
from exchange.services.roster_import import ROSTER
from exchange.services.usage_import import USAGE
from portfolio.services.trail_words import GROUP_NAMES, VERBS, WORDS, Group

ROOT: Path = settings.BASE_DIR
FILES = sorted(
    file
    for app in ROOT.glob("*/apps.py")
    for file in app.parent.rglob("*.py")
    if "migrations" not in file.parts
)
RECORDERS = {"record", "record_many", "record_job"}
SECOND_FACTORS = {
    file.name.removesuffix("_subject.txt")
    for file in (ROOT / "templates" / "mfa" / "email").glob("*_subject.txt")
}
"""What the sign-in library tells by e-mail, and ``staff.auth`` notes with it."""

MADE_UP = {
    ("staff/services.py", "f'staff.{change}'"),
    ("exchange/services/receiving.py", "f'{self.verb}.{step}'"),
}
"""Where a verb is put together while running."""


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name: str = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
            yield name, node


def passed_on(tree: ast.AST) -> dict[str, int]:
    """Return the functions of a file that take a verb, with its place among their arguments."""
    return {
        node.name: [argument.arg for argument in node.args.args].index("verb")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and "verb" in [argument.arg for argument in node.args.args]
    }


def verbs_given(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what is given as a verb, to the recorders and to the functions that pass it on."""
    places = passed_on(tree)
    for name, call in calls(tree):
        if name in RECORDERS:
            yield from (word.value for word in call.keywords if word.arg == "verb")
        elif name in places and len(call.args) > places[name]:
            yield call.args[places[name]]


def texts(given: ast.expr) -> Iterator[str | None]:
    """Yield the verbs that an expression can be; None where it cannot be read."""
    if isinstance(given, ast.IfExp):
        yield from texts(given.body)
        yield from texts(given.orelse)
    elif isinstance(given, ast.Constant):
        yield str(given.value)
    elif not (isinstance(given, ast.Name) and given.id == "verb"):
        yield None


def written() -> tuple[set[str], set[tuple[str, str]]]:
    """Return the verbs of the code, and the places whose verb cannot be read from it."""
    verbs, unread = set(), set()
    for file in FILES:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for given in verbs_given(tree):
            for text in texts(given):
                if text is None:
                    unread.add((file.relative_to(ROOT).as_posix(), ast.unparse(given)))
                else:
                    verbs.add(text)
    return verbs, unread


def test_the_guard_sees_the_verbs() -> None:
    verbs, unread = written()
    assert {"phone.revealed", "customer.tier_changed", "exemption.refused"} <= verbs
    assert unread == MADE_UP
    assert {"totp_activated", "webauthn_added"} <= SECOND_FACTORS


def test_every_verb_has_its_words_and_no_other_has() -> None:
    verbs, _unread = written()
    of_files = {f"{kind.verb}.{step}" for kind in (ROSTER, USAGE, DEPARTURES) for step in Step}
    assert set(WORDS) == verbs | of_files | {f"staff.{change}" for change in SECOND_FACTORS}


def test_every_verb_stands_in_one_group_and_every_group_has_a_name() -> None:
    assert len(WORDS) == sum(len(verbs) for verbs in VERBS.values())
    assert set(VERBS) == set(GROUP_NAMES) == set(Group)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("audit.record(actor=a, verb='x.a', obj=o)", ["x.a"]),
        ("audit.record(verb='x.a' if b else 'x.b', obj=o)", ["x.a", "x.b"]),
        ("def _save(row, verb):\n  record(verb=verb)\n_save(1, 'x.c')", ["x.c"]),
        ("audit.record_job(verb=f'x.{b}')", [None]),
    ],
)
def test_a_verb_would_be_found(source: str, found: list[str | None]) -> None:
    tree = ast.parse(source)
    assert [text for given in verbs_given(tree) for text in texts(given)] == found
