"""Binding a reply by a JSON schema: what is asked of the server, and the check that it did so."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Protocol

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from rookery.adapters.llms.openai_compatible.quick import quick_check
from rookery.adapters.llms.openai_compatible.settings import Form
from rookery.adapters.llms.openai_compatible.strict import strict
from rookery.adapters.llms.openai_compatible.wire import Fields
from rookery.domain.errors import BrokenReply, InvalidRequest
from rookery.domain.inference import LLMRequest, Message
from rookery.domain.schemas import Schema, lock_sources

_KEPT = 64  # schemas whose preparation is remembered
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"\A```(?:json)?\s*(.*?)\s*```\Z", re.DOTALL)  # llama-server's grammar for a schema allows it
_BARE = ("{", "[")


class _Fault(Protocol):
    message: str
    absolute_path: Iterable[str | int]


class _Validator(Protocol):
    """What is used of jsonschema, which has no types of its own."""

    def iter_errors(self, instance: JsonValue) -> Iterable[_Fault]: ...


class Binding:
    """One JSON schema (draft 2020-12), with its sources locked."""

    def __init__(self, schema: Schema) -> None:
        import jsonschema  # type: ignore[import-untyped]

        self._schema = schema
        self._validator: _Validator = jsonschema.Draft202012Validator(schema)
        self._accepts = quick_check(schema)
        self._strict = strict(schema)

    def form(self, form: Form) -> Fields:
        """Return the fields that ask the server to bind decoding."""
        match form:
            case "json_schema":
                schema: Schema = {
                    "name": "reply",
                    "strict": self._strict is not None,
                    "schema": self._strict or self._schema,
                }
                return {"response_format": {"type": "json_schema", "json_schema": schema}}
            case "llama_grammar":
                return {"json_schema": self._strict or self._schema}
            case "json_object":
                return {"response_format": {"type": "json_object"}}
            case "none":
                return {}

    def told(self, messages: Sequence[Message]) -> list[Message]:
        """Return the messages with the schema at their end, for a server that is not bound by it."""
        *before, last = messages
        rule = f"Answer with one JSON value of this schema and nothing else:\n{to_json(self._schema).decode()}"
        return [*before, last.model_copy(update={"content": f"{last.content}\n\n{rule}"})]

    def checked(self, text: str, model: str) -> str:
        """Return the JSON value in the text: without the thoughts before it and the fence around it.

        Raises:
            BrokenReply: the text is no JSON, breaks the schema or names a source that is not allowed.
        """
        bare = _bare(text)
        try:
            value: JsonValue = from_json(bare, allow_inf_nan=False)
        except ValueError as error:
            said = f"{model} gave no JSON ({error}); try again, or another model"
            raise BrokenReply(said, text=text, fault=f"it is no JSON ({error})") from error
        if self._accepts(value):
            return bare
        fault = next(iter(self._validator.iter_errors(value)), None)
        if fault is not None:
            place = ".".join(map(str, fault.absolute_path)) or "the reply"
            said = fault.message if len(fault.message) <= 200 else f"{fault.message[:200]}…"
            raise BrokenReply(
                f"{model} broke the schema of its reply at {place}: {said}; try again, or another model",
                text=text,
                fault=f"{place}: {said}",
            )
        return bare


class Bindings:
    """Prepares each schema once, for each set of sources, and checks it once."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Binding] = OrderedDict()
        self._checked: OrderedDict[bytes, None] = OrderedDict()

    def of(self, request: LLMRequest) -> Binding | None:
        """Return what binds the reply; None when nothing does.

        Raises:
            InvalidRequest: the schema is none.
        """
        schema, allowed = request.json_schema, request.allowed_sources
        if schema is None:
            return None
        key = to_json((schema, allowed))
        if key not in self._known:
            self._require_schema(schema)
            self._known[key] = Binding(schema if allowed is None else lock_sources(schema, allowed))
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return self._known[key]

    def _require_schema(self, schema: Schema) -> None:
        import jsonschema

        key = to_json(schema)
        if key in self._checked:
            return
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            raise InvalidRequest(f"json_schema is no JSON schema: {error.message}") from error
        self._checked[key] = None
        if len(self._checked) > _KEPT:
            self._checked.popitem(last=False)


def begins_bare(text: str) -> bool | None:
    """Whether a reply begins with a JSON object or array; None while it is still blank."""
    start = text.lstrip()[:1]
    return start in _BARE if start else None


def _bare(text: str) -> str:
    if begins_bare(text):
        return text
    after = _THOUGHT.sub("", text, count=1).strip()
    fenced = _FENCED.match(after)
    return fenced[1] if fenced else after
