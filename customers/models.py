"""The VIP customer: who they are, whose they are, what is due, and the standard they are due."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock, texts
from core.models import PhoneNumberField
from core.phones import mask_phone
from customers.querysets import (
    CustomerPhoneQuerySet,
    CustomerQuerySet,
    LikenessKeyQuerySet,
    LikePairQuerySet,
    OfCustomerQuerySet,
    ServiceStandardQuerySet,
)
from customers.rules import FACTS, Cadence
from customers.rules import Figure as FigureCode
from customers.rules import Likeness as LikenessCode
from staff.models import StaffUser, Unit


class Tier(models.TextChoices):
    """A VIP customer's tier (级别), the highest first."""

    DIAMOND = "diamond", _("Diamond")
    GOLD = "gold", _("Gold")
    SILVER = "silver", _("Silver")


class Status(models.TextChoices):
    """Whether the customer is with us, or merged into another row of the same person."""

    ACTIVE = "active", _("Active")
    LEFT = "left", _("Left")
    MERGED = "merged", _("Merged")


class Gender(models.TextChoices):
    """As the roster has it."""

    MALE = "male", _("Male")
    FEMALE = "female", _("Female")


class BirthCalendar(models.TextChoices):
    """The calendar a birthday is kept by."""

    SOLAR = "solar", _("Solar calendar")
    LUNAR = "lunar", _("Lunar calendar")


class Channel(models.TextChoices):
    """How customer and manager speak with each other (沟通方式, article 10)."""

    PHONE = "phone", _("Phone call")
    SMS = "sms", _("SMS")
    MMS = "mms", _("MMS")
    IM = "im", _("WeCom message")
    VISIT = "visit", _("Home visit")
    RECEPTION = "reception", _("Reception")
    ACTIVITY = "activity", _("Activity attended")


PREFERRED_CHANNELS = [choice for choice in Channel.choices if choice[0] != Channel.ACTIVITY]
"""What a customer can prefer: an activity is an event, not a way to be reached."""


