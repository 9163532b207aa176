"""The product's settings with two additions: the yardstick's URL and a count of statements."""

import sys

# The tools bring it; where the product alone is installed, REST framework goes without it.
sys.modules["requests"] = None  # type: ignore[assignment]

from vipcrm.settings import *  # noqa: E402, F403
from vipcrm.settings import MIDDLEWARE  # noqa: E402

ROOT_URLCONF = "bench.urls"
MIDDLEWARE = ["bench.middleware.count_statements", *MIDDLEWARE]
