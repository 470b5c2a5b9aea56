"""What a server says instead of an answer, and whether and when to ask it again."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rookery.domain.errors import EmbedderError

if TYPE_CHECKING:
    import httpx

_PASSING = {408, 425, 429, 500, 502, 503, 504, 529}
_QUOTED = 300  # characters of the server's own words


class TryAgain(Exception):
    """A refusal that may pass.

    Args:
        error: what to raise when it does not.
        after: seconds that the server asks to wait; None when it does not say.
    """

    def __init__(self, error: EmbedderError, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after


class _Fault(BaseModel):
    model_config = ConfigDict(frozen=True)

    message: str = ""
    code: str | int | None = None


class _Refusal(BaseModel):
    model_config = ConfigDict(frozen=True)

    error: _Fault | str = Field(default_factory=_Fault)


def require_success(response: "httpx.Response", model: str, secret: str | None) -> None:
    """Check that the server did as it was asked. The secret is in no message, even where the server repeats it.

    Raises:
        TryAgain: it is busy or out of order.
        EmbedderError: asking again is of no use.
    """
    if response.is_success:
        return
    status, url = response.status_code, response.url
    fault = _fault(response)
    words = f": {_quote(fault.message, secret)}" if fault.message.strip() else ""
    if fault.code == "insufficient_quota":
        raise EmbedderError(f"{url} says that the account's quota is used up{words}")
    if status in _PASSING:
        raise TryAgain(EmbedderError(f"{url} answered with status {status}{words}", retryable=True), _asked(response))
    raise EmbedderError(_advice(status, str(url), model, words, has_key=secret is not None))


def _advice(status: int, url: str, model: str, words: str, *, has_key: bool) -> str:
    if status in (401, 403):
        fault = "does not accept the key" if has_key else "asks for a key"
        return f"{url} {fault} (status {status}); set OPENAI_API_KEY, or `api_key` under [embedders.openai]"
    if status == 404:
        return f"{url} does not exist there or knows no model {model!r}; check `base_url` and `model`{words}"
    if status in (400, 413, 422):
        return f"{url} refused the texts (status {status}){words}; if they are too long, lower `max_characters`"
    if 300 <= status < 400:
        return f"{url} leads elsewhere (status {status}), which is not followed; set `base_url` to where the server is"
    return f"{url} answered with status {status}{words}"


def _fault(response: "httpx.Response") -> _Fault:
    try:
        error = _Refusal.model_validate_json(response.content).error
    except ValidationError:
        error = response.text if "html" not in response.headers.get("Content-Type", "") else ""
    return _Fault(message=error) if isinstance(error, str) else error


def _quote(message: str, secret: str | None) -> str:
    """One line; the secret goes first, for a cut could leave a part of it."""
    clean = " ".join((message.replace(secret, "…") if secret else message).split())
    return clean if len(clean) <= _QUOTED else f"{clean[:_QUOTED]}…"


def _asked(response: "httpx.Response") -> float | None:
    """`Retry-After` in seconds; a date is reckoned by the server's own clock (RFC 9110, 10.2.3)."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until, now = _date(value), _date(response.headers.get("Date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return date if date.tzinfo else None
