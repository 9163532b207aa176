"""Who may sign in, and how: the back-end and the adapters of django-allauth."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any, ClassVar, NoReturn, cast

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.exceptions import PermissionDenied as NotPermitted
from django.core.mail import EmailMessage
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from core import clock, htmx, languages
from core.models import AuditEntry
from core.rest.problems import is_of_api
from staff import services
from staff.models import OpenSession, Role, StaffUser
from staff.rules import FEWEST_OWN_SIGNS, own_signs
from staff.services import second_factors

logger = logging.getLogger(__name__)

SIGN_IN = "sign_in"
"""Under this name a session keeps when, from where and with what somebody signed in."""

SEEN_EVERY = timedelta(minutes=1)
LONGEST_BROWSER = 200
UNATTENDED = "X-Unattended"
"""The header of what a page asks by itself while nobody touches it."""

ACCOUNT_APP = "allauth.account"
OF_ACCOUNT = "login_failed_account"
"""Failures of one account, wherever they come from."""

SHARE_OF_ADDRESS = "login_failed_share"
"""How many failures of one address count against an account."""

LATELY = timedelta(days=30)
LOCK_NOTED_SECONDS = 300

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
        "staff:session_list",
        "staff:session_end",
        "staff:session_end_others",
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
        "account_under_attack": _(
            "Somebody tries passwords of this account from many places. For an hour it opens only "
            "where you signed in lately, or with a passkey."
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

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address behind our own proxies; of an IPv4 client its IPv4 address.

        A request that did not come through the proxies counts by where it came from.
        """
        try:
            found = str(super().get_client_ip(request))
        except ImproperlyConfigured:
            found = request.META.get("REMOTE_ADDR", "")
        try:
            mapped = ipaddress.IPv6Address(found).ipv4_mapped
        except ValueError:
            return found
        return str(mapped) if mapped is not None else found

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse a try where too many failed: of an address, of an account there, of an account.

        A stranger's failures stop the stranger's address only. Many addresses together stop the
        account for an hour, but not where its owner signed in lately.
        """
        self._failures: list[Any] = []
        number = str(credentials.get("username", ""))
        place = ratelimit.get_ip(request)
        here, account = f"{number.lower()}|{place}", number.lower()
        if not self._count_failure(request, "login_failed", here):
            self._refuse_try(_called(number), request, "login_failed", here)
        # Of one address only a few count against the account: it takes many to slow it down.
        is_counted = self._count_failure(request, SHARE_OF_ADDRESS, here)
        if self._count_failure(request, OF_ACCOUNT, account, dry_run=not is_counted):
            return
        user = _called(number)
        if user is None or not signed_in_lately(user, place):
            self._refuse_try(user, request, OF_ACCOUNT, account)

    def _count_failure(
        self, request: HttpRequest, action: str, key: str, *, dry_run: bool = False
    ) -> bool:
        """Count a try as a failure until it succeeds; say whether there was room for it."""
        usage = ratelimit.consume(request, app=ACCOUNT_APP, action=action, key=key, dry_run=dry_run)
        if usage and not dry_run:
            self._failures.append(usage)
        return usage is not None

    def _refuse_try(
        self, user: StaffUser | None, request: HttpRequest, action: str, key: str
    ) -> NoReturn:
        """Refuse; the first refusal of some minutes is written down."""
        noted = hashlib.sha256(f"{action}|{key}".encode()).hexdigest()
        if cache.add(f"lock-noted:{noted}", True, timeout=LOCK_NOTED_SECONDS):
            kind = "account" if action == OF_ACCOUNT else "address"
            services.record_lock(user=user, address=address_of(request), kind=kind)
        words = "account_under_attack" if action == OF_ACCOUNT else "too_many_login_attempts"
        raise self.validation_error(words)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> StaffUser | None:
        """Say who it is; only failures are counted."""
        user: StaffUser | None = super().authenticate(request, **credentials)
        if user is not None:
            for usage in self._failures:
                usage.rollback()
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write down that a staff number and a password did not fit."""
        number = str(credentials.get("username", ""))
        services.record_failure(user=_called(number), address=address_of(request))

    def forget_failures(self, request: HttpRequest, user: StaffUser) -> None:
        """Begin to count anew here: a link for a new password was used."""
        number = user.staff_number.lower()
        place = ratelimit.get_ip(request)
        here = f"{number}|{place}"
        counted = (("login_failed", here), (SHARE_OF_ADDRESS, here), (OF_ACCOUNT, number))
        for action, key in counted:
            ratelimit.clear(request, app=ACCOUNT_APP, action=action, key=key)

    def login(self, request: HttpRequest, user: StaffUser) -> None:
        """Sign in, and keep with the session where that was."""
        super().login(request, user)
        request.session[SIGN_IN] = {
            "at": clock.now().isoformat(),
            "address": address_of(request),
            "browser": self.get_http_user_agent(request)[:LONGEST_BROWSER],
        }

    def post_login(self, request: HttpRequest, user: StaffUser, **kwargs: Any) -> HttpResponseBase:
        """Write down who signed in, from where and by what, once it is done."""
        methods = {one.get("method"): one for one in get_authentication_records(request, user)}
        passkey = methods.get("mfa", {}).get("passwordless")
        how = "passkey" if passkey else "password" if "password" in methods else "link"
        services.record_sign_in(user=user, address=address_of(request), how=how)
        response: HttpResponseBase = super().post_login(request, user, **kwargs)
        return response

    def logout(self, request: HttpRequest) -> None:
        """Sign out; the session's row goes with it."""
        if isinstance(request.user, StaffUser):
            services.record_sign_out(user=request.user, address=address_of(request))
        super().logout(request)

    def set_password(self, user: StaffUser, password: str) -> None:
        """Change a person's own password; all other sessions of theirs end with it."""
        request = self.request
        is_own = request.user.is_authenticated and request.user.pk == user.pk
        services.set_password(
            actor=user,
            user=user,
            password=password,
            besides=request.session.session_key or "" if is_own else "",
            address=address_of(request),
        )

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

    def note_second_factor(self, user: StaffUser, kind: str, refused: str = "") -> None:
        """Write down that a second factor was accepted, or why not (a code of ``error_messages``).

        Of tries that are not even looked at only the first in some minutes.
        """
        address = address_of(self.request)
        if refused == "too_many_login_attempts":
            if cache.add(f"lock-noted:factor:{user.pk}", True, timeout=LOCK_NOTED_SECONDS):
                services.record_lock(user=user, address=address, kind="second_factor")
            return
        services.record_second_factor_use(
            user=user, kind=kind, address=address, accepted=not refused
        )


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


