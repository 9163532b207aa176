"""Who may sign in, and how: the back-end and the adapters of django-allauth."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Callable
from smtplib import SMTPException
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from core import htmx, languages
from core.rest.problems import is_of_api
from staff import services
from staff.models import Role, StaffUser
from staff.services import second_factors

logger = logging.getLogger(__name__)

# Where somebody who must set up a second factor may go meanwhile, besides all mfa_… pages.
OPEN_WITHOUT_SECOND_FACTOR = frozenset(
    {
        "account_logout",
        "account_reauthenticate",
        "account_change_password",
        "account_set_password",
        "set_language",
        "health",
        "readiness",
    }
)


def may_sign_in(user: StaffUser) -> bool:
    """Say whether the person may be signed in here: active, and no demonstration login outside.

    Nobody signs in as another system: it has keys.
    """
    if user.role == Role.SYSTEM or not user.is_active:
        return False
    return settings.DEMONSTRATION or not user.is_demonstration


class StaffBackend(AuthenticationBackend):
    """Signs staff in by staff number and password, and knows them again at every request."""

    def user_can_authenticate(self, user: StaffUser) -> bool:
        """Refuse who has left, and demonstration logins outside a demonstration."""
        return may_sign_in(user)

    def get_user(self, user_id: int) -> StaffUser | None:
        """Return the person of a session, with the unit and whether a second factor is set up.

        One statement for what every page needs; None ends the session's power at once.
        """
        user = (
            StaffUser.objects.select_related("unit")
            .annotate(has_second_factor=Exists(second_factors().filter(user=OuterRef("pk"))))
            .filter(pk=user_id)
            .first()
        )
        return user if user is not None and may_sign_in(user) else None


class StaffAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators and imports, never by sign-up."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "enter_current_password": _("The present password is not right."),
        "incorrect_password": _("The password is not right."),
        "username_password_mismatch": _("The staff number or the password is not right."),
        "too_many_login_attempts": _(
            "Too many failed tries. Wait five minutes, then try again, "
            "or ask an administrator for a new password."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves."""
        return False

    def pre_login(
        self, request: HttpRequest, user: StaffUser, **kwargs: Any
    ) -> HttpResponseBase | None:
        """Stop who may not sign in, whatever they proved it with: a passkey asks no back-end."""
        response: HttpResponseBase | None = super().pre_login(request, user, **kwargs)
        if response is None and not may_sign_in(user):
            response = self.respond_user_inactive(request, user)
        return response

    def set_password(self, user: StaffUser, password: str) -> None:
        """Change a person's own password; all other sessions of theirs end with it."""
        services.set_password(actor=user, user=user, password=password)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go back to the person's own details."""
        return resolve_url("staff:staff_profile")

    def send_notification_mail(
        self,
        template_prefix: str,
        user: StaffUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the person, where an e-mail address is known, that their sign-in changed.

        Changes to second factors are audited here: the library has no other place to hear of
        all of them, and reports them once they are committed.
        """
        folder, _slash, change = template_prefix.rpartition("/")
        if folder == "mfa/email":
            services.record_second_factor(user=user, change=change)
        told = {**(context or {}), "user": user}
        super().send_notification_mail(template_prefix, user, told, email or user.email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send in the reader's language, or log that the mail server refused.

        Of whom no language is kept yet is written to in the sender's. A change of password must
        not fail for want of a mail about it, and a reset must answer alike for known and unknown
        addresses.
        """
        kept = getattr(context.get("user"), "language", "") or get_language() or ""
        try:
            with languages.speaking(kept):
                super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError):
            logger.exception("The mail %s could not be sent.", template_prefix)

    def render_mail(
        self,
        template_prefix: str,
        email: str,
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Render a mail; it names the product, not the machine."""
        named = {**context, "product": settings.MFA_TOTP_ISSUER}
        message: EmailMessage = super().render_mail(template_prefix, email, named, headers)
        return message

    def format_email_subject(self, subject: str) -> str:
        """Begin every subject with the product's name."""
        return f"[{settings.MFA_TOTP_ISSUER}] {subject}"


class StaffMFAAdapter(DefaultMFAAdapter):
    """Second factors of staff: their secrets are kept encrypted."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("The code or the key was not accepted. Try again."),
    }

    def encrypt(self, text: str) -> str:
        """Encrypt a secret for the database."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Read a secret from the database; fallback keys are tried in turn."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name the product in the browser's passkey dialogue."""
        return {
            **super().get_public_key_credential_rp_entity(),
            "name": settings.MFA_TOTP_ISSUER,
        }


class SecondFactorMiddleware:
    """Sends who must have a second factor and has none to the page that sets one up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; the decision needs the route, which is known later."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """Let through, or lead to the set-up page."""
        match = request.resolver_match
        route = match.view_name if match else ""
        # The API refuses by itself: a redirect would help no program.
        if route.startswith(("mfa_", "api:")) or route in OPEN_WITHOUT_SECOND_FACTOR:
            return None
        if not lacks_second_factor(request.user):
            return None
        messages.warning(
            request,
            _("Your role needs a second factor. Set up an authenticator app or a passkey first."),
        )
        place = resolve_url("mfa_index")
        if htmx.is_partial(request):
            return HttpResponseClientRedirect(place)
        return HttpResponse(status=302, headers={"Location": place})


def lacks_second_factor(user: object) -> bool:
    """Say whether ``user``'s role must have a second factor and none is set up."""
    if not isinstance(user, StaffUser) or user.role not in settings.MFA_REQUIRED_ROLES:
        return False
    return not getattr(user, "has_second_factor", False)


class LanguageMiddleware:
    """Speaks to people in their own language, and keeps which that is.

    What is asked for (cookie, Accept-Language) comes first and is Django's to read. Where nothing
    is asked for, the language last used on the pages holds. It is kept when it is switched and
    when a whole page is read in another one: not with every request, and not by parts of pages,
    which two open browsers fetch by themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, then keep the language."""
        response = self.get_response(request)
        switched = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
        if switched is not None:
            _keep_language(request, languages.supported(switched.value))
        elif getattr(request, "is_whole_page", False):
            _keep_language(request, languages.asked_by(request))
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> None:
        """Speak the person's language where the request asks for none.

        Where nobody need be signed in, nobody is looked up.
        """
        is_page = getattr(view, "login_required", True)
        request.is_whole_page = is_page and not htmx.is_partial(request)  # type: ignore[attr-defined]
        if not (is_page or is_of_api(request)) or languages.asked_by(request) is not None:
            return
        if isinstance(request.user, StaffUser):
            language = languages.spoken(request.user.language)
            translation.activate(language)
            request.LANGUAGE_CODE = language


def _keep_language(request: HttpRequest, language: str | None) -> None:
    if language is not None and isinstance(request.user, StaffUser):
        services.note_language(user=request.user, language=language)


class PersonAuthentication(SessionAuthentication):
    """The session of who is signed in, for the API: with a second factor where the role needs one.

    What changes something also needs the CSRF token.
    """

    def authenticate(self, request: Request) -> tuple[StaffUser, None] | None:
        """Return the person; None where nobody is signed in."""
        found = super().authenticate(request)
        if found is not None and lacks_second_factor(found[0]):
            raise PermissionDenied(
                _("Your role needs a second factor. Set it up in the browser first."),
                code="second_factor_missing",
            )
        return found


def invitation_link(user: StaffUser) -> str:
    """Return a link with which ``user`` sets a password: good once, and for a limited time."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    return str(get_adapter().get_reset_password_from_key_url(key))


def send_invitation(user: StaffUser) -> None:
    """Send ``user`` such a link by e-mail."""
    context = {"user": user, "invitation_url": invitation_link(user)}
    get_adapter().send_mail("account/email/invitation", user.email, context)


def _cipher() -> MultiFernet:
    """Keys derived from the product's secrets, so that those can be replaced one after another."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"staff.second-factor:{secret}".encode()) for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(one.digest())) for one in digests])
