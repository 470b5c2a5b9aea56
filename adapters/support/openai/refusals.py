"""What a server says instead of an answer, and whether and when to ask it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rookery.domain.errors import AdapterError

_PASSING = {408, 425, 429, 500, 502, 503, 504, 529}
_QUOTED = 300  # characters of the server's own words


class Response(NamedTuple):
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class TryAgain(Exception):
    """A refusal that may pass.

    Args:
        error: what to raise when it does not.
        after: seconds that the server asks to wait; None when it does not say.
    """

    def __init__(self, error: AdapterError, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after


@dataclass(frozen=True, slots=True)
class Asker:
    """Who is refused, so that a message can say what to do.

    Args:
        error: the kind that is raised.
        section: where the settings are, such as `embedders.openai`.
        model: that was asked for.
        secret: the key, which is in no message.
        too_much: what was refused, and what to do about it, such as `refused the texts` and `lower …`.
    """

    error: type[AdapterError]
    section: str
    model: str
    secret: str | None
    too_much: tuple[str, str]


class Fault(BaseModel):
    """An error in the words of OpenAI's interface, with what llama-server adds."""

    model_config = ConfigDict(frozen=True)

    message: str = ""
    code: str | int | None = None
    param: str | None = None
    n_prompt_tokens: int | None = None
    n_ctx: int | None = None


class _Refusal(BaseModel):
    """OpenAI nests the fault; Ollama gives a string; vLLM's older releases and FastAPI do not nest it."""

    model_config = ConfigDict(frozen=True)

    error: Fault | str = Field(default_factory=Fault)
    message: str = ""
    detail: str = ""


def require_success(response: Response, asker: Asker) -> None:
    """Check that the server did as it was asked. The secret is in no message, even where the server repeats it.

    Raises:
        TryAgain: it is busy or out of order.
        AdapterError: asking again is of no use.
    """
    if 200 <= response.status < 300:
        return
    fault, status, url = fault_of(response), response.status, response.url
    words = f": {quote(fault.message, asker.secret)}" if fault.message.strip() else ""
    if fault.code == "insufficient_quota":
        raise asker.error(f"{url} says that the account's quota is used up{words}")
    if status in _PASSING:
        error = asker.error(f"{url} answered with status {status}{words}", retryable=True)
        raise TryAgain(error, _asked(response))
    raise asker.error(_advice(status, url, words, asker))


def fault_of(response: Response) -> Fault:
    """Return the server's own account of what is wrong, as far as it gives one."""
    try:
        refusal = _Refusal.model_validate_json(response.body)
    except ValidationError:
        html = "html" in response.headers.get("Content-Type", "")
        return Fault(message="" if html else response.body.decode("utf-8", "replace"))
    fault = Fault(message=refusal.error) if isinstance(refusal.error, str) else refusal.error
    return fault if fault.message else fault.model_copy(update={"message": refusal.message or refusal.detail})


def quote(message: str, secret: str | None) -> str:
    """Return one short line; the secret goes first, for a cut could leave a part of it."""
    clean = " ".join((message.replace(secret, "…") if secret else message).split())
    return clean if len(clean) <= _QUOTED else f"{clean[:_QUOTED]}…"


def _advice(status: int, url: str, words: str, asker: Asker) -> str:
    if status in (401, 403):
        fault = "does not accept the key" if asker.secret else "asks for a key"
        return f"{url} {fault} (status {status}); set OPENAI_API_KEY, or `api_key` under [{asker.section}]"
    if status == 404:
        return f"{url} does not exist there or knows no model {asker.model!r}; check `base_url` and `model`{words}"
    if status in (400, 413, 422):
        refused, remedy = asker.too_much
        return f"{url} {refused} (status {status}){words}; {remedy}"
    if 300 <= status < 400:
        return f"{url} leads elsewhere (status {status}), which is not followed; set `base_url` to where the server is"
    return f"{url} answered with status {status}{words}"


def _asked(response: Response) -> float | None:
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
