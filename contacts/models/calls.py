"""Calls as the call centre tells of them, and the missed ones to be returned (article 7)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contacts.models.choices import (
    CallResult,
    Confirmation,
    Direction,
    DiscardReason,
    NumberMatch,
)
from contacts.models.records import ContactRecord
from contacts.querysets import (
    CallEventQuerySet,
    MissedCallNoticeQuerySet,
    MissedCallQuerySet,
)
from core import clock, texts
from core.phones import mask_phone
from customers.models import Customer
from staff.models import StaffUser, Unit


class MissedCall(models.Model):
    """A customer rang and nobody answered: return it by ``due_at`` (article 7).

    At most one is open per customer; later missed calls join it. ``calls`` and ``attempts`` count
    the events and records that ``contacts.rules.calls.obligations`` finds; only a contact that
    reached the customer closes it. ``holder`` was on duty at the first missed call; who is on
    duty now is asked of the covers, never stored.
    """

    class CloseReason(models.TextChoices):
        """Why it is closed."""

        REACHED = "reached", _("The customer was reached")
        JOINED = "joined", _("Belongs to an earlier missed call")
        LEFT = "left", _("The customer left")
        MERGED = "merged", _("Merged with another one's missed call")

    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        db_index=False,
        on_delete=models.PROTECT,
        related_name="missed_calls",
    )
    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    holder = models.ForeignKey(
        StaffUser,
        verbose_name=_("was on duty"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+"
    )
    number = texts.PhoneField(_("phone number"), max_length=20)
    opened_at = models.DateTimeField(_("first missed call"))
    due_at = models.DateTimeField(_("to be returned by"))
    calls = models.PositiveIntegerField(_("missed calls"), default=1)
    last_call_at = models.DateTimeField(_("last missed call"))
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_attempt_at = models.DateTimeField(_("last attempt"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    close_reason = models.CharField(
        _("why it was closed"), max_length=7, choices=CloseReason, blank=True
    )
    closed_by_record = models.ForeignKey(
        ContactRecord,
        verbose_name=_("contact that closed it"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="returned_calls",
    )
    closed_by_event = models.ForeignKey(
        "contacts.CallEvent",
        verbose_name=_("call that closed it"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="returned_calls",
    )
    updated_at = models.DateTimeField(_("updated at"), default=clock.now, editable=False)

    objects = MissedCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("missed call")
        verbose_name_plural = _("missed calls")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(closed_at__isnull=True),
                name="contacts_one_open_missed_call",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, close_reason="")
                | Q(closed_at__isnull=False) & ~Q(close_reason=""),
                name="contacts_missed_call_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("opened_at"), last_call_at__gte=F("opened_at")),
                name="contacts_missed_call_in_order",
            ),
            models.CheckConstraint(
                condition=~Q(close_reason="reached")
                | Q(closed_by_record__isnull=False, closed_by_event__isnull=True)
                | Q(closed_by_record__isnull=True, closed_by_event__isnull=False),
                name="contacts_missed_call_reached_by",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "opened_at"], name="contacts_missed_of_customer"),
            models.Index(
                fields=["due_at", "id"],
                name="contacts_missed_open",
                condition=Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["due_at"],
                name="contacts_missed_to_escalate",
                condition=Q(closed_at__isnull=True, escalated_at__isnull=True),
            ),
            models.Index(fields=["opened_at", "id"], name="contacts_missed_opened"),
            models.Index(fields=["updated_at", "id"], name="contacts_missed_updated"),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.opened_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        """Whether the customer still waits for the call."""
        return self.closed_at is None

    @property
    def masked_number(self) -> str:
        """The number with its middle hidden."""
        return mask_phone(self.number)


class CallEvent(models.Model):
    """One call, as the call centre told of it once it was over (article 7).

    ``event_id`` is the call centre's own; with ``sent_by`` it makes sending twice safe.
    ``number`` is the customer's side in plain digits, ``line`` ours. ``manager`` and
    ``served_by``, who was on duty, are of the moment of the call; ``handled_by`` is who of us
    spoke or dialled, None where the call centre's own desk did. ``unit`` of a call that no one
    customer's number explains is the unit whose supervisors look after it. A call never counts as
    a contact: the record that it becomes once ``handled_by`` has confirmed it does.
    """

    event_id = texts.CodeField(_("id in the call centre"), max_length=64)
    sent_by = models.ForeignKey(
        StaffUser, verbose_name=_("sent by"), on_delete=models.PROTECT, related_name="+"
    )
    direction = models.CharField(_("direction"), max_length=8, choices=Direction)
    result = models.CharField(_("result"), max_length=12, choices=CallResult)
    number = texts.PhoneField(_("phone number"), max_length=20)
    line = texts.FreeCharField(_("line"), max_length=40, blank=True)
    staff_number = texts.CodeField(_("staff number"), max_length=32, blank=True)
    started_at = models.DateTimeField(_("started at"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), default=clock.now)

    match = models.CharField(_("number"), max_length=7, choices=NumberMatch)
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="call_events",
    )
    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    served_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("on duty"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    handled_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("answered or made by"),
        null=True,
        blank=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    unit = models.ForeignKey(
        Unit,
        verbose_name=_("unit"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    missed_call = models.ForeignKey(
        MissedCall,
        verbose_name=_("missed call"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="events",
    )

    confirmation = models.CharField(
        _("contact record"),
        max_length=9,
        choices=Confirmation,
        default=Confirmation.NOTHING,
    )
    contact_record = models.OneToOneField(
        ContactRecord,
        verbose_name=_("contact record"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="call_event",
    )
    settled_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    settled_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    discard_reason = models.CharField(
        _("why it is no contact"), max_length=12, choices=DiscardReason, blank=True
    )
    discard_note = texts.FreeCharField(_("remark"), max_length=200, blank=True)
    updated_at = models.DateTimeField(_("updated at"), default=clock.now, editable=False)

    objects = CallEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        constraints = [
            models.UniqueConstraint(fields=["sent_by", "event_id"], name="contacts_call_once"),
            models.CheckConstraint(
                condition=Q(match="known", customer__isnull=False)
                | ~Q(match="known") & Q(customer__isnull=True),
                name="contacts_call_of_known_number",
            ),
            models.CheckConstraint(
                condition=Q(result="answered", answered_at__isnull=False)
                | ~Q(result="answered") & Q(answered_at__isnull=True),
                name="contacts_call_answered_at",
            ),
            models.CheckConstraint(
                condition=Q(confirmation="confirmed", contact_record__isnull=False)
                | ~Q(confirmation="confirmed") & Q(contact_record__isnull=True),
                name="contacts_call_confirmed_as",
            ),
            models.CheckConstraint(
                condition=Q(confirmation="discarded") & ~Q(discard_reason="")
                | ~Q(confirmation="discarded") & Q(discard_reason=""),
                name="contacts_call_discarded_why",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-started_at", "-id"], name="contacts_calls_customer"),
            models.Index(fields=["-started_at", "-id"], name="contacts_calls_newest"),
            models.Index(fields=["updated_at", "id"], name="contacts_calls_updated"),
            models.Index(
                fields=["handled_by", "-started_at", "-id"],
                name="contacts_calls_to_confirm",
                condition=Q(confirmation="waiting"),
            ),
            models.Index(
                fields=["-started_at", "-id"],
                name="contacts_calls_unmatched",
                condition=~Q(match="known"),
            ),
            models.Index(
                fields=["number"],
                name="contacts_calls_unmatched_no",
                condition=~Q(match="known"),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.direction} {self.result} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def masked_number(self) -> str:
        """The number with its middle hidden."""
        return mask_phone(self.number)

    @property
    def duration_seconds(self) -> int | None:
        """How long was spoken; None where nobody spoke or the end is not known."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return int((self.ended_at - self.answered_at).total_seconds())


class MissedCallNotice(models.Model):
    """Who was told that a missed call was not returned in time; each person once."""

    class Role(models.TextChoices):
        """As what the person was told."""

        NEXT_IN_LINE = "next", _("Next in line")
        SUPERVISOR = "supervisor", _("Supervisor")

    missed_call = models.ForeignKey(
        MissedCall,
        verbose_name=_("missed call"),
        on_delete=models.CASCADE,
        related_name="notices",
    )
    person = models.ForeignKey(
        StaffUser, verbose_name=_("was told"), on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(_("as"), max_length=10, choices=Role)
    told_at = models.DateTimeField(_("told at"), default=clock.now)

    objects = MissedCallNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice of a missed call")
        verbose_name_plural = _("notices of missed calls")
        constraints = [
            models.UniqueConstraint(
                fields=["missed_call", "person"], name="contacts_missed_call_told_once"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.missed_call_id} {self.person_id} {self.role}"
