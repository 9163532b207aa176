"""The people who work with the product, the units they belong to, and who covers for whom."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from core import clock, texts
from core.fields import IdentityField
from core.phones import mask_phone
from core.unseen import validate_plain
from staff.querysets import (
    CoverQuerySet,
    DefaultViewQuerySet,
    OpenSessionQuerySet,
    SavedViewQuerySet,
    StaffManager,
    StaffQuerySet,
    UnitQuerySet,
)
from staff.rules import NOTHING, CoverSpan, Scope, browser_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.sessions.backends.base import SessionBase


class Role(models.TextChoices):
    """What a person does, and with it what a person may see."""

    MANAGER = "manager", _("Customer manager")
    SUPERVISOR = "supervisor", _("Supervisor")
    COMPLAINT_HANDLER = "complaint_handler", _("Complaint handler")
    HEAD_OFFICE = "head_office", _("Head office")
    ADMINISTRATOR = "administrator", _("Administrator")
    SYSTEM = "system", _("Other system")


ROLES_WITH_UNIT = (Role.MANAGER, Role.SUPERVISOR, Role.COMPLAINT_HANDLER)
ROLES_THAT_SERVE = (Role.MANAGER, Role.SUPERVISOR)
ROLES_THAT_HANDLE = (Role.COMPLAINT_HANDLER, Role.SUPERVISOR)
ROLES_THAT_READ_LISTS = (Role.MANAGER, Role.SUPERVISOR, Role.HEAD_OFFICE)
ROLES_THAT_EXPORT_NUMBERS = (Role.MANAGER, Role.SUPERVISOR)
# Tables of the sign-in, which nobody edits by hand.
APPS_OF_THE_SIGN_IN = ("account", "auth", "mfa")


def validate_time_zone(name: str) -> None:
    """Refuse a name that is no IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Use a name such as Asia/Shanghai."),
            code="time_zone",
            params={"name": name},
        )


def default_time_zone() -> str:
    """Return the zone a new unit gets."""
    return settings.TIME_ZONE


