"""A model behind chat completions, as five kinds of servers offer one; it says what a function says.

What the real servers do with a prompt that is too long, each does here: OpenAI, vLLM and llama-server refuse it in
words of their own, and Ollama drops what does not fit and answers all the same.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

ASIDE = ("/api/show", "/apply-template", "/tokenize")
Kind = Literal["openai", "llama-server", "ollama", "vllm", "lm-studio"]
_TOKEN = re.compile(r"\w{1,5}|([^\w\s]{1,2}?)\1*|\n")  # a run of one sign, or of two, is one token
_OWNERS = {"llama-server": "llamacpp", "ollama": "library", "vllm": "vllm", "openai": "system"}


class Reply(NamedTuple):
    """What to answer; the status may also be `HANG_UP` or `NO_ANSWER`. Pieces are sent as a stream."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = {}
    pieces: Sequence[bytes] | None = None
    breaks_off: bool = False


class ChatMessage(BaseModel):
    """One message."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: Literal["system", "user", "assistant"]
    content: str


class ChatAsked(BaseModel):
    """The body of a request; OpenAI is as strict."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: str
    messages: list[ChatMessage]
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float = 1.0
    seed: int | None = None
    response_format: dict[str, Any] | None = None
    stream: bool = False
    stream_options: dict[str, bool] = {}
    json_schema: dict[str, Any] | None = None
    lora: list[dict[str, float]] | None = None

    @property
    def prompt(self) -> str:
        return "".join(f"<{message.role}>\n{message.content}\n" for message in self.messages) + "<assistant>\n"

    @property
    def schema_asked(self) -> dict[str, Any]:
        """The schema that binds the reply."""
        bound: dict[str, Any] = (self.response_format or {}).get("json_schema", {}).get("schema", {})
        return self.json_schema or bound


def says(text: str) -> Callable[[ChatAsked], str]:
    """Return what always says the same."""
    return lambda asked: text


_ROOKS = says("Rooks breed in colonies.")


def fault(status: int, message: str, *, code: str | None = None, param: str | None = None, **headers: str) -> Reply:
    """Return an error in OpenAI's form; `retry_after` gives the header `Retry-After`."""
    error = {"message": message, "type": "some_error", "param": param, "code": code}
    return Reply(status, json.dumps({"error": error}), {name.replace("_", "-"): headers[name] for name in headers})


def completion(text: str | None, finish: str = "stop", **message: object) -> Reply:
    """Return a whole answer, whether or not it makes sense; a keyword adds to the message."""
    said = {"role": "assistant", "content": text} | message
    usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
    return _json({"model": "m", "choices": [{"index": 0, "message": said, "finish_reason": finish}], "usage": usage})


def events(*data: object, done: bool = True) -> bytes:
    """Return server-sent events."""
    lines = [f"data: {item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)}\n\n" for item in data]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode("utf-8")


def delta(text: str | None, finish: str | None = None, **further: object) -> dict[str, object]:
    """Return an event of a stream."""
    return {"choices": [{"index": 0, "delta": {"content": text} | further, "finish_reason": finish}]}


