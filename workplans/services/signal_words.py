"""What each sign of a careless record says, in the reader's language: why one might look again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from workplans.models import RecordSignal

Facts = Mapping[str, Any]


def explain(signal: RecordSignal, zone: tzinfo) -> str:
    """Return why the record looks odd; moments by the clock of ``zone``."""
    return WORDS[RecordSignal.Kind(signal.kind)](signal.facts, zone)


def others_in(signal: RecordSignal) -> list[int]:
    """Return the ids of other records that the sign speaks of."""
    found = signal.facts.get("others", [])
    return [pk for pk in found if isinstance(pk, int)]


def _burst(facts: Facts, zone: tzinfo) -> str:
    gap = _minutes(facts.get("gap_seconds"))
    lasted = _minutes(facts.get("duration_seconds"))
    return _(
        "It lasted %(lasted)s, but only %(gap)s lie between it and another one of the same "
        "person (%(count)s in all)."
    ) % {"lasted": lasted, "gap": gap, "count": facts.get("count", 0)}


def _pasted(facts: Facts, zone: tzinfo) -> str:
    return _(
        "The same text stands %(times)s times in this month, with %(customers)s different "
        "customers."
    ) % {"times": facts.get("times", 0), "customers": facts.get("customers", 0)}


def _late(facts: Facts, zone: tzinfo) -> str:
    days = int(facts.get("days", 0))
    text = ngettext(
        "It was entered on %(at)s, %(days)s day after the contact.",
        "It was entered on %(at)s, %(days)s days after the contact.",
        days,
    )
    return text % {"at": _moment(facts.get("recorded_at"), zone), "days": days}


def _month_end(facts: Facts, zone: tzinfo) -> str:
    return _(
        "%(last)s of the month's %(month)s records (%(percent)s %%) are of its last three days."
    ) % {
        "last": facts.get("last", 0),
        "month": facts.get("month", 0),
        "percent": facts.get("percent", 0),
    }


def _no_call(facts: Facts, zone: tzinfo) -> str:
    nearest = facts.get("nearest")
    if nearest:
        return _("The call centre knows of no call at this time; the nearest was on %(at)s.") % {
            "at": _moment(nearest, zone)
        }
    return _("The call centre knows of no call with this customer.")


def _two_places(facts: Facts, zone: tzinfo) -> str:
    return _(
        "A visit at %(here)s, and one at %(there)s only %(gap)s apart, by the same person."
    ) % {
        "here": facts.get("here", ""),
        "there": facts.get("there", ""),
        "gap": _minutes(facts.get("gap_seconds")),
    }


def _same_duration(facts: Facts, zone: tzinfo) -> str:
    return _("%(times)s contacts of this week lasted exactly %(minutes)s minutes.") % {
        "times": facts.get("times", 0),
        "minutes": facts.get("minutes", 0),
    }


WORDS: Mapping[RecordSignal.Kind, Callable[[Facts, tzinfo], str]] = {
    RecordSignal.Kind.BURST: _burst,
    RecordSignal.Kind.PASTED: _pasted,
    RecordSignal.Kind.LATE: _late,
    RecordSignal.Kind.MONTH_END: _month_end,
    RecordSignal.Kind.NO_CALL: _no_call,
    RecordSignal.Kind.TWO_PLACES: _two_places,
    RecordSignal.Kind.SAME_DURATION: _same_duration,
}


def _minutes(seconds: Any) -> str:
    whole, rest = divmod(int(seconds or 0), 60)
    if rest:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": whole, "seconds": rest}
    return _("%(minutes)s min") % {"minutes": whole}


def _moment(text: Any, zone: tzinfo) -> str:
    moment = parse_datetime(str(text or ""))
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        return "—"
    return date_format(moment.astimezone(zone), "SHORT_DATETIME_FORMAT")
