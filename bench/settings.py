"""The product's settings with two additions: the yardstick's URL and a count of statements."""

from vipcrm.settings import *  # noqa: F403
from vipcrm.settings import MIDDLEWARE

ROOT_URLCONF = "bench.urls"
MIDDLEWARE = ["bench.middleware.count_statements", *MIDDLEWARE]
