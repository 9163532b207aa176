"""Questions about contact records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db.models import BooleanField, F, Func, Max, Q, QuerySet, Subquery

from contacts.rules import (
    COUNTING_CHANNELS,
    COUNTING_RECORDERS,
    FACE_TO_FACE_CHANNELS,
    INCOMING,
    REACHED,
    WRITTEN_CHANNELS,
)
from core.phones import holds_digits
from customers.models import Customer
from customers.querysets import OfCustomerQuerySet
from customers.rules import LastContacts
from staff.models import Unit
from staff.querysets import scope_of

if TYPE_CHECKING:
    from contacts.models import ContactRecord
    from staff.querysets import Viewer

FROM_CUSTOMER = Q(channel__in=WRITTEN_CHANNELS, direction=INCOMING)
"""``contacts.rules.is_message_from_customer`` as a condition."""

BY_RULE = ~FROM_CUSTOMER & Q(
    is_automatic=False,
    is_broadcast=False,
    voided_at=None,
    outcome=REACHED,
    channel__in=COUNTING_CHANNELS,
    recorded_as__in=COUNTING_RECORDERS,
)
"""``contacts.rules.counts`` as a condition; a test holds the two together."""


MOST_LOOKED_AT = 5000
"""So many records are read for a search with digits in it: some milliseconds."""


class OfFew(Func):
    """Whether a column holds one of the ids of ``few``, rows of which there are some hundreds.

    PostgreSQL takes a list of ids for short and looks each of them up. Joined, it would walk all
    records in the order of the page until enough of them belong to the few.
    """

    function = ""
    arg_joiner = " IN "
    template = "(%(expressions)s)"
    output_field = BooleanField()

    def __init__(self, column: str, few: QuerySet[Any]) -> None:
        super().__init__(F(column), Subquery(few.order_by().values("pk")))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Write it as ``column = ANY(ARRAY(SELECT ...))``."""
        own = {"arg_joiner": " = ANY(ARRAY", "template": "(%(expressions)s))"}
        return self.as_sql(compiler, connection, **{**context, **own})


class ContactRecordQuerySet(OfCustomerQuerySet["ContactRecord"]):
    """The contact records."""

    def feed_for(self, user: Viewer) -> Self:
        """Return what ``visible_to`` does, for lists in the order of change.

        Of who serves customers personally the customers are looked up first.
        """
        scope = scope_of(user)
        if not scope.manager_ids or scope.everything or scope.unit_path is not None:
            return self.visible_to(user)
        return self.filter(OfFew("customer_id", Customer.objects.visible_to(user)))

    def counted(self) -> Self:
        """Return the records that are contacts in the sense of article 8."""
        return self.filter(is_counted=True)

    def face_to_face(self) -> Self:
        """Return the visits, receptions and attended activities."""
        return self.filter(channel__in=FACE_TO_FACE_CHANNELS)

    def standing(self) -> Self:
        """Return the records that were not voided."""
        return self.filter(voided_at=None)

    def misjudged(self) -> Self:
        """Return the records whose stored ``is_counted`` is not what the rule says."""
        return self.filter(Q(BY_RULE, is_counted=False) | Q(~BY_RULE, is_counted=True))

    def logged_since(self, moment: datetime) -> Self:
        """Return what people entered by hand after ``moment``, the newest first."""
        # Of the second condition there is an index; a row is never changed before it is made.
        found = self.filter(recorded_at__gt=moment, updated_at__gt=moment, source="manual")
        return found.select_related("recorded_by").order_by("-recorded_at", "-pk")

    def newest_first(self) -> Self:
        """Return the records as a timeline shows them."""
        return self.order_by("-happened_at", "-pk")

    def for_row(self) -> Self:
        """Load what a row of the list shows, in the same statement."""
        return self.select_related("customer", "manager", "unit", "recorded_by")

    def saying(self, text: str) -> Self:
        """Return the records whose summary holds ``text``, as everybody reads it: masked.

        Digits are not found inside a phone number, or it could be guessed digit by digit. Of
        those whose summary holds the digits somewhere the newest MOST_LOOKED_AT are looked
        through, in one statement more.
        """
        # The index holds no empty summaries.
        found = self.filter(summary__contains=text).exclude(summary="")
        if not holds_digits(text):
            return found
        rows = found.order_by("-happened_at", "-pk").values_list("pk", "summary")
        said = [pk for pk, summary in rows[:MOST_LOOKED_AT] if text in str(summary)]
        return self.filter(pk__in=said)

    def since(self, day: date) -> Self:
        """Return the records of ``day`` (a local date of the unit) and later."""
        # The day before the day begins anywhere: with it the index of moments is of use.
        return self.filter(happened_on__gte=day, happened_at__gte=_day_around(day, -1))

    def until(self, day: date) -> Self:
        """Return the records of ``day`` (a local date of the unit) and earlier."""
        return self.filter(happened_on__lte=day, happened_at__lt=_day_around(day, 2))

    def of_unit(self, path: str) -> Self:
        """Return the records of customers who then belonged to the unit at ``path`` or below."""
        return self.filter(unit__in=Unit.objects.within(path))

    def open_follow_ups(self) -> Self:
        """Return the records with a promise to get back to the customer that is not kept yet."""
        return self.standing().filter(follow_up_on__isnull=False, follow_up_closed_at=None)

    def follow_ups_due(self, last_day: date) -> Self:
        """Return the open promises for active customers due by ``last_day``."""
        return self.open_follow_ups().filter(follow_up_on__lte=last_day, customer__status="active")

    def mentions_to_take(self) -> Self:
        """Return the standing records whose mentioned competitor nobody has taken up yet."""
        return self.standing().filter(mentions_competitor=True, mention_taken_at=None)

    def same_text(self, record: ContactRecord, window: timedelta) -> Self:
        """Return the standing messages of the same text by the same person around ``record``.

        Written by that person: neither what customers wrote nor what the system sent by itself.
        """
        return self.standing().filter(
            ~FROM_CUSTOMER,
            is_automatic=False,
            recorded_by=record.recorded_by_id,
            text_key=record.text_key,
            happened_at__range=(record.happened_at - window, record.happened_at + window),
        )

    def last_contacts(self, customer_ids: Iterable[int] | None = None) -> dict[int, LastContacts]:
        """Return the days of the last counted contacts by customer. One statement."""
        rows: Any = self.filter(BY_RULE)
        if customer_ids is not None:
            rows = rows.filter(customer__in=list(customer_ids))
        rows = (
            rows.order_by()
            .values("customer_id")
            .annotate(
                contact_on=Max("happened_on"),
                visit_on=Max("happened_on", filter=Q(channel__in=FACE_TO_FACE_CHANNELS)),
            )
        )
        return {
            row["customer_id"]: LastContacts(row["contact_on"], row["visit_on"]) for row in rows
        }

    def voidable_by(self, user: Viewer) -> Self:
        """Return the records ``user`` may void: what the person entered, or the supervisor's."""
        scope = scope_of(user)
        mine = self.editable_by(user).standing()
        if scope.unit_path is not None:
            return mine
        return mine.filter(Q(recorded_by=scope.user_id) | Q(manager=scope.user_id))


def _day_around(day: date, days: int) -> datetime:
    """Return the beginning in UTC of the day ``days`` after ``day``, within the calendar."""
    number = min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal())
    return datetime.combine(date.fromordinal(number), time.min, tzinfo=UTC)
