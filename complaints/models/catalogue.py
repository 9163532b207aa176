"""What complaints are sorted by, and the words to answer with: kept by head office."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from complaints.querysets import (
    CategoryQuerySet,
    CauseQuerySet,
    ResponseTemplateQuerySet,
)
from core import clock, texts
from core.unseen import validate_plain
from staff.models import StaffUser, Unit


def in_language(english: str, chinese: str) -> str:
    """Return the text in the reader's language."""
    language = translation.get_language() or "en"
    return chinese if language.startswith("zh") and chinese else english


class Category(models.Model):
    """What a complaint is about: one node of a tree.

    ``path`` is the codes from the root down, each ended by a slash ("network/coverage/"), so
    that a category and all below it share a prefix.
    """

    parent = models.ForeignKey(
        "self",
        verbose_name=_("belongs to"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    code = models.SlugField(_("code"), max_length=40, unique=True)
    path = texts.TechnicalField(max_length=200, unique=True, editable=False)
    name_en = texts.FreeCharField(_("English name"), max_length=80)
    name_zh = texts.FreeCharField(_("Chinese name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("complaint category")
        verbose_name_plural = _("complaint categories")
        ordering = ["position", "path"]
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="complaints_category_coded"),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name_en, self.name_zh)


class Cause(models.Model):
    """A root cause of complaints, as it is found afterwards."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name_en = texts.FreeCharField(_("English name"), max_length=80)
    name_zh = texts.FreeCharField(_("Chinese name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = CauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("root cause")
        verbose_name_plural = _("root causes")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name_en, self.name_zh)


class ResponseTemplate(models.Model):
    """Words to answer a complainant with. ``category`` empty: for every complaint.

    ``unit``: who keeps it, and uses it with all units below; empty: the whole company's.
    """

    title = texts.FreeCharField(_("title"), max_length=80, validators=[validate_plain])
    unit = models.ForeignKey(
        Unit,
        verbose_name=_("unit"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    text = texts.FreeTextField(_("text"), max_length=2000)
    category = models.ForeignKey(
        Category,
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="templates",
    )
    is_active = models.BooleanField(_("in use"), default=True)
    changed_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("changed by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    changed_at = models.DateTimeField(_("changed at"), default=clock.now, editable=False)

    objects = ResponseTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("response template")
        verbose_name_plural = _("response templates")
        ordering = ["title", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "title"],
                name="complaints_template_of_unit",
                violation_error_message=_("A template of this title is there already."),
            ),
            models.UniqueConstraint(
                fields=["title"],
                condition=Q(unit__isnull=True),
                name="complaints_template_of_all",
                violation_error_message=_("A template of this title is there already."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.title)
