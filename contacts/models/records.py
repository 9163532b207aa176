"""Contacts with customers and attempts at them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contacts.models.choices import Direction, Occasion, Outcome, RecordedAs, Source
from contacts.querysets import ContactRecordQuerySet
from core import clock, texts
from customers.models import Channel, Customer
from staff.models import StaffUser, Unit


class ContactRecord(models.Model):
    """One contact with a customer, or one attempt at it (沟通记录, articles 8 to 11).

    Never deleted: a wrong one is voided with a reason. ``manager`` is the customer's manager at
    the time, ``recorded_by`` the person who made and entered it; under a cover the two differ.
    ``happened_on`` is the local date of the unit; where only the date is known ``date_only`` is
    set and ``happened_at`` is that day's beginning. ``is_counted`` is what
    ``contacts.rules.counts`` says of the row. ``mention_taken_at``: when a mentioned competitor
    was made a churn event of (article 17).
    """

    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        db_index=False,
        on_delete=models.PROTECT,
        related_name="contact_records",
    )
    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="contact_records",
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+"
    )
    recorded_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("recorded by"),
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    recorded_as = models.CharField(_("recorded as"), max_length=10, choices=RecordedAs)
    source = models.CharField(_("source"), max_length=6, choices=Source, default=Source.MANUAL)
    channel = models.CharField(_("channel"), max_length=9, choices=Channel)
    direction = models.CharField(
        _("direction"), max_length=8, choices=Direction, default=Direction.OUTGOING
    )
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    occasion = models.CharField(
        _("occasion"), max_length=20, choices=Occasion, default=Occasion.REGULAR
    )
    happened_at = models.DateTimeField(_("happened at"))
    happened_on = models.DateField(_("happened on"))
    date_only = models.BooleanField(_("only the date is known"), default=False)
    recorded_at = models.DateTimeField(_("recorded at"), default=clock.now)
    is_late = models.BooleanField(_("entered late"), default=False)
    duration_seconds = models.PositiveIntegerField(_("duration in seconds"), null=True, blank=True)
    summary = texts.FreeTextField(_("what was said"), max_length=2000, blank=True)
    place = texts.AddressField(_("place"), max_length=200, blank=True)
    mentions_competitor = models.BooleanField(
        _("mentions a competitor's contract"), default=False, db_default=False
    )
    competitor = texts.FreeCharField(
        _("competitor"), max_length=60, blank=True, default="", db_default=""
    )
    mention_taken_at = models.DateTimeField(null=True, blank=True, editable=False)

    follow_up_on = models.DateField(_("promised to get back on"), null=True, blank=True)
    follow_up_closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    follow_up_closed_by = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="closed_follow_ups",
    )

    is_automatic = models.BooleanField(_("sent by the system"), default=False)
    is_broadcast = models.BooleanField(_("the same text to many"), default=False)
    is_counted = models.BooleanField(_("counts as a contact"), default=False)
    text_key = texts.TechnicalField(max_length=32, blank=True, editable=False)
    submission_key = models.UUIDField(null=True, blank=True, editable=False)

    voided_at = models.DateTimeField(_("voided at"), null=True, blank=True, editable=False)
    voided_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("voided by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    void_reason = texts.FreeCharField(_("why it is void"), max_length=200, blank=True)
    updated_at = models.DateTimeField(
        _("updated at"), default=clock.now, db_default=Now(), editable=False
    )

    objects = ContactRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact record")
        verbose_name_plural = _("contact records")
        constraints = [
            models.UniqueConstraint(
                fields=["recorded_by", "submission_key"], name="contacts_sent_once"
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True) | (~Q(void_reason="") & Q(is_counted=False)),
                name="contacts_void_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(is_counted=False)
                | Q(
                    is_automatic=False,
                    is_broadcast=False,
                    outcome="reached",
                    voided_at__isnull=True,
                ),
                name="contacts_counted_by_rule",
            ),
            models.CheckConstraint(
                condition=Q(date_only=False) | Q(is_late=False), name="contacts_date_never_late"
            ),
            models.CheckConstraint(
                condition=Q(mentions_competitor=True) | Q(competitor=""),
                name="contacts_competitor_is_mentioned",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-happened_at", "-id"], name="contacts_timeline"),
            models.Index(fields=["manager", "-happened_at"], name="contacts_of_manager"),
            # Lists in the order of change. They also serve the foreign keys they begin with.
            models.Index(fields=["updated_at", "id"], name="contacts_updated"),
            models.Index(fields=["customer", "updated_at", "id"], name="contacts_updated_customer"),
            models.Index(fields=["manager", "updated_at", "id"], name="contacts_updated_manager"),
            models.Index(
                fields=["recorded_by", "updated_at", "id"], name="contacts_updated_person"
            ),
            # The list of contact records, newest first. Of channels, outcomes and occasions the
            # commonest is left out: walking the list meets it at once.
            models.Index(fields=["-happened_at", "-id"], name="contacts_newest"),
            models.Index(fields=["unit", "-happened_at", "-id"], name="contacts_of_unit"),
            models.Index(
                fields=["channel", "-happened_at", "-id"],
                name="contacts_by_channel",
                condition=~Q(channel="phone"),
            ),
            models.Index(
                fields=["outcome", "-happened_at", "-id"],
                name="contacts_by_outcome",
                condition=~Q(outcome="reached"),
            ),
            models.Index(
                fields=["occasion", "-happened_at", "-id"],
                name="contacts_by_occasion",
                condition=~Q(occasion="regular"),
            ),
            models.Index(
                fields=["-happened_at", "-id"],
                name="contacts_not_counted",
                condition=Q(is_counted=False),
            ),
            models.Index(
                fields=["-happened_at", "-id"], name="contacts_late", condition=Q(is_late=True)
            ),
            models.Index(
                fields=["-happened_at", "-id"],
                name="contacts_void",
                condition=Q(voided_at__isnull=False),
            ),
            models.Index(
                fields=["customer", "follow_up_on"],
                name="contacts_open_follow_up",
                condition=Q(
                    follow_up_on__isnull=False,
                    follow_up_closed_at__isnull=True,
                    voided_at__isnull=True,
                ),
            ),
            models.Index(
                fields=["recorded_by", "text_key", "happened_at"],
                name="contacts_same_text",
                condition=~Q(text_key=""),
            ),
            models.Index(
                fields=["id"],
                name="contacts_mention_to_take",
                condition=Q(
                    mentions_competitor=True,
                    mention_taken_at__isnull=True,
                    voided_at__isnull=True,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.channel} {self.outcome} {self.happened_on}"

    @property
    def is_voided(self) -> bool:
        """Whether the record was taken back."""
        return self.voided_at is not None

    @property
    def duration_minutes(self) -> int | None:
        """The duration in whole minutes, rounded up (None where it is not known)."""
        return None if self.duration_seconds is None else -(-self.duration_seconds // 60)
