"""The product's settings as tests see them; only DATABASE_URL and REDIS_URL come from outside."""

import os
from pathlib import Path

from tests.parallel import own_redis_url, worker_name

# Whatever the developer's shell holds, every run sees the same product.
for _name in (
    *("DEBUG", "DEMONSTRATION", "EMAIL_HOST", "LANGUAGE_CODE", "LOG_LEVEL"),
    "MFA_REQUIRED_ROLES",
):
    os.environ.pop(_name, None)
_root = Path(__file__).resolve().parent.parent
_var = _root / "var" / "tests" / worker_name()
_var.mkdir(parents=True, exist_ok=True)
os.environ["VIPCRM_VAR"] = str(_var)
os.environ["REDIS_URL"] = own_redis_url(os.environ.get("REDIS_URL", ""))
os.environ["SECRET_KEY"] = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
os.environ["ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
os.environ["HTTPS"] = "false"

from vipcrm.settings import *  # noqa: E402, F403
from vipcrm.settings import BASE_DIR, REDIS_URL, STORAGES  # noqa: E402

# Plain names, so that no test needs a build; the sprite is the one that `make build-icons` wrote.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
ICON_SPRITE_FILE = BASE_DIR / "var" / "build" / "icons.svg"
WHITENOISE_AUTOREFRESH = True

if not REDIS_URL:
    CELERY_BROKER_URL = "memory://"

# A quick hash: what is tested is the product, not the strength of the real one.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Tests that are about the second factor or an idle time ask for it themselves.
MFA_REQUIRED_ROLES = []
SESSION_IDLE_MINUTES = 24 * 60
