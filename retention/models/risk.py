"""The signals of the risk score, each score with its reasons, and where each customer stands."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from core import clock, texts
from customers.models import Customer
from retention.querysets import (
    EditableByHeadOfficeQuerySet,
    RiskRunQuerySet,
    RiskScoreQuerySet,
    RiskStateQuerySet,
)
from retention.rules import Feature, Operator
from retention.rules.features import LONGEST_WINDOW
from retention.rules.scoring import WORST_SCORE
from staff.models import StaffUser, Unit


def in_language(english: str, chinese: str) -> str:
    """Return the text in the reader's language."""
    language = translation.get_language() or "en"
    return chinese if language.startswith("zh") and chinese else english


class SignalGroup(models.Model):
    """Signals that overlap, such as dormancy and decline: together at most ``cap`` points."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name_en = texts.FreeCharField(_("English name"), max_length=80)
    name_zh = texts.FreeCharField(_("Chinese name"), max_length=80)
    cap = models.PositiveSmallIntegerField(
        _("at most … points"),
        validators=[MinValueValidator(1), MaxValueValidator(WORST_SCORE)],
    )

    objects = EditableByHeadOfficeQuerySet.as_manager()

    class Meta:
        verbose_name = _("group of signals")
        verbose_name_plural = _("groups of signals")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cap__gte=1, cap__lte=WORST_SCORE), name="retention_cap_in_range"
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name_en, self.name_zh)


class Signal(models.Model):
    """One sign that a customer may leave (article 17). What it says is in its versions."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)

    objects = EditableByHeadOfficeQuerySet.as_manager()

    class Meta:
        verbose_name = _("signal")
        verbose_name_plural = _("signals")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class SignalVersion(models.Model):
    """What a signal says from ``changed_at`` on, until the next version; never changed.

    ``field`` is a feature of ``retention.rules.Feature``, compared by ``operator`` with
    ``threshold``. ``window_months``: how many months before the present one the customer's own
    average is of, or how far back is looked. ``points_when_missing``: what counts where the data
    is missing. A signal that is off has a last version with ``is_active`` false.
    """

    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    field = models.CharField(
        _("field"), max_length=30, choices=[(feature.value, feature.value) for feature in Feature]
    )
    operator = models.CharField(
        _("operator"), max_length=3, choices=[(op.value, op.value) for op in Operator]
    )
    threshold = models.DecimalField(_("threshold"), max_digits=10, decimal_places=2)
    window_months = models.PositiveSmallIntegerField(
        _("window in months"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_WINDOW)],
    )
    points = models.PositiveSmallIntegerField(
        _("points"), validators=[MinValueValidator(1), MaxValueValidator(WORST_SCORE)]
    )
    points_when_missing = models.PositiveSmallIntegerField(
        _("points where the data is missing"),
        default=0,
        validators=[MaxValueValidator(WORST_SCORE)],
    )
    reason_en = texts.FreeCharField(_("reason in English"), max_length=120)
    reason_zh = texts.FreeCharField(_("reason in Chinese"), max_length=120)
    group = models.ForeignKey(
        SignalGroup,
        verbose_name=_("group"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    is_active = models.BooleanField(_("in force"), default=True)
    is_current = models.BooleanField(_("the present version"), default=True, editable=False)
    changed_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("changed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    changed_at = models.DateTimeField(_("changed at"), default=clock.now, editable=False)

    objects = EditableByHeadOfficeQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a signal")
        verbose_name_plural = _("versions of signals")
        ordering = ["signal", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["signal", "number"], name="retention_signal_version_once"
            ),
            models.UniqueConstraint(
                fields=["signal"],
                condition=Q(is_current=True),
                name="retention_one_current_version",
            ),
            models.CheckConstraint(
                condition=Q(points__gte=1, points__lte=WORST_SCORE)
                & Q(points_when_missing__lte=WORST_SCORE)
                & Q(window_months__gte=1, window_months__lte=LONGEST_WINDOW),
                name="retention_signal_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signal} v{self.number}"

    @property
    def reason(self) -> str:
        """The reason in the reader's language."""
        return in_language(self.reason_en, self.reason_zh)


class RiskScore(models.Model):
    """A customer's risk from ``scored_on`` on, until the next row (article 17).

    ``reasons``: ``[[signal version id, points, value], …]``, the most points first; the points
    sum exactly to ``score`` (0 to 100, 100 is worst); a value is text, exact (null: missing).
    ``missing``: ids of signal versions that could not be judged for want of data. A row is added
    only where score or reasons changed, and never changed; only scoring the same day again
    replaces that day's row.
    """

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="risk_scores"
    )
    scored_on = models.DateField(_("scored on"))
    score = models.PositiveSmallIntegerField(_("risk"))
    reasons = texts.TechnicalJSONField(_("reasons"), default=list)
    missing = texts.TechnicalJSONField(_("not judged"), default=list)
    is_simulated = models.BooleanField(_("simulated"), default=False)

    objects = RiskScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("risk score")
        verbose_name_plural = _("risk scores")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "scored_on"], name="retention_one_score_a_day"
            ),
            models.CheckConstraint(
                condition=Q(score__lte=WORST_SCORE), name="retention_score_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.scored_on} {self.score}"


class RiskState(models.Model):
    """Where one customer stands now: the present score and what it was computed from.

    Derived: the nightly job looks only at rows that are ``is_stale`` (new data came in), whose
    ``recheck_on`` has come (a date crosses a threshold), or whose due day, manager or signals
    are no longer those that were seen. ``seen_due_on``: the day after which a contact is
    overdue (the due day, or the last day of an exemption where that is later).
    ``monthly_bill``: the latest known one, in yuan.
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="risk"
    )
    score = models.PositiveSmallIntegerField(_("risk"), default=0)
    current = models.ForeignKey(
        RiskScore, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    monthly_bill = models.DecimalField(
        _("monthly bill"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    scored_at = models.DateTimeField(_("scored at"), null=True, blank=True)
    is_stale = models.BooleanField(default=True, editable=False)
    recheck_on = models.DateField(null=True, blank=True, editable=False)
    seen_due_on = models.DateField(null=True, blank=True, editable=False)
    seen_manager_id = models.BigIntegerField(null=True, blank=True, editable=False)
    seen_signals = texts.TechnicalField(max_length=32, blank=True, editable=False)

    objects = RiskStateQuerySet.as_manager()

    class Meta:
        verbose_name = _("present risk")
        verbose_name_plural = _("present risks")
        indexes = [
            models.Index(fields=["-score", "customer"], name="retention_state_by_score"),
            models.Index(
                fields=["customer"], name="retention_state_stale", condition=Q(is_stale=True)
            ),
            models.Index(
                fields=["recheck_on"],
                name="retention_state_recheck",
                condition=Q(recheck_on__isnull=False),
            ),
            models.Index(
                fields=["seen_due_on"],
                name="retention_state_due",
                condition=Q(seen_due_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.score}"


class RiskRun(models.Model):
    """The customers of one unit were scored as of one day; the latest row says from where on.

    ``signals``: which signals were in force (a digest). ``line``: from which score on there were
    warnings. Customers are judged from ``started_at`` on: what changed later is the next run's.
    """

    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.CASCADE, related_name="+"
    )
    as_of = models.DateField(_("as of"))
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), default=clock.now)
    signals = texts.TechnicalField(max_length=32, editable=False)
    line = models.PositiveSmallIntegerField(_("line"))
    judged = models.PositiveIntegerField(_("customers looked at"), default=0)
    changed = models.PositiveIntegerField(_("scores changed"), default=0)
    opened = models.PositiveIntegerField(_("warnings opened"), default=0)
    updated = models.PositiveIntegerField(_("warnings updated"), default=0)
    closed = models.PositiveIntegerField(_("warnings closed"), default=0)

    objects = RiskRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("scoring run")
        verbose_name_plural = _("scoring runs")
        constraints = [
            models.UniqueConstraint(fields=["unit", "as_of"], name="retention_one_run_a_day"),
        ]

    def __str__(self) -> str:
        return f"#{self.unit_id} {self.as_of}"


class RiskCalibration(models.Model):
    """What scores have meant until a day: by score, how many had it and how many of them left.

    ``bands``: ``[[from score, customers, leavers], …]``, shares rising with the score. ``days``:
    how many past days were looked at; a customer counts once for each.
    """

    computed_on = models.DateField(_("computed on"), unique=True)
    bands = texts.TechnicalJSONField(_("bands"), default=list)
    days = models.PositiveSmallIntegerField(_("days looked at"), default=0)
    computed_at = models.DateTimeField(_("computed at"), default=clock.now)

    objects = EditableByHeadOfficeQuerySet.as_manager()

    class Meta:
        verbose_name = _("calibration of the score")
        verbose_name_plural = _("calibrations of the score")
        ordering = ["-computed_on"]

    def __str__(self) -> str:
        return f"{self.computed_on}"
