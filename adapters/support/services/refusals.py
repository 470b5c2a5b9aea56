"""What a service says instead of doing as it was asked, and when it may be asked again."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from rookery.domain.errors import AdapterError

PASSING = frozenset({408, 425, 500, 502, 503, 504, 529})
_QUOTED = 300  # characters of a service's own words


class TryAgain(Exception):
    """A refusal that may pass.

    Args:
        error: what to raise when it does not.
        after: seconds for which the service asks to be left alone; None when it does not say.
        limited: whether it asks to be left alone at all. Then it has not done what it was asked.
        doubtful: whether it may have done what it was asked, although it did not say so.
    """

    def __init__(
        self, error: AdapterError, *, after: float | None = None, limited: bool = False, doubtful: bool = True
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after
        self.limited = limited
        self.doubtful = doubtful and not limited


def is_limit(status: int, headers: Mapping[str, str]) -> bool:
    """Whether a service asks for fewer requests: 429, or GitHub's 403 with a time in its headers."""
    told = _lower(headers)
    return status == 429 or (status == 403 and ("retry-after" in told or told.get("x-ratelimit-remaining") == "0"))


def asked_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return for how many seconds a service asks to be left alone; None when it does not say.

    `Retry-After` has seconds or a date (RFC 9110, 10.2.3). Without it, `X-RateLimit-Reset` counts once nothing
    remains: seconds since 1970 (GitHub) or ISO 8601 (Jira). Dates are reckoned by the service's own clock, as its
    `Date` tells it, and by `now` where there is none.
    """
    told = _lower(headers)
    its_now = _http_date(told.get("date", "")) or now
    after = told.get("retry-after", "").strip()
    with suppress(ValueError):
        return max(0.0, float(after))
    until = _http_date(after)
    if until is None and told.get("x-ratelimit-remaining", "0") == "0":
        until = _moment(told.get("x-ratelimit-reset", "").strip())
    return max(0.0, (until - its_now).total_seconds()) if until else None


def one_line(text: str, *secrets: str) -> str:
    """Return a service's own words, short and without these secrets."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    clean = " ".join(text.split())
    return clean if len(clean) <= _QUOTED else f"{clean[:_QUOTED]}…"


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _moment(value: str) -> datetime | None:
    try:
        if value.isascii() and value.isdigit():
            return datetime.fromtimestamp(int(value), UTC)
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
