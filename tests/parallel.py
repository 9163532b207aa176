"""What test processes that run side by side must not share."""

import os
import re

_REDIS_DATABASES = 16


def worker_name() -> str:
    """The name of this test process: gw0, gw1, …, or `main` where there is just one."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def own_redis_url(url: str) -> str:
    """The address with a database of this process's own: tests empty their cache, which is all.

    Counted from the database that the address names; a blank address stays blank. A process that
    this one starts keeps its database.
    """
    number = re.search(r"/(\d+)$", url)
    if not number or os.environ.get("VIPCRM_OWN_REDIS") == url:
        return url
    worker = re.sub(r"\D", "", worker_name()) or "0"
    database = (int(number[1]) + int(worker)) % _REDIS_DATABASES
    own = f"{url[: number.start()]}/{database}"
    if worker_name() != "main":
        # The process that only starts the others hands its environment on to them.
        os.environ["VIPCRM_OWN_REDIS"] = own
    return own
