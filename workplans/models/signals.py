"""What looks odd about a contact record: a question to look into, never an accusation."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactRecord
from core import clock, texts
from staff.models import StaffUser
from workplans.querysets import RecordSignalQuerySet, SignalRunQuerySet


class RecordSignal(models.Model):
    """One oddity of one contact record (article 6). ``facts`` hold what explains it.

    ``person``: who entered the record. Found by a job; one that does not hold any more is gone.
    """

    class Kind(models.TextChoices):
        """What looks odd."""

        BURST = "burst", _("Closer together than they lasted")
        PASTED = "pasted", _("The same text again")
        LATE = "late", _("Entered long after the fact")
        MONTH_END = "month_end", _("Many at the month's end")
        NO_CALL = "no_call", _("No such call in the call centre")
        TWO_PLACES = "two_places", _("At two far places at once")
        SAME_DURATION = "same_duration", _("The same round duration again")

    record = models.ForeignKey(
        ContactRecord,
        verbose_name=_("contact record"),
        on_delete=models.CASCADE,
        related_name="signals",
    )
    person = models.ForeignKey(
        StaffUser,
        verbose_name=_("entered by"),
        on_delete=models.PROTECT,
        related_name="record_signals",
    )
    kind = models.CharField(_("what looks odd"), max_length=13, choices=Kind)
    happened_on = models.DateField(_("day of the record"))
    facts = texts.FreeJSONField(_("why"), default=dict)
    found_at = models.DateTimeField(_("found at"), default=clock.now)

    objects = RecordSignalQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign of a careless record")
        verbose_name_plural = _("signs of careless records")
        constraints = [
            models.UniqueConstraint(fields=["record", "kind"], name="workplans_signal_once"),
        ]
        indexes = [
            models.Index(fields=["person", "-happened_on"], name="workplans_signal_person"),
            models.Index(fields=["-happened_on", "-id"], name="workplans_signal_new"),
        ]

    def __str__(self) -> str:
        return f"#{self.record_id} {self.kind}"


class SignalRun(models.Model):
    """One run of the job that looks for signs: the next looks at what changed since it began."""

    began_at = models.DateTimeField(_("began at"), default=clock.now)
    judged_on = models.DateField(_("judged on"))
    people = models.PositiveIntegerField(_("people judged"), default=0)
    found = models.PositiveIntegerField(_("signs found"), default=0)
    gone = models.PositiveIntegerField(_("signs gone"), default=0)

    objects = SignalRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("search for signs")
        verbose_name_plural = _("searches for signs")
        indexes = [models.Index(fields=["-began_at"], name="workplans_signal_run")]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}"
