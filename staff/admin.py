"""Units, people and covers in the Django admin; every change goes through the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.admin import ReadOnlyAdmin
from staff import services
from staff.auth import invitation_link, send_invitation
from staff.models import Cover, Role, StaffUser, Unit

if TYPE_CHECKING:
    from django.db.models import QuerySet


admin.site.site_title = gettext_lazy("VIP customers")
admin.site.site_header = gettext_lazy("VIP customers: administration")
admin.site.index_title = gettext_lazy("Units, staff, standards, audit trail")


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that saves by a service while it is being checked.

    A service may still refuse what the fields allow. The admin takes refusals only while the
    form is being checked, inside the transaction that it opens around the whole change.
    """

    actor: StaffUser

    def save_by_service(self) -> None:
        """Hand what was entered to its service."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.save_by_service()
        except ValidationError as refusal:
            self.add_error(None, refusal)


class ServiceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that services save and nobody deletes."""

    form = ServiceForm

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Return the form class of this request; it knows who acts."""
        form = super().get_form(request, *args, **kwargs)
        form.actor = request.user  # type: ignore[attr-defined]
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Do nothing more: the form has saved by its service."""

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Refuse: people leave and units move, but their history stays."""
        return False


class UnitForm(ServiceForm):
    """A unit of the tree."""

    def save_by_service(self) -> None:
        """Save the unit and carry its path down the tree."""
        services.save_unit(actor=self.actor, unit=self.instance)


@admin.register(Unit)
class UnitAdmin(ServiceAdmin):
    """The unit tree."""

    form = UnitForm
    fields = ("name", "parent", "time_zone", "complaint_handler")
    list_display = ("full_name", "time_zone", "complaint_handler")
    list_select_related = ("complaint_handler",)
    search_fields = ("full_name",)
    autocomplete_fields = ("parent", "complaint_handler")


class StaffUserForm(ServiceForm):
    """A person, without the password: that comes by invitation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        role.choices = [one for one in role.choices if one[0] != Role.SYSTEM]  # type: ignore[attr-defined]

    def save_by_service(self) -> None:
        """Make the person, or save what was changed."""
        if self.instance.pk:
            services.change_staff(actor=self.actor, user=self.instance)
        else:
            self.instance = services.create_staff(actor=self.actor, **self.cleaned_data)


@admin.register(StaffUser)
class StaffUserAdmin(ServiceAdmin):
    """The people; those without a password are invited from the list."""

    form = StaffUserForm
    fields = (
        *("staff_number", "name", "role", "unit", "email", "phone", "is_active"),
        *("may_export", "may_export_numbers"),
    )
    list_display = ("staff_number", "name", "role", "unit", "is_active", "can_sign_in")
    list_filter = ("role", "is_active", "may_export", "may_export_numbers")
    list_select_related = ("unit",)
    search_fields = ("staff_number", "name")
    autocomplete_fields = ("unit",)
    actions = (
        *("show_invitations", "mail_invitations", "reset_second_factors"),
        "end_sessions",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffUser]:
        """Return the people; the accounts of other systems belong to their API clients."""
        return super().get_queryset(request).exclude(role=Role.SYSTEM)

    @admin.display(boolean=True, description=gettext_lazy("has a password"))
    def can_sign_in(self, user: StaffUser) -> bool:
        """Say whether the person has a password."""
        return user.has_usable_password()

    @admin.action(description=gettext_lazy("Show links to set a password"))
    def show_invitations(
        self, request: HttpRequest, queryset: QuerySet[StaffUser]
    ) -> TemplateResponse:
        """Show a link for each person, to hand over."""
        invited = [user for user in queryset if self._note_invitation(request, user)]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Links to set a password"),
            "opts": self.opts,
            "invitations": [(user, invitation_link(request, user)) for user in invited],
        }
        return TemplateResponse(request, "admin/staff/staffuser/invitations.html", context)

    @admin.action(description=gettext_lazy("E-mail links to set a password"))
    def mail_invitations(self, request: HttpRequest, queryset: QuerySet[StaffUser]) -> None:
        """Send a link to each person who has an e-mail address."""
        reachable = [user for user in queryset if user.email]
        for user in reachable:
            if self._note_invitation(request, user):
                send_invitation(request, user)
        for user in queryset:
            if not user.email:
                text = _("%(person)s has no e-mail address. Show the link instead.")
                self.message_user(request, text % {"person": user}, messages.WARNING)
        text = ngettext("%(count)s link sent.", "%(count)s links sent.", len(reachable))
        self.message_user(request, text % {"count": len(reachable)})

    @admin.action(description=gettext_lazy("Take away second factors (lost phone or key)"))
    def reset_second_factors(self, request: HttpRequest, queryset: QuerySet[StaffUser]) -> None:
        """Let people set up a new second factor."""
        removed = sum(
            services.reset_second_factor(actor=_actor(request), user=user) for user in queryset
        )
        text = ngettext(
            "%(count)s second factor taken away.", "%(count)s second factors taken away.", removed
        )
        self.message_user(request, text % {"count": removed})

    @admin.action(description=gettext_lazy("End all sessions (signs the people out)"))
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[StaffUser]) -> None:
        """Sign people out everywhere; of the administrator all but this session."""
        here = request.session.session_key or ""
        ended = sum(
            services.end_sessions(actor=_actor(request), user=user, besides=here)
            for user in queryset
        )
        text = ngettext("%(count)s session ended.", "%(count)s sessions ended.", ended)
        self.message_user(request, text % {"count": ended})

    def _note_invitation(self, request: HttpRequest, user: StaffUser) -> bool:
        try:
            services.record_invitation(actor=_actor(request), user=user)
        except ValidationError as refusal:
            self.message_user(request, f"{user}: {refusal.messages[0]}", messages.ERROR)
            return False
        return True


@admin.register(Cover)
class CoverAdmin(ReadOnlyAdmin):
    """Who stood in for whom; supervisors arrange it on their own page."""

    list_display = ("manager", "stand_in", "starts_on", "ends_on", "arranged_by", "cancelled_at")
    list_select_related = ("manager", "stand_in", "arranged_by")
    date_hierarchy = "starts_on"
    search_fields = ("manager__name", "manager__staff_number", "stand_in__name")


def _actor(request: HttpRequest) -> StaffUser:
    """Return who is signed in; the admin lets nobody else in."""
    if not isinstance(request.user, StaffUser):
        raise TypeError("The admin is open to staff only")
    return request.user