class Unit(models.Model):
    """One unit of the company: a province, a city, a district; a node of the unit tree.

    ``path`` is the ids from the root down, each ended by a slash ("/1/4/"), so that a unit and
    all below it share a prefix. Services keep it.
    """

    name = texts.NameField(_("name"), max_length=80, validators=[validate_plain])
    parent = models.ForeignKey(
        "self",
        verbose_name=_("belongs to"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    path = texts.TechnicalField(max_length=255, unique=True, editable=False)
    full_name = texts.NameField(
        _("full name"),
        max_length=400,
        unique=True,
        editable=False,
        error_messages={"unique": _("A unit of this name is there already.")},
    )
    time_zone = texts.TechnicalField(
        _("time zone"),
        max_length=40,
        default=default_time_zone,
        validators=[validate_time_zone],
    )
    complaint_handler = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("complaint handler"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="handles_complaints_of",
    )

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["full_name"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="staff_unit_name_once",
                violation_error_message=_("A unit of this name is there already."),
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(name__contains="/"),
                name="staff_unit_name_plain",
                violation_error_message=_("A unit's name is not empty and holds no slash."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.full_name or self.name)

    def contains(self, other: Unit) -> bool:
        """Say whether ``other`` is this unit or below it."""
        return other.path.startswith(self.path)


class StaffUser(AbstractBaseUser):
    """One person with a staff number (工号), who signs in with it.

    ``staff_number_key`` is the number's identity: m1006 and M1006 are one person.
    Or, with the role *system*, the account under which another system's changes are written
    down: nobody signs in with it, and it sees nothing but what its API client is given.
    """

    staff_number = texts.CodeField(
        _("staff number"),
        max_length=20,
        unique=True,
        error_messages={"unique": _("Somebody with this staff number is there already.")},
    )
    staff_number_key = IdentityField(of="staff_number", max_length=40)
    name = texts.NameField(_("name"), max_length=60, validators=[validate_plain])
    email = texts.MailField(_("e-mail"), blank=True)
    phone = texts.PhoneField(_("phone"), max_length=20, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=Role)
    unit = models.ForeignKey(
        Unit,
        verbose_name=_("unit"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="members",
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Clear this when the person leaves.")
    )
    may_export = models.BooleanField(
        _("may export lists"),
        default=False,
        help_text=_("Customers and contact records as a spreadsheet, numbers masked."),
    )
    may_export_numbers = models.BooleanField(
        _("may export whole phone numbers"),
        default=False,
        help_text=_("Only beside the permission above, and never for head office."),
    )
    is_demonstration = models.BooleanField(
        _("demonstration login"),
        default=False,
        editable=False,
        help_text=_("Refused outside demonstration mode."),
    )
    language = texts.TechnicalField(
        _("language"),
        max_length=10,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("The language last used on the pages; empty until then."),
    )
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)

    objects = StaffManager.from_queryset(StaffQuerySet)()

    USERNAME_FIELD = "staff_number"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")
        ordering = ["staff_number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[r.value for r in Role]),
                name="staff_user_role_known",
            ),
            models.CheckConstraint(
                condition=~Q(role__in=[r.value for r in ROLES_WITH_UNIT]) | Q(unit__isnull=False),
                name="staff_user_has_unit",
                violation_error_message=_(
                    "A manager, a supervisor and a complaint handler belong to a unit. Choose one."
                ),
            ),
            models.CheckConstraint(condition=~Q(staff_number=""), name="staff_user_number_set"),
            models.UniqueConstraint(
                fields=["staff_number_key"],
                name="staff_user_number_once",
                violation_error_message=_("Somebody with this staff number is there already."),
            ),
            models.CheckConstraint(
                condition=Q(may_export_numbers=False)
                | Q(may_export=True, role__in=[r.value for r in ROLES_THAT_EXPORT_NUMBERS]),
                name="staff_user_exports_numbers",
                violation_error_message=_(
                    "Only managers and supervisors who may export lists can be allowed whole "
                    "phone numbers."
                ),
            ),
            models.UniqueConstraint(
                fields=["email"],
                condition=~Q(email=""),
                name="staff_user_email_once",
                violation_error_message=_("Somebody with this e-mail address is there already."),
            ),
        ]
        indexes = [models.Index(fields=["unit", "role"], name="staff_user_unit_role")]

    def __str__(self) -> str:
        return f"{self.name} ({self.staff_number})"

    def refuse_taken_number(self) -> None:
        """Raise ValidationError where somebody else has the staff number, however it is spelt."""
        others = StaffUser.objects.exclude(pk=self.pk)
        if others.numbered([self.staff_number]).exists():
            raise ValidationError(
                {"staff_number": _("Somebody with this staff number is there already.")}
            )

    @property
    def is_manager(self) -> bool:
        """Whether the person is a customer manager."""
        return self.role == Role.MANAGER

    @property
    def is_supervisor(self) -> bool:
        """Whether the person supervises a unit."""
        return self.role == Role.SUPERVISOR

    @property
    def is_head_office(self) -> bool:
        """Whether the person reads everything, masked."""
        return self.role == Role.HEAD_OFFICE

    @property
    def is_administrator(self) -> bool:
        """Whether the person keeps units, staff and standards."""
        return self.role == Role.ADMINISTRATOR and self.is_active

    @property
    def exports(self) -> bool:
        """Whether the person may export lists: by a permission of their own, and by role."""
        return self.may_export and self.is_active and self.role in ROLES_THAT_READ_LISTS

    @property
    def exports_numbers(self) -> bool:
        """Whether phone numbers stand whole in what the person exports."""
        return self.exports and self.may_export_numbers and self.role in ROLES_THAT_EXPORT_NUMBERS

    @property
    def is_staff(self) -> bool:
        """Whether the Django admin opens: for administrators."""
        return self.is_administrator

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        """The Django admin's question; only administrators have its permissions."""
        return self.has_module_perms(perm.partition(".")[0])

    def has_perms(self, perms: Iterable[str], obj: object | None = None) -> bool:
        """Say whether the person has all of ``perms``."""
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        """Say whether the admin shows the app. Second factors are changed by services only."""
        return self.is_administrator and app_label not in APPS_OF_THE_SIGN_IN

    @property
    def masked_phone(self) -> str:
        """The phone with its middle hidden."""
        return mask_phone(self.phone) if self.phone else ""

    @property
    def time_zone(self) -> str:
        """The zone of the person's unit, or the product's."""
        return self.unit.time_zone if self.unit is not None else settings.TIME_ZONE

    def get_full_name(self) -> str:
        """Return the name, surname first."""
        return self.name

    def get_short_name(self) -> str:
        """Return the name."""
        return self.name

    @cached_property
    def scope(self) -> Scope:
        """What the person may see today, asked once per loaded person (one statement)."""
        if not self.is_active:
            return NOTHING
        if self.role == Role.HEAD_OFFICE:
            return Scope(user_id=self.pk, everything=True)
        if self.role not in (*ROLES_THAT_SERVE, *ROLES_THAT_HANDLE) or self.unit is None:
            return Scope(user_id=self.pk)
        own, covered = frozenset({self.pk}), Cover.objects.covered_by(self.pk)
        serves, handles = self.role in ROLES_THAT_SERVE, self.role in ROLES_THAT_HANDLE
        return Scope(
            user_id=self.pk,
            unit_path=self.unit.path if self.role == Role.SUPERVISOR else None,
            manager_ids=(covered | own if self.role == Role.MANAGER else covered)
            if serves
            else frozenset(),
            handles_for=own | covered if handles else frozenset(),
        )

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Load the row anew and forget the scope that was worked out from it."""
        super().refresh_from_db(*args, **kwargs)
        self.__dict__.pop("scope", None)


class OpenSession(AbstractBaseSession):
    """One browser's session: of somebody who is signed in, or of nobody yet.

    ``expire_date`` is when it ends by itself: some hours after signing in, or after a time in
    which nothing was done, whichever comes first.
    """

    account = models.ForeignKey(
        StaffUser,
        verbose_name=_("whose"),
        null=True,
        on_delete=models.CASCADE,
        related_name="open_sessions",
    )
    started_at = models.DateTimeField(_("signed in at"), null=True)
    last_seen_at = models.DateTimeField(_("last seen at"), null=True)
    address = texts.TechnicalField(_("address"), max_length=45, blank=True)
    browser = texts.TechnicalField(_("browser"), max_length=200, blank=True)

    objects: ClassVar[Any] = OpenSessionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [
            models.Index(
                fields=["account", "-last_seen_at"],
                name="staff_session_of",
                condition=Q(account__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.started_at}"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """Return the class that reads and writes these rows."""
        store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
        return store

    @property
    def kind(self) -> str:
        """The browser and the system it runs on, by their own names; empty where unknown."""
        return browser_in_words(self.browser)

    @property
    def reference(self) -> str:
        """Name the session on a page: the key itself would let anybody take it over."""
        return salted_hmac("staff.session", self.session_key, algorithm="sha256").hexdigest()[:32]


class Cover(models.Model):
    """One person standing in for a manager from day to day, both days included (代班).

    It begins and ends by itself. A cover that was called off keeps its row.
    """

    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("who is away"),
        on_delete=models.PROTECT,
        related_name="covers_taken",
    )
    stand_in = models.ForeignKey(
        StaffUser,
        verbose_name=_("stand-in"),
        on_delete=models.PROTECT,
        related_name="covers_given",
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    reason = texts.FreeCharField(_("reason"), max_length=200, blank=True)
    arranged_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("arranged by"),
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    arranged_at = models.DateTimeField(_("arranged at"), default=clock.now, editable=False)
    cancelled_at = models.DateTimeField(_("called off at"), null=True, blank=True, editable=False)

    objects = CoverQuerySet.as_manager()

    class Meta:
        verbose_name = _("cover")
        verbose_name_plural = _("covers")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(manager=F("stand_in")),
                name="staff_cover_not_oneself",
                violation_error_message=_("Nobody can stand in for themselves."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="staff_cover_days_in_order",
                violation_error_message=_("The last day is before the first day."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["starts_on", "ends_on"],
                name="staff_cover_standing",
                condition=Q(cancelled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stand_in} → {self.manager} {self.starts_on}–{self.ends_on}"

    @property
    def span(self) -> CoverSpan:
        """The cover as the rules see it."""
        return CoverSpan(self.manager_id, self.stand_in_id, self.starts_on, self.ends_on)


class ListName(models.TextChoices):
    """The lists that can be kept as views and exported."""

    CUSTOMERS = "customers", _("Customers")
    CONTACTS = "contacts", _("Contact records")


class SavedView(models.Model):
    """The filters, the order and the columns of a list, kept by one person under a name.

    ``unit``: also for everybody in that unit and below. A view narrows what its reader sees
    anyhow and never shows more: it holds a question, not an answer.
    """

    owner = models.ForeignKey(
        StaffUser, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="saved_views"
    )
    list_name = models.CharField(_("list"), max_length=10, choices=ListName)
    name = texts.FreeCharField(_("name"), max_length=60, validators=[validate_plain])
    query = texts.FreeTextField(_("filter"), blank=True)
    columns = texts.TechnicalJSONField(_("columns"), default=list, blank=True)
    unit = models.ForeignKey(
        Unit,
        verbose_name=_("shared with"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    changed_at = models.DateTimeField(_("changed at"), default=clock.now, editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "list_name", "name"],
                name="staff_view_name_once",
                violation_error_message=_("You have a view of this name already."),
            ),
            models.CheckConstraint(condition=~Q(name=""), name="staff_view_named"),
            models.CheckConstraint(
                condition=Q(list_name__in=ListName.values), name="staff_view_list_known"
            ),
        ]
        indexes = [models.Index(fields=["unit", "list_name"], name="staff_view_shared")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"


class DefaultView(models.Model):
    """The view with which a list opens for one person, where no other is asked for."""

    person = models.ForeignKey(StaffUser, on_delete=models.CASCADE, related_name="default_views")
    list_name = models.CharField(_("list"), max_length=10, choices=ListName)
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="default_of")

    objects = DefaultViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("default view")
        verbose_name_plural = _("default views")
        constraints = [
            models.UniqueConstraint(fields=["person", "list_name"], name="staff_one_default_view"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.list_name} {self.view_id}"