class GuessableValidator:
    """Refuses a password that is made of what others know: names, numbers, the product, years."""

    def validate(self, password: str, user: object | None = None) -> None:
        """Raise ValidationError where too little of the password is the person's own."""
        words = services.known_words(user) if isinstance(user, StaffUser) else ()
        if len(own_signs(password, words)) < FEWEST_OWN_SIGNS:
            raise ValidationError(
                _(
                    "Others guess this password: it is made of the product's or the unit's name, "
                    "your name, your numbers, years or rows of keys. Choose words of your own."
                ),
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        """Say what to choose."""
        return gettext(
            "Not the product's or the unit's name, your name, staff number or phone, nor these "
            "repeated or backwards."
        )


class SessionStore(DatabaseStore):
    """Sessions in the database, with whose they are, since when, and when they end by themselves.

    A session of somebody who is signed in ends some hours after signing in and after an idle time,
    whichever comes first; Django's own reading and clearing go by that moment.
    """

    @classmethod
    def get_model_class(cls) -> type[OpenSession]:
        """Return the table."""
        return OpenSession

    def create_model_instance(self, data: dict[str, Any]) -> OpenSession:
        """Return the row of these data; what a page lists of it stands in columns of its own."""
        if SESSION_KEY in data:
            data.setdefault(SIGN_IN, {"at": clock.now().isoformat()})
        row = cast("OpenSession", super().create_model_instance(data))
        if SESSION_KEY in data:
            known = data[SIGN_IN]
            row.account_id = int(data[SESSION_KEY])
            row.started_at, row.last_seen_at = parse_datetime(known["at"]), clock.now()
            row.address, row.browser = known.get("address", ""), known.get("browser", "")
        return row

    def get_expiry_date(self, **given: Any) -> datetime:
        """Return when the session ends: of nobody, as Django has it."""
        known = self.get(SIGN_IN) if SESSION_KEY in self else None
        if known is None:
            return super().get_expiry_date(**given)
        return end_of_session(datetime.fromisoformat(known["at"]))

    def load(self) -> dict[str, Any]:
        """Return the data, and remember when the session was last seen."""
        # Django's own hook, which the type stubs leave out.
        row: OpenSession | None = super()._get_session_from_db()  # type: ignore[misc]
        self.last_seen_at = row.last_seen_at if row is not None else None
        return self.decode(row.session_data) if row is not None else {}

    def note_seen(self) -> None:
        """Keep that somebody is here, at most once in a minute: one statement then, else none."""
        now, seen = clock.now(), getattr(self, "last_seen_at", None)
        if seen is None or SESSION_KEY not in self or now - seen < SEEN_EVERY:
            return
        self.last_seen_at = now
        OpenSession.objects.filter(session_key=self.session_key).update(
            last_seen_at=now, expire_date=self.get_expiry_date()
        )


def end_of_session(started_at: datetime) -> datetime:
    """Return when a session ends that is used now and began at ``started_at``."""
    longest = started_at + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return min(longest, clock.now() + timedelta(minutes=settings.SESSION_IDLE_MINUTES))


class SessionSeenMiddleware:
    """Notes that somebody is at work; what a page asks by itself does not count.

    A script marks what a page asks while nobody touches it, so that a page left open ends its
    session as well.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; then note it, where the session was asked for at all."""
        response = self.get_response(request)
        session: Any = request.session
        if session.accessed and UNATTENDED not in request.headers:
            session.note_seen()
        return response


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


def _called(number: str) -> StaffUser | None:
    """Return who has the staff number that was typed."""
    return StaffUser.objects.filter(staff_number__iexact=number).first()


def address_of(request: HttpRequest) -> str:
    """Return the address that a request came from, for the audit trail; empty where unknown."""
    try:
        return str(get_adapter().get_client_ip(request))
    except NotPermitted:
        return ""


def signed_in_lately(user: StaffUser, place: str) -> bool:
    """Say whether ``user`` signed in from ``place`` (a throttle's address) in the last days."""
    since = clock.now() - LATELY
    entries = AuditEntry.objects.filter(
        verb="staff.signed_in",
        object_type=StaffUser._meta.label_lower,
        object_id=user.pk,
        at__gte=since,
    )
    addresses = {change[1] for change in entries.values_list("changes__ip", flat=True)}
    return place in {ratelimit.truncate_ip(address) for address in addresses}


def invitation_link(request: HttpRequest, user: StaffUser, *, by_mail: bool = False) -> str:
    """Return a link with which ``user`` sets a password: good once, and for a limited time."""
    return request.build_absolute_uri(services.link_path(user, by_mail=by_mail))


def send_invitation(request: HttpRequest, user: StaffUser) -> None:
    """Send ``user`` such a link by e-mail; using it proves that the person reads that mail."""
    context = {"user": user, "invitation_url": invitation_link(request, user, by_mail=True)}
    get_adapter().send_mail("account/email/invitation", user.email, context)


def _cipher() -> MultiFernet:
    """Keys derived from the product's secrets, so that those can be replaced one after another."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"staff.second-factor:{secret}".encode()) for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(one.digest())) for one in digests])