class Figure(models.TextChoices):
    """The figures of the service standard, with their units."""

    CONTACT_INTERVAL_MONTHS = (
        FigureCode.CONTACT_INTERVAL_MONTHS.value,
        _("Contact at least every … months"),
    )
    CONTACT_WATCHED_DAYS = (
        FigureCode.CONTACT_WATCHED_DAYS.value,
        _("Contact at least every … days while a churn warning is open"),
    )
    VISIT_INTERVAL_MONTHS = (
        FigureCode.VISIT_INTERVAL_MONTHS.value,
        _("Meet key customers at least every … months"),
    )
    VISIT_WATCHED_DAYS = (
        FigureCode.VISIT_WATCHED_DAYS.value,
        _("Meet key customers at least every … days while a churn warning is open"),
    )
    DUE_SOON_DAYS = FigureCode.DUE_SOON_DAYS.value, _("Due soon: … days before")
    CHANGE_GRACE_DAYS = (
        FigureCode.CHANGE_GRACE_DAYS.value,
        _("At least … days after an interval became shorter"),
    )
    ESCALATION_DAYS = (
        FigureCode.ESCALATION_DAYS.value,
        _("Flags go to the supervisor after … days"),
    )
    EXEMPTION_MAX_DAYS = FigureCode.EXEMPTION_MAX_DAYS.value, _("Exemptions last at most … days")
    LATE_AFTER_HOURS = FigureCode.LATE_AFTER_HOURS.value, _("Records are late after … hours")
    BROADCAST_CUSTOMERS = (
        FigureCode.BROADCAST_CUSTOMERS.value,
        _("The same text counts for at most … customers"),
    )
    BROADCAST_MINUTES = (
        FigureCode.BROADCAST_MINUTES.value,
        _("The same text is one broadcast within … minutes"),
    )
    STALE_FACT_DAYS = FigureCode.STALE_FACT_DAYS.value, _("Facts are stale after … days")
    WARNING_LINE_POINTS = (
        FigureCode.WARNING_LINE_POINTS.value,
        _("Churn warnings from … points of risk, until leavers have taught better"),
    )
    WARNING_LIFT_PERCENT = (
        FigureCode.WARNING_LIFT_PERCENT.value,
        _("Churn warnings from … percent of the usual rate of leaving"),
    )
    WARNING_CAPACITY = (
        FigureCode.WARNING_CAPACITY.value,
        _("A manager follows up … churn warnings at a time"),
    )
    WARNING_FOLLOW_UP_HOURS = (
        FigureCode.WARNING_FOLLOW_UP_HOURS.value,
        _("Churn warnings are followed up within … hours"),
    )
    WARNING_FADE_POINTS = (
        FigureCode.WARNING_FADE_POINTS.value,
        _("Far below the line: … points of risk below it"),
    )
    WARNING_FADE_MONTHS = (
        FigureCode.WARNING_FADE_MONTHS.value,
        _("Churn warnings close by themselves after … months far below the line"),
    )
    WARNING_REST_DAYS = (
        FigureCode.WARNING_REST_DAYS.value,
        _("No new churn warning for … days after one"),
    )
    WARNING_JUMP_POINTS = (
        FigureCode.WARNING_JUMP_POINTS.value,
        _("A rise by … points of risk ends that rest"),
    )
    CODE_LIFE_MINUTES = (
        FigureCode.CODE_LIFE_MINUTES.value,
        _("An authorisation code lives … minutes"),
    )
    CASE_FIRST_HOURS = (
        FigureCode.CASE_FIRST_HOURS.value,
        _("Ask a saved customer again after … hours"),
    )
    CASE_SECOND_DAYS = (
        FigureCode.CASE_SECOND_DAYS.value,
        _("Ask a saved customer again after … days"),
    )
    CASE_THIRD_DAYS = (
        FigureCode.CASE_THIRD_DAYS.value,
        _("Ask a saved customer a third time after … days"),
    )
    CASE_CHECK_MONTHS = (
        FigureCode.CASE_CHECK_MONTHS.value,
        _("Look after … months whether a saved customer is still here"),
    )
    REVIEW_DAYS = (
        FigureCode.REVIEW_DAYS.value,
        _("Departures are reviewed within … days"),
    )
    PLAN_WEEK_DUE_HOURS = (
        FigureCode.PLAN_WEEK_DUE_HOURS.value,
        _("A week's plan is due … hours into its Monday"),
    )
    PLAN_MONTH_DUE_WORKDAY = (
        FigureCode.PLAN_MONTH_DUE_WORKDAY.value,
        _("A month's plan is due on its … working day"),
    )
    PLAN_YEAR_DUE_DAY = (
        FigureCode.PLAN_YEAR_DUE_DAY.value,
        _("A year's plan is due on the … of January"),
    )
    PLAN_CALL_MINUTES = FigureCode.PLAN_CALL_MINUTES.value, _("A planned call takes … minutes")
    PLAN_MESSAGE_MINUTES = (
        FigureCode.PLAN_MESSAGE_MINUTES.value,
        _("A planned message takes … minutes"),
    )
    PLAN_VISIT_MINUTES = (
        FigureCode.PLAN_VISIT_MINUTES.value,
        _("A planned visit or reception takes … minutes"),
    )
    PLAN_SHARE_PERCENT = (
        FigureCode.PLAN_SHARE_PERCENT.value,
        _("A draft fills … percent of the working hours"),
    )
    LOG_DUE_HOURS = (
        FigureCode.LOG_DUE_HOURS.value,
        _("A day's log is due … hours into the next day"),
    )
    INSPECTION_MIN_RECORDS = (
        FigureCode.INSPECTION_MIN_RECORDS.value,
        _("An inspection draws at least … records"),
    )
    INSPECTION_PERCENT = (
        FigureCode.INSPECTION_PERCENT.value,
        _("An inspection draws … percent of the records"),
    )
    FINDING_DUE_DAYS = FigureCode.FINDING_DUE_DAYS.value, _("A finding is answered within … days")
    SIGNAL_LATE_DAYS = (
        FigureCode.SIGNAL_LATE_DAYS.value,
        _("Sign of careless records: entered … days after the fact"),
    )
    SIGNAL_SAME_TEXT = (
        FigureCode.SIGNAL_SAME_TEXT.value,
        _("Sign of careless records: the same text … times in a month"),
    )
    SIGNAL_MONTH_END_PERCENT = (
        FigureCode.SIGNAL_MONTH_END_PERCENT.value,
        _("Sign of careless records: … percent of a month in its last three days"),
    )
    SIGNAL_SAME_DURATION = (
        FigureCode.SIGNAL_SAME_DURATION.value,
        _("Sign of careless records: the same round duration … times in a week"),
    )
    COMPLAINT_RESPONSE_MINUTES = (
        FigureCode.COMPLAINT_RESPONSE_MINUTES.value,
        _("Complaints are responded to within … minutes"),
    )
    COMPLAINT_RESOLUTION_HOURS = (
        FigureCode.COMPLAINT_RESOLUTION_HOURS.value,
        _("Complaints are resolved within … hours"),
    )
    COMPLAINT_REOPENED_HOURS = (
        FigureCode.COMPLAINT_REOPENED_HOURS.value,
        _("A reopened complaint has at least … hours"),
    )
    COMPLAINT_STATUTORY_DAYS = (
        FigureCode.COMPLAINT_STATUTORY_DAYS.value,
        _("Complaints are answered by the end of day …, whatever happens"),
    )
    COMPLAINT_WARN_PERCENT = (
        FigureCode.COMPLAINT_WARN_PERCENT.value,
        _("The handler is warned at … percent of the time"),
    )
    COMPLAINT_ESCALATE_PERCENT = (
        FigureCode.COMPLAINT_ESCALATE_PERCENT.value,
        _("The supervisor is told at … percent of the time"),
    )
    COMPLAINT_ABOVE_PERCENT = (
        FigureCode.COMPLAINT_ABOVE_PERCENT.value,
        _("The unit above is told at … percent of the time"),
    )
    COMPLAINT_COOL_DOWN_MINUTES = (
        FigureCode.COMPLAINT_COOL_DOWN_MINUTES.value,
        _("Nobody is told of the same complaint twice within … minutes"),
    )
    COMPLAINT_CALL_BACK_DAYS = (
        FigureCode.COMPLAINT_CALL_BACK_DAYS.value,
        _("The customer is called back within … days of closing"),
    )
    COMPLAINT_SEEN_DAYS = (
        FigureCode.COMPLAINT_SEEN_DAYS.value,
        _("A handler sees a closed complaint's customer for … days"),
    )
    COMPLAINT_REPEAT_DAYS = (
        FigureCode.COMPLAINT_REPEAT_DAYS.value,
        _("Complaints of one customer within … days are repeated"),
    )
    REQUEST_ESCALATE_HOURS = (
        FigureCode.REQUEST_ESCALATE_HOURS.value,
        _("A broken promise goes to the supervisor after … hours"),
    )
    MISSED_CALL_MINUTES = (
        FigureCode.MISSED_CALL_MINUTES.value,
        _("A missed call is returned within … minutes"),
    )
    CALL_AHEAD_MINUTES = (
        FigureCode.CALL_AHEAD_MINUTES.value,
        _("The call centre's clock may be ahead by … minutes"),
    )
    NUMBER_SEARCHES_AN_HOUR = (
        FigureCode.NUMBER_SEARCHES_AN_HOUR.value,
        _("Who sees numbers masked searches by … whole numbers an hour"),
    )


