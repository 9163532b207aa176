"""Searching by a whole phone number: written down, and bounded, for who sees numbers masked.

A whole number finds anybody whom the person may see, so who never sees a number could try
numbers until one fits. Each such search is an entry of the trail, and an hour has so many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2s

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import audit, clock, throttle
from core.phones import mask_phone, whole_number
from core.sealed import SealExpiredError, Search, is_sealed, masked_search, seal, unseal
from customers.models import Customer, ServiceStandard
from customers.rules import Figure
from staff.models import StaffUser
from staff.querysets import scope_of

HOUR = 3600
LONGEST_SEARCH = 60
LONGEST_KEY = 500
SAME_SEARCH_SECONDS = 600
"""Suggestions, the list and its next page are one search."""


class SearchesUsedUpError(ValidationError):
    """The person has searched by as many whole numbers as an hour allows."""

    def __init__(self, *, searches: int, until: datetime, zone: str) -> None:
        self.wait = (until - clock.now()).total_seconds()
        local = until.astimezone(clock.zone_info(zone))
        super().__init__(
            _(
                "You have searched by %(searches)s whole phone numbers within the hour. "
                "It works again from %(time)s on."
            )
            % {"searches": searches, "time": date_format(local, "TIME_FORMAT")}
        )


def sees_masked(user: StaffUser) -> bool:
    """Say whether ``user`` sees customers whose numbers are masked: all but who only serves."""
    scope = scope_of(user)
    return scope.everything or scope.unit_path is not None or bool(scope.handles_for)


def open_search(*, actor: StaffUser, written: str) -> str:
    """Return the text that was searched for, and note it where it is a whole number.

    ``written``: as it came, a text or the key of one (``core.sealed``). A key that ``actor`` got
    was noted then. Raises SealExpiredError for a key that is too old, SearchesUsedUpError where
    the hour's searches are used up. Safe twice: the same search again within ten minutes is one.
    """
    search = unseal(written)
    if search.asked_by != actor.pk:
        _note(actor, search)
    return search.text


@dataclass(frozen=True)
class Asked:
    """One search: its text, what stands for it in an address, and why it is refused, if it is."""

    text: str
    address: str
    refusal: str = ""

    @property
    def shown(self) -> str:
        """The text as a page repeats it: a whole number masked."""
        return masked_search(self.text)


def asked_for(request: HttpRequest, user: StaffUser) -> Asked:
    """Return what ``q`` of a form or an address asks for, noted as ``open_search`` does."""
    given = request.POST if request.method == "POST" else request.GET
    written = given.get("q", "").replace("\0", "").strip()[:LONGEST_KEY]
    if not is_sealed(written):
        written = written[:LONGEST_SEARCH]
    try:
        text = open_search(actor=user, written=written)
    except SealExpiredError:
        return Asked("", "", _("This search is too old. Enter it again."))
    except SearchesUsedUpError as refusal:
        return Asked("", "", " ".join(refusal.messages))
    return Asked(text, written if is_sealed(written) else seal(text, by=user.pk))


def _note(actor: StaffUser, search: Search) -> None:
    number = whole_number(search.text)
    if not number or not sees_masked(actor):
        return
    # The cache is no place for numbers either.
    digest = blake2s(number.encode(), key=b"number.searched").hexdigest()
    if not throttle.is_first("number-search", actor.pk, digest, seconds=SAME_SEARCH_SECONDS):
        return
    now = clock.now()
    standards = ServiceStandard.objects.visible_to(actor).load()
    most = standards.value(Figure.NUMBER_SEARCHES_AN_HOUR, clock.local_date(now))
    done = throttle.count("number-searches", actor.pk, seconds=HOUR)
    if done is not None and done > most:
        throttle.forget("number-search", actor.pk, digest)
        until = now + timedelta(seconds=throttle.seconds_left(seconds=HOUR))
        raise SearchesUsedUpError(searches=most, until=until, zone=actor.time_zone)
    audit.record_job(
        actor=actor,
        verb="number.searched",
        model=Customer,
        changes={"phone": [None, mask_phone(number)]},
    )
