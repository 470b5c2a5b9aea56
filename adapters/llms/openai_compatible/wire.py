"""Chat completions as they go over the wire."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic_core import PydanticSerializationError, to_json

from rookery.adapters.support.openai.refusals import Fault
from rookery.domain.inference import LLMRequest, Message
from rookery.domain.results import Usage

Fields = Mapping[str, JsonValue]


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class Said(_Read):
    """A message, or what a piece of the stream adds to it. Some servers give the content in parts."""

    content: str | list[dict[str, JsonValue]] | None = None
    refusal: str | None = None
    tool_calls: list[JsonValue] | None = None
    reasoning_content: str | None = None

    @property
    def text(self) -> str:
        """The content in one piece."""
        if isinstance(self.content, list):
            return "".join(str(part.get("text", "")) for part in self.content if part.get("type") == "text")
        return self.content or ""


class Choice(_Read):
    """An alternative; only the first is asked for."""

    message: Said | None = None
    delta: Said | None = None
    finish_reason: str | None = None


class _Details(_Read):
    cached_tokens: int | None = None


class WireUsage(_Read):
    """What the server counted."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Timings(_Read):
    """Of llama-server; releases that give no `cached_tokens` give these."""

    cache_n: int | None = None


class Answer(_Read):
    """A whole answer, or one event of a stream."""

    choices: list[Choice] = []
    usage: WireUsage | None = None
    timings: _Timings | None = None
    model: str | None = None
    error: Fault | str | None = None

    @property
    def used(self) -> Usage | None:
        """What it cost; None where the server does not say."""
        usage = self.usage
        if usage is None or not usage.prompt_tokens:
            return None
        details, timings = usage.prompt_tokens_details, self.timings
        cached = (details.cached_tokens if details else None) or (timings.cache_n if timings else None) or 0
        return Usage(
            prompt_tokens=usage.prompt_tokens,
            cached_prompt_tokens=min(cached, usage.prompt_tokens),
            completion_tokens=usage.completion_tokens or 0,
        )


def encoded(fields: Fields, messages: Sequence[Message]) -> bytes:
    """Return a body with the messages in it; lone surrogates in them become question marks."""
    plain = [{"role": message.role, "content": message.content} for message in messages]
    try:
        return to_json({**fields, "messages": plain})
    except (PydanticSerializationError, UnicodeEncodeError):
        clean = [{**message, "content": message["content"].encode("utf-8", "replace").decode()} for message in plain]
        return to_json({**fields, "messages": clean})


def fields_of(request: LLMRequest, model: str, limit_field: str, form: Fields) -> dict[str, JsonValue]:
    """Return what is asked, apart from the messages."""
    return {
        "model": model,
        limit_field: request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        **form,
    }