phone_validator = RegexValidator(
    r"^\+?[0-9]{5,20}(-[0-9]{1,6})?$",
    _("A phone number has 5 to 20 digits, and behind a dash its extension."),
)


class Customer(models.Model):
    """One VIP customer, told apart by the customer number.

    ``last_contact_on``, ``last_visit_on``, ``contact_due_on`` and ``visit_due_on`` are the
    clocks of articles 8 and 9 (local dates of the unit); services keep them right after every
    change, ``verify_clocks`` computes them from the records. ``version`` counts the changes a
    person makes, so that the second of two editors is told of the first.

    A row that was merged away has ``status`` merged and names in ``merged_into`` the customer it
    answers with; nobody sees, counts or changes it any more.
    """

    number = texts.CodeField(
        _("customer number"),
        max_length=32,
        unique=True,
        error_messages={"unique": _("A customer with this number is there already.")},
    )
    name = texts.NameField(_("name"), max_length=80)
    gender = models.CharField(_("gender"), max_length=6, choices=Gender, blank=True)
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="customers"
    )
    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="customers",
        help_text=_("Empty: the customer is in the unit's pool."),
    )
    tier = models.CharField(_("tier"), max_length=7, choices=Tier)
    is_key = models.BooleanField(_("key customer"), default=False)
    key_since = models.DateField(_("key customer since"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=6, choices=Status, default=Status.ACTIVE)
    left_on = models.DateField(_("left on"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("merged into"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="absorbed",
    )
    joined_on = models.DateField(_("with us since"), null=True, blank=True)
    vip_since = models.DateField(_("VIP since"))

    birth_calendar = models.CharField(
        _("birthday's calendar"),
        max_length=5,
        choices=BirthCalendar,
        default=BirthCalendar.SOLAR,
    )
    birth_year = models.PositiveSmallIntegerField(_("year of birth"), null=True, blank=True)
    birth_month = models.PositiveSmallIntegerField(_("month of birth"), null=True, blank=True)
    birth_day = models.PositiveSmallIntegerField(_("day of birth"), null=True, blank=True)
    birth_leap_month = models.BooleanField(_("born in a leap month"), default=False)

    preferred_channel = models.CharField(
        _("preferred channel"), max_length=9, choices=PREFERRED_CHANNELS, blank=True
    )
    preferred_from = models.TimeField(_("best reached from"), null=True, blank=True)
    preferred_to = models.TimeField(_("best reached until"), null=True, blank=True)

    watched_since = models.DateField(_("watched since"), null=True, blank=True, editable=False)
    has_open_complaint = models.BooleanField(
        _("has an open complaint"), default=False, editable=False
    )
    last_contact_on = models.DateField(_("last contact"), null=True, blank=True, editable=False)
    last_visit_on = models.DateField(_("last face to face"), null=True, blank=True, editable=False)
    contact_due_on = models.DateField(_("contact due"), null=True, blank=True, editable=False)
    visit_due_on = models.DateField(_("visit due"), null=True, blank=True, editable=False)
    contact_exempt_until = models.DateField(
        _("excused from contacts until"), null=True, blank=True, editable=False
    )
    visit_exempt_until = models.DateField(
        _("excused from visits until"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=clock.now, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.CheckConstraint(condition=~Q(number=""), name="customers_number_set"),
            models.CheckConstraint(condition=~Q(name=""), name="customers_name_set"),
            models.CheckConstraint(condition=Q(tier__in=Tier.values), name="customers_tier_known"),
            models.CheckConstraint(
                condition=Q(is_key=False) | Q(key_since__isnull=False),
                name="customers_key_has_date",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.ACTIVE, left_on__isnull=True)
                | Q(status=Status.LEFT, left_on__isnull=False)
                | Q(status=Status.MERGED),
                name="customers_left_has_date",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.ACTIVE, contact_due_on__isnull=False)
                | Q(status__in=[Status.LEFT, Status.MERGED], contact_due_on__isnull=True),
                name="customers_active_is_clocked",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.MERGED, merged_into__isnull=False)
                | Q(status__in=[Status.ACTIVE, Status.LEFT], merged_into__isnull=True),
                name="customers_merged_has_survivor",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=models.F("id")),
                name="customers_not_merged_into_itself",
            ),
            models.CheckConstraint(
                condition=Q(birth_month__isnull=True, birth_day__isnull=True)
                | Q(birth_month__range=(1, 12), birth_day__range=(1, 31)),
                name="customers_birthday_whole",
                violation_error_message=_("A birthday has a month and a day."),
            ),
            models.CheckConstraint(
                condition=Q(preferred_from__isnull=True, preferred_to__isnull=True)
                | Q(preferred_from__isnull=False, preferred_to__isnull=False),
                name="customers_hours_whole",
                violation_error_message=_("Give both the first and the last hour, or neither."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["manager", "contact_due_on", "id"],
                name="customers_manager_due",
                condition=Q(status="active"),
            ),
            models.Index(
                fields=["unit", "contact_due_on", "id"],
                name="customers_unit_due",
                condition=Q(status="active"),
            ),
            models.Index(
                fields=["tier", "contact_due_on", "id"],
                name="customers_tier_due",
                condition=Q(status="active"),
            ),
            models.Index(
                fields=["contact_due_on", "id"],
                name="customers_due",
                condition=Q(status="active"),
            ),
            models.Index(
                fields=["visit_due_on", "id"],
                name="customers_visit_due",
                condition=Q(status="active", visit_due_on__isnull=False),
            ),
            models.Index(
                fields=["manager", "visit_due_on"],
                name="customers_manager_visit",
                condition=Q(status="active", visit_due_on__isnull=False),
            ),
            models.Index(fields=["birth_month", "birth_day"], name="customers_birthday"),
            models.Index(fields=["name", "id"], name="customers_name"),
            models.Index(fields=["updated_at", "id"], name="customers_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    @property
    def is_active(self) -> bool:
        """Whether the customer is with us."""
        return self.status == Status.ACTIVE

    @property
    def is_merged(self) -> bool:
        """Whether the row was merged into another one."""
        return self.status == Status.MERGED

    def due_on(self, cadence: Cadence) -> date | None:
        """Return the due day of ``cadence`` (None where its clock does not run)."""
        return self.contact_due_on if cadence is Cadence.CONTACT else self.visit_due_on

    def exempt_until(self, cadence: Cadence) -> date | None:
        """Return the last day the customer is excused from ``cadence`` (None: not excused)."""
        if cadence is Cadence.CONTACT:
            return self.contact_exempt_until
        return self.visit_exempt_until


class Profile(models.Model):
    """What makes it possible to serve one customer well: likings and private facts (article 12).

    ``imported_extra`` keeps columns of a roster whose part of the product does not exist yet.
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="profile"
    )
    id_province = texts.FreeCharField(_("province of the identity card"), max_length=40, blank=True)
    character = texts.FreeCharField(_("character"), max_length=100, blank=True)
    sports = texts.FreeCharField(_("favourite sports"), max_length=200, blank=True)
    rewards = texts.FreeCharField(_("favourite rewards"), max_length=200, blank=True)
    occupation = texts.FreeCharField(_("occupation"), max_length=100, blank=True)
    employer = texts.FreeCharField(_("employer"), max_length=150, blank=True)
    position = texts.FreeCharField(_("position"), max_length=100, blank=True)
    family_background = texts.FreeTextField(_("family background"), max_length=2000, blank=True)
    remarks = texts.FreeTextField(_("remarks"), max_length=2000, blank=True)
    imported_extra = texts.FreeJSONField(
        _("imported columns"), default=dict, blank=True, editable=False
    )

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    def __str__(self) -> str:
        return f"#{self.customer_id}"


class CustomerPhone(models.Model):
    """One number a customer can be reached at; the first one is the one to call."""

    class Kind(models.TextChoices):
        """What the number is."""

        MOBILE = "mobile", _("Mobile")
        HOME = "home", _("Home")
        WORK = "work", _("Work")
        OTHER = "other", _("Other")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="phones")
    number = PhoneNumberField(
        _("phone number"), max_length=20, db_index=True, validators=[phone_validator]
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.MOBILE)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = CustomerPhoneQuerySet.as_manager()

    class Meta:
        verbose_name = _("phone number")
        verbose_name_plural = _("phone numbers")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "number"],
                name="customers_phone_once",
                violation_error_message=_("This number is there already."),
            ),
        ]

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        """The number with its middle hidden."""
        return mask_phone(self.number)


class CustomerAddress(models.Model):
    """One address of a customer."""

    class Kind(models.TextChoices):
        """What is there."""

        HOME = "home", _("Home")
        WORK = "work", _("Work")
        OTHER = "other", _("Other")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(_("kind"), max_length=5, choices=Kind, default=Kind.HOME)
    text = texts.AddressField(_("address"), max_length=300)
    city = texts.AddressField(_("city"), max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return str(self.text)


class FamilyMember(models.Model):
    """One member of a customer's family."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="family_members")
    relation = texts.FreeCharField(_("relation"), max_length=40)
    name = texts.NameField(_("name"), max_length=80, blank=True)
    birth_year = models.PositiveSmallIntegerField(_("year of birth"), null=True, blank=True)
    note = texts.FreeCharField(_("note"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("family member")
        verbose_name_plural = _("family members")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.relation} {self.name}".strip()


class JobChange(models.Model):
    """One job a customer has or had."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="job_changes")
    employer = texts.FreeCharField(_("employer"), max_length=150)
    position_held = texts.FreeCharField(_("position"), max_length=100, blank=True)
    from_year = models.PositiveSmallIntegerField(_("from year"), null=True, blank=True)
    to_year = models.PositiveSmallIntegerField(_("to year"), null=True, blank=True)
    note = texts.FreeCharField(_("note"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(from_year__isnull=True)
                | Q(to_year__isnull=True)
                | Q(to_year__gte=models.F("from_year")),
                name="customers_job_years_in_order",
                violation_error_message=_("The last year is before the first year."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.employer)


class ChannelOptOut(models.Model):
    """A channel by which the customer does not want to be contacted (article 10)."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="opt_outs")
    channel = models.CharField(_("channel"), max_length=9, choices=PREFERRED_CHANNELS)
    since = models.DateField(_("since"))
    recorded_by = models.ForeignKey(
        StaffUser, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        constraints = [
            models.UniqueConstraint(fields=["customer", "channel"], name="customers_opt_out_once"),
        ]

    def __str__(self) -> str:
        return self.get_channel_display()


class FactConfirmation(models.Model):
    """When and by whom one fact of a profile was last confirmed with the customer (article 12).

    A fact without a row was never confirmed: it came with an import.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="confirmations")
    fact = models.CharField(_("fact"), max_length=20, choices=[(fact, fact) for fact in FACTS])
    confirmed_on = models.DateField(_("confirmed on"))
    confirmed_by = models.ForeignKey(
        StaffUser, verbose_name=_("confirmed by"), on_delete=models.PROTECT, related_name="+"
    )

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("confirmed fact")
        verbose_name_plural = _("confirmed facts")
        constraints = [
            models.UniqueConstraint(fields=["customer", "fact"], name="customers_fact_once"),
        ]

    def __str__(self) -> str:
        return f"{self.fact} {self.confirmed_on}"


class TierChange(models.Model):
    """From ``effective_on`` the customer has ``tier``; the first row is the first VIP tier."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="tier_changes")
    old_tier = models.CharField(_("from"), max_length=7, choices=Tier, blank=True)
    tier = models.CharField(_("tier"), max_length=7, choices=Tier)
    effective_on = models.DateField(_("from day"))
    changed_at = models.DateTimeField(_("changed at"), default=clock.now)
    changed_by = models.ForeignKey(StaffUser, null=True, on_delete=models.PROTECT, related_name="+")
    reason = texts.FreeCharField(_("reason"), max_length=200, blank=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("tier change")
        verbose_name_plural = _("tier changes")
        ordering = ["effective_on", "pk"]
        indexes = [models.Index(fields=["customer", "effective_on"], name="customers_tier_history")]

    def __str__(self) -> str:
        return f"{self.tier} {self.effective_on}"


class ManagerChange(models.Model):
    """From ``effective_on`` the customer is served by ``manager`` (None: in the unit's pool)."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="manager_changes")
    old_manager = models.ForeignKey(
        StaffUser, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    manager = models.ForeignKey(
        StaffUser, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    effective_on = models.DateField(_("from day"))
    changed_at = models.DateTimeField(_("changed at"), default=clock.now)
    changed_by = models.ForeignKey(StaffUser, null=True, on_delete=models.PROTECT, related_name="+")
    reason = texts.FreeCharField(_("reason"), max_length=200, blank=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("manager change")
        verbose_name_plural = _("manager changes")
        ordering = ["effective_on", "pk"]
        indexes = [
            models.Index(fields=["customer", "effective_on"], name="customers_manager_history"),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.effective_on}"


class WatchPeriod(models.Model):
    """Days on which a churn warning was open; ``ended_on`` is the first day without one."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="watch_periods")
    started_on = models.DateField(_("from day"))
    ended_on = models.DateField(_("until day"), null=True, blank=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("watched period")
        verbose_name_plural = _("watched periods")
        ordering = ["started_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(ended_on__isnull=True),
                name="customers_watched_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=models.F("started_on")),
                name="customers_watch_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.started_on}–{self.ended_on or ''}"


class SearchEntry(models.Model):
    """The words and phone numbers a customer is found by, apart from the busy customer row.

    Both columns have a trigram index on PostgreSQL; ``customers.rules`` says what is in them.
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="search"
    )
    words = texts.TechnicalTextField()
    phones = texts.PhonesField(blank=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")

    def __str__(self) -> str:
        return f"#{self.customer_id}"


class Likeness(models.TextChoices):
    """What makes two customers look like one person."""

    PHONE = LikenessCode.PHONE.value, _("Same phone number")
    BIRTHDAY = LikenessCode.BIRTHDAY.value, _("Same name and birthday")
    EMPLOYER = LikenessCode.EMPLOYER.value, _("Same name and employer")


class LikenessKey(models.Model):
    """One key of a customer that another one who looks alike has too.

    Derived: ``customers.rules.likeness_keys`` says what is in it.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="likeness_keys")
    kind = models.CharField(max_length=8, choices=Likeness)
    key = texts.TechnicalField(max_length=32)

    objects = LikenessKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("key of a likeness")
        verbose_name_plural = _("keys of likenesses")
        constraints = [
            models.UniqueConstraint(fields=["key", "customer"], name="customers_likeness_once"),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.kind}"


class LikePair(models.Model):
    """Two customers who may be one person, ``first`` the one with the smaller id.

    Derived from their keys; kept with who said that they are not the same and when, so that
    they are not offered again.
    """

    first = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    by_phone = models.BooleanField(_("same phone number"), default=False)
    by_birthday = models.BooleanField(_("same name and birthday"), default=False)
    by_employer = models.BooleanField(_("same name and employer"), default=False)
    found_at = models.DateTimeField(_("found at"), default=clock.now)
    dismissed_at = models.DateTimeField(_("found to be two people at"), null=True, blank=True)
    dismissed_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("found to be two people by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = LikePairQuerySet.as_manager()

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="customers_pair_once"),
            models.CheckConstraint(
                condition=Q(first__lt=models.F("second")), name="customers_pair_in_order"
            ),
            models.CheckConstraint(
                condition=Q(dismissed_at__isnull=True, dismissed_by__isnull=True)
                | Q(dismissed_at__isnull=False, dismissed_by__isnull=False),
                name="customers_dismissed_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="customers_pair_open",
                condition=Q(dismissed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.first_id} #{self.second_id}"

    @property
    def kinds(self) -> list[Likeness]:
        """What the two have in common."""
        return [kind for kind in Likeness if getattr(self, f"by_{kind.value}")]

    def other(self, customer_id: int) -> Customer:
        """Return the one of the two who is not ``customer_id``."""
        return self.second if self.first_id == customer_id else self.first


class ServiceStandard(models.Model):
    """One figure of the service standard from a day on (articles 8 and 9 and our defaults).

    The interval of article 8 is fixed by the standard; every other figure is the company's to
    change. Rows are added, never changed: what held on a day can always be told.
    """

    figure = models.CharField(_("figure"), max_length=40, choices=Figure)
    tier = models.CharField(
        _("tier"), max_length=7, choices=Tier, blank=True, help_text=_("Empty: every tier.")
    )
    effective_from = models.DateField(_("from day"))
    value = models.PositiveIntegerField(_("value"))
    applied_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ServiceStandardQuerySet.as_manager()

    class Meta:
        verbose_name = _("service standard")
        verbose_name_plural = _("service standards")
        ordering = ["figure", "tier", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["figure", "tier", "effective_from"],
                name="customers_standard_once",
                violation_error_message=_("This figure has a row for that day already."),
            ),
            models.CheckConstraint(condition=Q(value__gte=1), name="customers_standard_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.get_figure_display()} {self.tier} {self.value} ({self.effective_from})"

    def clean(self) -> None:
        """Refuse a tier on a figure that is common to all."""
        per_tier = {
            Figure.CONTACT_INTERVAL_MONTHS,
            Figure.CONTACT_WATCHED_DAYS,
            Figure.VISIT_INTERVAL_MONTHS,
            Figure.VISIT_WATCHED_DAYS,
            Figure.COMPLAINT_RESOLUTION_HOURS,
        }
        if self.tier and self.figure not in per_tier:
            raise ValidationError({"tier": _("This figure is the same for every tier.")})
