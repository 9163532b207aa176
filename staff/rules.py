"""Who stands in for whom, a person's scope, passwords that others guess: plain values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby


@dataclass(frozen=True)
class Scope:
    """What one person may see today.

    ``everything``: head office and nobody else. ``unit_path``: the unit and all below it, or
    None. ``manager_ids``: the managers whose customers the person serves: the person and those
    covered today. ``handles_for``: whose complaints the person handles: the same of a handler or
    supervisor. An empty scope sees nothing.
    """

    user_id: int | None = None
    everything: bool = False
    unit_path: str | None = None
    manager_ids: frozenset[int] = frozenset()
    handles_for: frozenset[int] = frozenset()


NOTHING = Scope()


@dataclass(frozen=True)
class CoverSpan:
    """One arranged cover: ``stand_in`` stands in for ``manager`` from day to day, inclusive."""

    manager: int
    stand_in: int
    starts_on: date
    ends_on: date

    def meets(self, other: CoverSpan) -> bool:
        """Say whether the two share a day."""
        return self.starts_on <= other.ends_on and other.starts_on <= self.ends_on


def standing_in(manager: int, stand_ins: Mapping[int, int]) -> list[int]:
    """Return who serves ``manager``'s customers, nearest first: a covered stand-in passes it on.

    ``stand_ins`` maps a covered manager to the stand-in of that day. A loop, which is never
    arranged, ends the walk.
    """
    chain: list[int] = []
    person = stand_ins.get(manager)
    while person is not None and person != manager and person not in chain:
        chain.append(person)
        person = stand_ins.get(person)
    return chain


def covered_by(person: int, stand_ins: Mapping[int, int]) -> frozenset[int]:
    """Return the managers whose customers ``person`` serves that day by cover."""
    return frozenset(manager for manager in stand_ins if person in standing_in(manager, stand_ins))


def makes_loop(new: CoverSpan, others: Iterable[CoverSpan]) -> bool:
    """Say whether on some day of ``new`` its stand-in would, through others, come back to it.

    A loop can only begin on a day on which one of the covers begins, so those days suffice.
    """
    near = [span for span in others if span.meets(new)]
    days = {new.starts_on} | {s.starts_on for s in near if s.starts_on > new.starts_on}
    return any(_loops_on(day, new, near) for day in days)


def _loops_on(day: date, new: CoverSpan, others: Iterable[CoverSpan]) -> bool:
    stand_ins = {s.manager: s.stand_in for s in others if s.starts_on <= day <= s.ends_on}
    person: int | None = new.stand_in
    seen: set[int] = set()
    while person is not None and person not in seen:
        if person == new.manager:
            return True
        seen.add(person)
        person = stand_ins.get(person)
    return False


@dataclass(frozen=True)
class Stretch:
    """Some days in a row with the same stand-in (a person's id), or without one."""

    days: int
    stand_in: int | None


def day_strip(spans: Iterable[CoverSpan], first: date, days: int) -> list[Stretch]:
    """Return the ``days`` days from ``first`` on as stretches, for one manager's ``spans``.

    The stretches' lengths add up to ``days``; neighbours differ in their stand-in.
    """
    own = list(spans)
    each_day = [_stand_in_on(first + timedelta(days=n), own) for n in range(days)]
    return [Stretch(len(list(run)), stand_in) for stand_in, run in groupby(each_day)]


def _stand_in_on(day: date, spans: Iterable[CoverSpan]) -> int | None:
    return next((s.stand_in for s in spans if s.starts_on <= day <= s.ends_on), None)


# --- Browsers ------------------------------------------------------------------------------------

# The first that is found: many browsers say that they are others, too.
_BROWSERS = {
    "MicroMessenger": "WeChat",
    "HuaweiBrowser": "Huawei Browser",
    "MQQBrowser": "QQ Browser",
    "QQBrowser": "QQ Browser",
    "UCBrowser": "UC Browser",
    "MiuiBrowser": "Mi Browser",
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "HarmonyOS": "HarmonyOS",
    "OpenHarmony": "HarmonyOS",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def browser_in_words(user_agent: str) -> str:
    """Return "Chrome · Windows" of what a browser says of itself; empty where it says nothing."""
    found = (
        next((name for sign, name in signs.items() if sign in user_agent), "")
        for signs in (_BROWSERS, _SYSTEMS)
    )
    return " · ".join(filter(None, found))


# --- Passwords that others guess -----------------------------------------------------------------

FEWEST_OWN_SIGNS = 6
"""So many letters and digits of a password must be nobody's name, number, year or row of keys."""

_COMMON = ("vipcrm", "vip", "crm", "customer", "manager", "khjl", "kehujingli", "客户经理")
_COMMON_BESIDES = ("password", "passwort", "passw", "admin", "welcome", "mima", "密码", "secret")
_KEYS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_SHORTEST_ROW = 4
_LOOKALIKES = str.maketrans("013457$@!", "oieastsai")


def own_signs(password: str, words: Iterable[str]) -> str:
    """Return what is left of ``password`` without ``words`` that others know of the person.

    Case, width and signs between do not count; the words are found backwards and repeated, too,
    and with digits that stand for letters. Years, rows of neighbouring keys and repeats go as well.
    """
    known = {*map(_bare, words), *_COMMON, *_COMMON_BESIDES}
    readings = (_bare(password), _bare(password.translate(_LOOKALIKES)))
    return min((_without(reading, known) for reading in readings), key=len)


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def _without(text: str, words: Iterable[str]) -> str:
    wanted = {word for word in words if len(word) >= (3 if word.isascii() else 2)}
    both = sorted({*wanted, *(word[::-1] for word in wanted)}, key=len, reverse=True)
    # A space stands where something was taken out: its neighbours make no new word.
    for word in both:
        text = text.replace(word, " ")
    text = re.sub(r"(?:19|20)\d\d", " ", text)
    for row in (*_KEYS, *(keys[::-1] for keys in _KEYS)):
        text = _without_row(text, row)
    return re.sub(r"(.+?)\1+", r"\1", text.replace(" ", ""))


def _without_row(text: str, row: str) -> str:
    for length in range(len(row), _SHORTEST_ROW - 1, -1):
        for start in range(len(row) - length + 1):
            text = text.replace(row[start : start + length], " ")
    return text
