"""Settings of the product, read from the environment. docs/configuration.md lists the variables."""

import os
import re
from pathlib import Path
from typing import Any

import django_stubs_ext
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from vipcrm import env
from vipcrm.unsafe import refusals

# Django's own generic classes take their parameter while running, too.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What kind of installation this is ---------------------------------------------------------

# Demonstration: invented customers, logins that everybody knows, plain http on this machine.
DEMONSTRATION = env.read_bool("DEMONSTRATION", False)
DEBUG = env.read_bool("DEBUG", False)

# Everything that is written while running: database, sockets, media, built static files.
VAR_DIR = env.read_path("VIPCRM_VAR", BASE_DIR / "var")


def _demonstration_secret(file: Path) -> str:
    """The secret made at the first demonstration start; safe when several processes start."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii")
    secret = os.urandom(48).hex()
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secret)
    return secret


SECRET_KEY = env.read_text("SECRET_KEY")
_DEMONSTRATION_SECRET_FILES = {VAR_DIR / "secret_key", BASE_DIR / "var" / "secret_key"}
if not SECRET_KEY and DEMONSTRATION:
    SECRET_KEY = _demonstration_secret(VAR_DIR / "secret_key")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Set it to a long random text, "
        "or set DEMONSTRATION=true to try the product with invented data."
    )
SECRET_KEY_FALLBACKS = env.read_list("SECRET_KEY_FALLBACKS")

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ALLOWED_HOSTS = env.read_list("ALLOWED_HOSTS", _LOOPBACK if DEMONSTRATION else ())
CSRF_TRUSTED_ORIGINS = env.read_list("CSRF_TRUSTED_ORIGINS")

# Redirect to https, secure cookies, HSTS. Plain http outside a demonstration must be said.
HTTPS = env.read_bool("HTTPS", not DEMONSTRATION)


def _refuse_to_start_unsafe() -> None:
    """Stop every process, web and task alike, that would run a real installation unsafely."""
    said = refusals(
        secret=SECRET_KEY,
        fallbacks=SECRET_KEY_FALLBACKS,
        known_secrets=[
            file.read_text(encoding="utf-8", errors="replace").strip()
            for file in _DEMONSTRATION_SECRET_FILES
            if file.is_file() and os.access(file, os.R_OK)
        ],
        debug=DEBUG,
        hosts=ALLOWED_HOSTS,
        trusted_origins=CSRF_TRUSTED_ORIGINS,
        https=HTTPS,
        plain_http_said=bool(env.read_text("HTTPS")),
    )
    if said:
        raise ImproperlyConfigured(
            " ".join([*said, "(Only DEMONSTRATION=true, with invented data, does without.)"])
        )


# The tests' own settings, which no installation uses, build on these.
if not DEMONSTRATION and os.environ.get("DJANGO_SETTINGS_MODULE") != "tests.settings":
    _refuse_to_start_unsafe()

# --- Apps, middleware, templates ---------------------------------------------------------------

INSTALLED_APPS = [
    "vipcrm",
    "exchange",
    "portfolio",
    "workplans",
    "retention",
    "complaints",
    "contacts",
    "customers",
    "staff",
    "core",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    # Last: where their catalogues and Django's have the same text, Django's is taken.
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.NoStoreMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "staff.auth.SessionSeenMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "core.bodies.BodyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # A page is closed unless it says otherwise.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "staff.auth.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.HtmxSignInMiddleware",
    "staff.auth.SecondFactorMiddleware",
]

ROOT_URLCONF = "vipcrm.urls"
WSGI_APPLICATION = "vipcrm.wsgi.application"
ASGI_APPLICATION = "vipcrm.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context_processors.site",
            ],
        },
    },
]

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Database ----------------------------------------------------------------------------------

DATABASES = {"default": env.read_database("DATABASE_URL", VAR_DIR / "db.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Broker and cache --------------------------------------------------------------------------

# The address of the private server that `manage.py serve` starts, while it runs.
PRIVATE_REDIS_URL_FILE = VAR_DIR / "redis-url"
# redis://host:6379/0, rediss://…, or unix:///path/to/socket; blank: each process has a cache of
# its own, and work for the background waits in the outbox.
REDIS_URL = env.read_redis_url("REDIS_URL", PRIVATE_REDIS_URL_FILE)


def _cache(redis_url: str) -> dict[str, Any]:
    if not redis_url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_url,
        "KEY_PREFIX": "vipcrm",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }


CACHES = {"default": _cache(REDIS_URL)}

# Celery calls the same socket by another scheme.
CELERY_BROKER_URL = re.sub("^unix:", "redis+socket:", REDIS_URL or f"unix://{VAR_DIR}/no-broker")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# A task is acknowledged when it is done: one whose worker dies runs again, so each is safe twice.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A page must not hang when the broker is gone: the outbox sends again later.
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    # What a killed machine had taken is handed out again after this time: longer than any task.
    "visibility_timeout": 40 * 60,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_SOFT_TIME_LIMIT = 30 * 60
CELERY_TASK_TIME_LIMIT = 31 * 60
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "freeze the base of a new year": {
        "task": "retention.tasks.freeze_base_of_the_year",
        # Each hour of the first days of January: the year begins at another moment in another
        # zone, and a worker may have been away.
        "schedule": crontab(minute="5", day_of_month="1-7", month_of_year="1"),
    },
    "flag overdue customers": {
        "task": "contacts.tasks.flag_overdue",
        "schedule": crontab(hour="1", minute="10"),
    },
    "flag overdue customers where the day begins at another moment": {
        "task": "contacts.tasks.flag_overdue",
        # A changed standard begins with that day too. Where none has begun nothing changes.
        "schedule": crontab(hour="0,2-23", minute="10"),
    },
    "escalate missed calls that nobody returned in time": {
        "task": "contacts.tasks.escalate_missed_calls",
        "schedule": crontab(),
    },
    "find whose the unknown numbers of calls are": {
        "task": "contacts.tasks.explain_calls",
        "schedule": crontab(minute="*/10"),
    },
    "fill the working calendar": {
        "task": "workplans.tasks.fill_workdays",
        # Each month: the next year is announced in November.
        "schedule": crontab(hour="4", minute="5", day_of_month="2"),
    },
    "score customers and warn of those who may leave": {
        "task": "retention.tasks.flag_churn_risk",
        # After the flags: an overdue contact is a sign too.
        "schedule": crontab(hour="2", minute="10"),
    },
    "take up what contacts say of competitors": {
        "task": "retention.tasks.take_competitor_mentions",
        # Each minute: such a customer is warned of within the minute.
        "schedule": crontab(),
    },
    "tell who is to be told of complaints that run out of time": {
        "task": "complaints.tasks.tell_due",
        # Each minute: a first response is due within two hours.
        "schedule": crontab(),
    },
    "remind of promises and bring late ones to the supervisor": {
        "task": "complaints.tasks.remind_of_requests",
        "schedule": crontab(minute="*/10"),
    },
    "escalate churn warnings that nobody followed up": {
        "task": "retention.tasks.escalate_warnings",
        "schedule": crontab(minute="*/10"),
    },
    "look for signs of careless records": {
        "task": "workplans.tasks.find_signals",
        # Before the working day, after the other nightly jobs.
        "schedule": crontab(hour="3", minute="40"),
    },
    "go on with imports whose worker was killed": {
        "task": "exchange.tasks.resume_roster_imports",
        "schedule": crontab(minute="*/5"),
    },
    "go on with usage imports whose worker was killed": {
        "task": "exchange.tasks.resume_usage_imports",
        "schedule": crontab(minute="*/5"),
    },
    "go on with exports whose worker was killed": {
        "task": "exchange.tasks.resume_exports",
        "schedule": crontab(minute="*/5"),
    },
    "remove files of old exports": {
        "task": "exchange.tasks.remove_old_exports",
        "schedule": crontab(hour="3", minute="20"),
    },
    "go on with departure imports whose worker was killed": {
        "task": "exchange.tasks.resume_departure_imports",
        "schedule": crontab(minute="*/5"),
    },
    "hand over the customers of the day": {
        "task": "portfolio.tasks.apply_reassignments",
        # Each hour: a day begins at another moment in another zone.
        "schedule": crontab(minute="5"),
    },
    "flag missing plans and logs": {
        "task": "workplans.tasks.flag_lapses",
        # Noon and Monday's ten o'clock come at another moment in another zone.
        "schedule": crontab(minute="*/15"),
    },
    "remove sessions that are over": {
        "task": "staff.tasks.remove_sessions_over",
        "schedule": crontab(hour="4", minute="25"),
    },
    "send what the outbox still holds": {
        "task": "core.tasks.relay_outbox",
        "schedule": crontab(),
    },
}

# --- Languages and time ------------------------------------------------------------------------

# Spoken where nobody asks for a language and none is kept with the person.
LANGUAGE_CODE = env.read_choice("LANGUAGE_CODE", ("zh-hans", "en"), "en")
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["vipcrm.formats"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- Static files and uploads ------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "core.staticfiles.NodePackageFinder",
    "core.staticfiles.IconSpriteFinder",
    "core.staticfiles.SwaggerFinder",
]
NODE_MODULES_DIR = BASE_DIR / "node_modules"
ICON_SPRITE_FILE = VAR_DIR / "build" / "icons.svg"

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Only names with a hash are served: a browser may keep them for ever.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Never served by the web server: a file leaves through a view that checks who asks.
MEDIA_ROOT = VAR_DIR / "media"
# Days for which the file of an export can be downloaded.
EXPORT_KEEP_DAYS = env.read_int("EXPORT_KEEP_DAYS", 7, minimum=1, maximum=90)
# Straight to disk, so that a large file does not fill a web process's memory.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- Who may sign in, and how ------------------------------------------------------------------

AUTH_USER_MODEL = "staff.StaffUser"
AUTHENTICATION_BACKENDS = ["staff.auth.StaffBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("staff_number", "name", "email", "phone")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "staff.auth.GuessableValidator"},
]
PASSWORD_RESET_TIMEOUT = 24 * 3600

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "staff.auth.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "staff_number"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Failures of an address, of an account from one address, and of an account from wherever, to which
# one address adds a few.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "login_failed_account": "30/h/key",
    "login_failed_share": "5/h/key",
}
# How many proxies of ours stand before the web process: throttles count the address behind them.
ALLAUTH_TRUSTED_PROXY_COUNT = env.read_int("TRUSTED_PROXY_COUNT", 0, maximum=10)

ACCOUNT_FORMS = {
    "login": "staff.forms.SignInForm",
    "change_password": "staff.forms.PasswordChangeForm",
    "set_password": "staff.forms.PasswordSetForm",
    "reset_password": "staff.forms.PasswordResetForm",
    "reset_password_from_key": "staff.forms.PasswordKeyForm",
    "reauthenticate": "staff.forms.PasswordAgainForm",
    "user_token": "staff.forms.LinkForm",
}

MFA_ADAPTER = "staff.auth.StaffMFAAdapter"
MFA_FORMS = {
    "authenticate": "staff.forms.CodeForm",
    "authenticate_webauthn": "staff.forms.KeyAfterPasswordForm",
    "login_webauthn": "staff.forms.KeySignInForm",
    "reauthenticate": "staff.forms.CodeAgainForm",
    "reauthenticate_webauthn": "staff.forms.KeyAgainForm",
    "activate_totp": "staff.forms.AppForm",
    "add_webauthn": "staff.forms.KeyForm",
    "edit_webauthn": "staff.forms.KeyNameForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# The library keeps out who signed up with somebody else's address. Here nobody signs up: the
# address is the administrator's word, and who has not proved it may set up a second factor, too.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "VIP CRM"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMONSTRATION
# Roles that must set up a second factor before they see anything else.
MFA_REQUIRED_ROLES = env.read_choices(
    "MFA_REQUIRED_ROLES",
    allowed=("manager", "supervisor", "complaint_handler", "head_office", "administrator"),
    default=() if DEMONSTRATION else ("supervisor", "head_office", "administrator"),
)

# In the database, not in the cache: people stay signed in while Redis is down.
SESSION_ENGINE = "staff.auth"
SESSION_COOKIE_AGE = env.read_int("SESSION_HOURS", 12, minimum=1, maximum=24 * 30) * 3600
# Minutes without anything done after which people sign in again.
SESSION_IDLE_MINUTES = env.read_int("SESSION_IDLE_MINUTES", 60, minimum=5, maximum=24 * 60)
# Messages name customers: they stay here, in the session, and out of cookies.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# --- REST API ----------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "exchange.api.KeyAuthentication",
        "staff.auth.PersonAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.rest.access.ScopePermission"],
    "DEFAULT_THROTTLE_CLASSES": ["core.rest.access.ClientThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["core.rest.renderers.MaskingJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.rest.parsers.LimitedJSONParser"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "core.rest.schema.ProblemSchema",
    "EXCEPTION_HANDLER": "core.rest.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "VIP CRM",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.rest.schema.close_bodies",
    ],
    "ENUM_NAME_OVERRIDES": {
        "TierEnum": "customers.models.Tier",
        "ChannelEnum": "customers.models.Channel",
        "PreferredChannelEnum": "customers.models.PREFERRED_CHANNELS",
        "CustomerStatusEnum": "customers.models.Status",
        "CadenceEnum": "contacts.models.Cadence",
        "OutcomeEnum": "contacts.models.Outcome",
        "SourceEnum": "contacts.models.Source",
        "CallResultEnum": "contacts.models.CallResult",
        "NumberMatchEnum": "contacts.models.NumberMatch",
        "ConfirmationEnum": "contacts.models.Confirmation",
        "PhoneKindEnum": "customers.models.CustomerPhone.Kind",
        "AddressKindEnum": "customers.models.CustomerAddress.Kind",
        "ChurnEventKindEnum": "retention.models.ChurnEvent.Kind",
        "DepartureKindEnum": "retention.models.Departure.Kind",
        "RecordSignalKindEnum": "workplans.models.RecordSignal.Kind",
        "FollowUpKindEnum": "retention.models.CaseFollowUp.Kind",
        "CaseStateEnum": "retention.models.RetentionCase.State",
        "ComplaintStateEnum": "complaints.models.State",
        "ComplaintStepKindEnum": "complaints.models.complaints.StepKind",
        "ComplaintSourceEnum": "complaints.models.complaints.Source",
        "ServiceRequestStateEnum": "complaints.models.ServiceRequest.State",
        "PlanKindEnum": "workplans.models.plans.PlanKind",
        "PlanStateEnum": "workplans.models.WorkPlan.State",
        "PlanMatterEnum": "workplans.models.PlanItem.Matter",
        "RetentionSourceEnum": "retention.models.Source",
        "SnapshotOutcomeEnum": "retention.serializers.usage.SNAPSHOT_OUTCOMES",
        "EventOutcomeEnum": "retention.serializers.usage.EVENT_OUTCOMES",
    },
}

# --- Transport and browser security ------------------------------------------------------------

# With this prefix browsers take a cookie only from this very host, over https, for all of it.
_COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}sessionid"
# Scripts read it: a page that has stood open may hold an old token, the cookie never does.
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_NAME = f"{_COOKIE_PREFIX}django_language"
LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Only behind a proxy that sets or strips this header itself; else anybody could claim https.
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.read_bool("BEHIND_HTTPS_PROXY", False) else None
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # Tabler draws ticks and arrows as data: pictures in its style sheet.
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- E-mail ------------------------------------------------------------------------------------

EMAIL_HOST = env.read_text("EMAIL_HOST")
EMAIL_PORT = env.read_int("EMAIL_PORT", 587, minimum=1, maximum=65535)
EMAIL_HOST_USER = env.read_text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.read_text("EMAIL_PASSWORD")
EMAIL_USE_TLS = env.read_bool("EMAIL_TLS", True)
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_HOST
    else "django.core.mail.backends.console.EmailBackend"
)
DEFAULT_FROM_EMAIL = env.read_text("EMAIL_FROM", "vipcrm@localhost")

# --- Logging -----------------------------------------------------------------------------------

LOG_LEVEL = env.read_choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "masked": {
            "()": "core.logging.MaskingFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "masked"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # Without handlers of its own: everything goes through the masking one.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "celery": {"level": LOG_LEVEL},
        **{
            app: {"level": LOG_LEVEL}
            for app in (
                "core",
                "staff",
                "customers",
                "contacts",
                "complaints",
                "retention",
                "workplans",
                "portfolio",
                "exchange",
                "vipcrm",
            )
        },
    },
}
