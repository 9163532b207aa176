"""Forms of the staff app, and the words of the sign-in library's forms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account.adapter import get_adapter
from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
    UserTokenForm,
)
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from staff import services
from staff.models import StaffUser

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from staff.querysets import StaffQuerySet

PEOPLE_LIST = "_staff_options"
# "张伟 (1024)", as the suggestions write it, or the bare staff number.
NUMBER_AT_THE_END = re.compile(r"\(([^()]+)\)\s*$")


class PersonField(forms.CharField):
    """A person out of ``people``, typed as name or staff number, with suggestions meanwhile."""

    default_error_messages = {
        "unknown": _("Nobody here has this name or number. Choose a person from the list."),
        "several": _("Several people have this name. Choose one from the list."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=100, **kwargs)
        self.people: StaffQuerySet | None = None
        self.widget.attrs.update(
            {
                "list": PEOPLE_LIST,
                "autocomplete": "off",
                "placeholder": _("Name or staff number"),
                "hx-get": reverse_lazy("staff:staff_search"),
                "hx-trigger": "focus, input changed delay:200ms",
                "hx-target": f"#{PEOPLE_LIST}",
                "hx-swap": "outerHTML",
                "hx-sync": "this:replace",
            }
        )

    def clean(self, value: Any) -> Any:
        """Return the person meant."""
        text = super().clean(value)
        if not text or self.people is None:
            return None
        found = list(self._meant_by(text, self.people)[:2])
        if not found:
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        if len(found) > 1:
            raise ValidationError(self.error_messages["several"], code="several")
        return found[0]

    def _meant_by(self, text: str, people: StaffQuerySet) -> StaffQuerySet:
        chosen = NUMBER_AT_THE_END.search(text)
        if chosen:
            return people.numbered([chosen[1]])
        exact = people.numbered([text])
        return exact if exact.exists() else people.filter(name=text)


class DayInput(forms.DateInput):
    """A date in the browser's own picker, which wants ISO dates whatever the language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class CoverForm(forms.Form):
    """Who stands in for whom, from when to when."""

    manager = PersonField(label=_("Who is away"))
    stand_in = PersonField(label=_("Stand-in"))
    starts_on = forms.DateField(label=_("First day"), widget=DayInput())
    ends_on = forms.DateField(
        label=_("Last day"), widget=DayInput(), help_text=_("Both days count.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, viewer: StaffUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = StaffUser.objects.visible_to(viewer).active().standing_in()
        people = people.select_related("unit")
        self._people_of("manager").people = people.coverable()
        self._people_of("stand_in").people = people

    def _people_of(self, name: str) -> PersonField:
        field = self.fields[name]
        if not isinstance(field, PersonField):
            raise TypeError(f"{name} is no field for a person")
        return field


class Reworded(forms.Form):
    """A form of the library with our words; its placeholders only repeat the labels."""

    words: ClassVar[dict[str, StrOrPromise]] = {}
    hints: ClassVar[dict[str, StrOrPromise]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.words.get(name, field.label)
            field.help_text = self.hints.get(name, field.help_text)
        first = next((field for field in self.visible_fields()), None)
        if first is not None:
            first.field.widget.attrs["autofocus"] = True


class SignInForm(Reworded, LoginForm):
    """Staff number and password."""

    words = {"login": _("Staff number"), "password": _("Password")}
    # The page itself shows the way to a new password.
    hints = {"password": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocapitalize"] = "off"


class PasswordChangeForm(Reworded, ChangePasswordForm):
    """The present password, and a new one twice."""

    words = {
        "oldpassword": _("Present password"),
        "password1": _("New password"),
        "password2": _("New password again"),
    }
    hints = {"oldpassword": ""}


class PasswordSetForm(Reworded, SetPasswordForm):
    """A first password, twice."""

    words = {"password1": _("New password"), "password2": _("New password again")}


class LinkForm(UserTokenForm):
    """The link itself: one that went by mail, or one that an administrator handed over."""

    token_generator = services.LinkTokens()


class PasswordKeyForm(Reworded, ResetPasswordKeyForm):
    """A new password by a link, twice."""

    words = {"password1": _("New password"), "password2": _("New password again")}

    def save(self) -> None:
        """Set the password; who used a link out of a letter reads the mail of that address."""
        by_mail = services.LETTER_TOKENS.check_token(self.user, self.temp_key)
        with transaction.atomic():
            super().save()
            if by_mail:
                services.prove_address(user=self.user)
        get_adapter().forget_failures(context.request, self.user)


class PasswordResetForm(Reworded, ResetPasswordForm):
    """The e-mail address that the link goes to."""

    words = {"email": _("E-mail")}

    def clean_email(self) -> str:
        """Take the address as it is; whether somebody has it is not asked here."""
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Ask for a letter, which a task sends: known or not, the answer is the same."""
        address: str = self.cleaned_data["email"]
        services.ask_for_reset(
            address=address,
            site=request.build_absolute_uri("/").rstrip("/"),
            language=get_language() or "en",
        )
        return address


class PasswordAgainForm(Reworded, ReauthenticateForm):
    """The password once more, before something sensitive."""

    words = {"password": _("Password")}
    hints = {"password": ""}


class NotedCode(forms.Form):
    """Whether a code was accepted is written down."""

    user: StaffUser
    authenticator: Authenticator

    def clean_code(self) -> str:
        """Look whether the code is right; say in the trail where it is not."""
        try:
            return str(super().clean_code())  # type: ignore[misc]
        except ValidationError as refusal:
            get_adapter().note_second_factor(self.user, "code", refused=str(refusal.code))
            raise

    def save(self) -> None:
        """Go on as somebody who proved it."""
        super().save()  # type: ignore[misc]
        get_adapter().note_second_factor(self.user, self.authenticator.type)


class NotedKey(forms.Form):
    """Whether a passkey or a security key was accepted is written down."""

    user: StaffUser | None

    def clean_credential(self) -> Authenticator:
        """Look whether the key is right; say in the trail where it is not, and whose it would be.

        Of a passkey at the sign-in nobody knows whose it would be.
        """
        try:
            return super().clean_credential()  # type: ignore[misc]
        except ValidationError as refusal:
            if self.user is not None:
                get_adapter().note_second_factor(self.user, "webauthn", refused=str(refusal.code))
            raise

    def save(self) -> None:
        """Go on as somebody who proved it."""
        super().save()  # type: ignore[misc]
        factor = self.cleaned_data["credential"]
        get_adapter().note_second_factor(factor.user, factor.type)


class CodeForm(NotedCode, Reworded, AuthenticateForm):
    """The code of the authenticator app, or one of the spare codes."""

    words = {"code": _("Code")}


class KeySignInForm(NotedKey, LoginWebAuthnForm):
    """A passkey instead of staff number and password."""


class KeyAfterPasswordForm(NotedKey, AuthenticateWebAuthnForm):
    """A key after the password."""


class KeyAgainForm(NotedKey, ReauthenticateWebAuthnForm):
    """A key once more, before something sensitive."""


class CodeAgainForm(NotedCode, Reworded, ReauthenticateByCodeForm):
    """The code once more, before something sensitive."""

    words = {"code": _("Code")}


class AppForm(Reworded, ActivateTOTPForm):
    """The first code of a new authenticator app."""

    words = {"code": _("Code from the app")}


class KeyForm(Reworded, AddWebAuthnForm):
    """A new passkey or security key."""

    words = {"name": _("Name of the key"), "passwordless": _("Sign in without a password")}
    hints = {
        "passwordless": _(
            "Then this key or device alone signs you in, by fingerprint, face or PIN."
        )
    }


class KeyNameForm(Reworded, EditWebAuthnForm):
    """Another name for a key."""

    words = {"name": _("Name of the key")}
