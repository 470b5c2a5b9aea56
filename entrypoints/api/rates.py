"""How many requests a token may make: a bucket for each, which fills evenly."""

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

_REMEMBERED = 10_000  # tokens; the one that was used longest ago is forgotten


class Allowance(NamedTuple):
    """What is left of a token's bucket, and in how many seconds the next request fits; 0: now."""

    left: int
    wait: float


class Buckets:
    """A token bucket for each access token.

    Args:
        per_second: how fast buckets fill; 0: there is no limit.
        burst: how many requests a full bucket holds.
        now: seconds, from anywhere on.
    """

    def __init__(self, per_second: float, burst: int, now: Callable[[], float]) -> None:
        self.per_second = per_second
        self.burst = burst
        self._now = now
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, token_id: str) -> Allowance:
        """Take one request out of a bucket, where there is one in it."""
        now = self._now()
        level, seen = self._levels.pop(token_id, (float(self.burst), now))
        level = min(self.burst, level + (now - seen) * self.per_second)
        enough = level >= 1
        self._levels[token_id] = (level - enough, now)
        if len(self._levels) > _REMEMBERED:
            self._levels.popitem(last=False)
        return Allowance(int(level - enough), 0.0 if enough else (1 - level) / self.per_second)

    def headers(self, allowance: Allowance) -> dict[str, str]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers: the policy, and what is left of it."""
        window = max(1, math.ceil(self.burst / self.per_second))
        headers = {
            "RateLimit-Policy": f'"token";q={self.burst};w={window}',
            "RateLimit": f'"token";r={allowance.left};t={math.ceil(allowance.wait) or 1}',
        }
        return headers | ({"Retry-After": str(math.ceil(allowance.wait))} if allowance.wait else {})