@dataclass
class Chat:
    """A model and the server around it.

    Args:
        kind: of server.
        say: what the model replies.
        context: tokens that it holds.
        models: that the server lists.
        forms: of `response_format` that it takes.
        counts: whether it says what it used.
        tells_context: whether it says how much it holds, before it has loaded the model in Ollama's case.
    """

    kind: Kind = "openai"
    say: Callable[[ChatAsked], str] = _ROOKS
    context: int = 4096
    models: Sequence[str] = ("rook-1",)
    forms: Sequence[str] = ("json_schema", "json_object")
    counts: bool = True
    tells_context: bool = True
    cached: list[str] = field(default_factory=list)
    is_loaded: bool = False
    untold: Mapping[str, int] = field(default_factory=dict)

    def tell(self, path: str, body: bytes) -> Reply:
        """Answer what is asked about the server itself; what is `untold` has a status instead."""
        if path in self.untold:
            return fault(self.untold[path], "not now")
        if path == "/v1/models":
            return _json({"object": "list", "data": [self._listed(name) for name in self.models]})
        tellers = {
            ("llama-server", "/props"): lambda _: {"default_generation_settings": {"n_ctx": self.context}},
            ("llama-server", "/apply-template"): lambda asked: {"prompt": _prompt(_messages(asked))},
            ("llama-server", "/tokenize"): lambda asked: {"tokens": list(range(_count(asked["content"])))},
            ("vllm", "/tokenize"): lambda asked: {"count": _count(_prompt(_messages(asked)))},
            ("ollama", "/api/version"): lambda _: {"version": "0.12.3"},
            ("ollama", "/api/ps"): lambda _: {"models": self._running()},
            ("ollama", "/api/show"): lambda _: self._shown(),
            ("lm-studio", "/api/v0/models"): lambda _: {"data": self._loaded()},
        }
        if (self.kind, path) in tellers:
            return _json(tellers[self.kind, path](json.loads(body or b"{}")))
        if self.kind == "lm-studio":
            return _json({"error": f"Unexpected endpoint or method. ({path})"})
        return fault(404, f"Invalid URL ({path})")

    def complete(self, body: bytes) -> Reply:
        """Answer a chat."""
        try:
            asked = ChatAsked.model_validate_json(body)
        except ValidationError as error:
            return fault(400, str(error))
        if self.kind not in ("llama-server", "ollama") and asked.model not in self.models:
            return fault(404, f"The model `{asked.model}` does not exist", code="model_not_found")
        form = (asked.response_format or {}).get("type")
        if form is not None and form not in self.forms:
            return fault(400, f"This response_format type is unavailable now: {form}", param="response_format")
        if self.kind == "openai" and form == "json_schema" and (wrong := _not_strict(asked.schema_asked)):
            return fault(400, f"Invalid schema for response_format 'reply': {wrong}")
        self.is_loaded = True
        return self._too_long(asked) or self._answered(asked)

    def _listed(self, name: str) -> dict[str, Any]:
        owner = _OWNERS.get(self.kind, "organization_owner")
        listed = {"id": f"{name}:latest" if self.kind == "ollama" else name, "object": "model", "owned_by": owner}
        return listed | ({"max_model_len": self.context} if self.kind == "vllm" else {})

    def _running(self) -> list[dict[str, Any]]:
        running = [{"name": f"{name}:latest", "context_length": self.context} for name in self.models]
        return running if self.is_loaded else []

    def _shown(self) -> dict[str, str]:
        return {"parameters": f"stop  <end>\nnum_ctx  {self.context}" if self.tells_context else ""}

    def _loaded(self) -> list[dict[str, Any]]:
        return [{"id": name, "loaded_context_length": self.context} for name in self.models]

    def _too_long(self, asked: ChatAsked) -> Reply | None:
        count, limit = _count(asked.prompt), asked.max_tokens or asked.max_completion_tokens or 16
        most = f"This model's maximum context length is {self.context} tokens."
        match self.kind:
            case "llama-server" if count >= self.context:
                said = f"request ({count} tokens) exceeds the available context size ({self.context} tokens)"
                numbers = {"n_prompt_tokens": count, "n_ctx": self.context}
                return _json(
                    {"error": {"code": 400, "message": said, "type": "exceed_context_size_error"} | numbers}, 400
                )
            case "vllm" if count + limit > self.context:
                parts = f"({count} in the messages, {limit} in the completion)"
                said = f"{most} However, you requested {count + limit} tokens {parts}."
                return _json({"object": "error", "message": said, "code": 400}, 400)
            case "openai" | "lm-studio" if count > self.context:
                said = f"{most} However, your messages resulted in {count} tokens."
                return fault(400, said, code="context_length_exceeded")
            case _:
                return None

    def _used(self, asked: ChatAsked) -> int:
        """What is left of the prompt; only Ollama cuts it: first the older messages, then the last one."""
        kept = list(asked.messages)
        while self.kind == "ollama" and _count(_prompt(kept)) > self.context and len(kept) > 2:
            del kept[1 if kept[0].role == "system" else 0]
        return min(_count(_prompt(kept)), self.context)

    def _answered(self, asked: ChatAsked) -> Reply:
        text = self.say(asked)
        cached = max((_shared(asked.prompt, earlier) for earlier in self.cached), default=0)
        self.cached.append(asked.prompt)
        used, completed = self._used(asked), _count(text)
        cost: dict[str, Any] = {"prompt_tokens": used, "completion_tokens": completed, "total_tokens": used + completed}
        told = {"usage": cost | {"prompt_tokens_details": {"cached_tokens": cached}}}
        if self.kind == "llama-server":
            told = {"usage": cost, "timings": {"cache_n": cached, "prompt_n": used - cached, "predicted_n": completed}}
        finish = "length" if completed > (asked.max_tokens or asked.max_completion_tokens or completed) else "stop"
        counted = told if self.counts else {}
        if asked.stream:
            wants = asked.stream_options.get("include_usage", False)
            return Reply(200, pieces=list(_streamed(text, finish, counted if wants else {})))
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
        return _json({"model": asked.model, "choices": [choice], **counted})


def _streamed(text: str, finish: str, told: Mapping[str, Any]) -> Iterator[bytes]:
    yield b": OPENROUTER PROCESSING\n\n"
    yield events(delta(None, role="assistant"), done=False)
    for start in range(0, len(text), 7):
        yield events(delta(text[start : start + 7]), done=False)
    yield events(delta(None, finish), done=False)
    yield events(*([{"choices": [], **told}] if told else []))


def _messages(asked: Mapping[str, Any]) -> list[ChatMessage]:
    return [ChatMessage.model_validate(message) for message in asked["messages"]]


def _prompt(messages: Sequence[ChatMessage]) -> str:
    return ChatAsked(model="", messages=list(messages)).prompt


def _tokens(text: str) -> list[str]:
    return [found[0] for found in _TOKEN.finditer(text)]


def _count(text: str) -> int:
    return len(_tokens(text))


def _shared(prompt: str, earlier: str) -> int:
    """Tokens at the beginning of both; the last one of a prompt is always evaluated."""
    one, other = _tokens(prompt), _tokens(earlier)
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return min(same, len(one) - 1)


def _not_strict(node: Any) -> str:
    """Return what OpenAI finds wrong with a schema; nothing when it is strict."""
    if isinstance(node, list):
        return next(filter(None, map(_not_strict, node)), "")
    if not isinstance(node, dict):
        return ""
    if "properties" in node and node.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false"
    if "properties" in node and sorted(node.get("required", [])) != sorted(node["properties"]):
        return "'required' is required to be supplied and to be an array including every key in properties"
    if node.get("type") == "array" and "items" not in node:
        return "array schema missing items"
    if node.get("enum") == [] or "default" in node or "format" in node:
        return "an empty enum, 'default' or an unknown 'format' is not permitted"
    return next(filter(None, map(_not_strict, node.values())), "")


def _json(value: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value))
