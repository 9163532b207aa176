"""Counting what one asker does within a stretch of time, together for all processes."""

from __future__ import annotations

import logging

from django.core.cache import cache
from redis.exceptions import RedisError

from core import clock

logger = logging.getLogger(__name__)


def count(kind: str, asker: int, *, seconds: int) -> int | None:
    """Count one more ``kind`` of thing by ``asker``; return how many there are in this stretch.

    Stretches of ``seconds`` begin at whole multiples since 1970. None where the cache is away:
    then nothing is counted, and the caller goes on.
    """
    stretch = int(clock.now().timestamp() // seconds)
    key = f"{kind}:{asker}:{stretch}"
    try:
        cache.add(key, 0, timeout=2 * seconds)
        try:
            return int(cache.incr(key))
        except ValueError:
            # The cache was emptied in between: the count begins again.
            cache.set(key, 1, timeout=2 * seconds)
            return 1
    except RedisError:
        logger.warning("The cache is away: %s is not counted.", kind)
        return None


def is_first(kind: str, asker: int, what: str, *, seconds: int) -> bool:
    """Say whether ``asker`` does ``what`` for the first time in the last ``seconds``.

    True where the cache is away.
    """
    try:
        return bool(cache.add(f"{kind}:{asker}:{what}", 1, timeout=seconds))
    except RedisError:
        return True


def seconds_left(*, seconds: int) -> float:
    """Return the seconds until the next stretch begins."""
    return seconds - clock.now().timestamp() % seconds


def forget(kind: str, asker: int, what: str) -> None:
    """Let ``is_first`` say yes again."""
    try:
        cache.delete(f"{kind}:{asker}:{what}")
    except RedisError:
        logger.warning("The cache is away: %s is not forgotten.", kind)
