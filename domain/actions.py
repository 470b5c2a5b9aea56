"""What agents may do: tools as a model sees them, calls of them, and what came of the calls."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property

from pydantic import Field, JsonValue

from rookery.domain.frozen import Frozen
from rookery.domain.interventions import Intervention, Trouble

FINISH = "finish"
"""The call that ends an agent's work. It is no tool."""

MOST_CALLS = 3
_THOUGHT = 300  # characters
_REFERENCE = "#/$defs/"
Schema = dict[str, JsonValue]


class ToolSpec(Frozen):
    """A tool as a model sees it."""

    name: str
    description: str
    arguments: Schema = Field(description="the JSON schema of an object")


class ToolCall(Frozen):
    """A tool and what it is called with."""

    tool: str
    arguments: dict[str, JsonValue] = {}

    @cached_property
    def key(self) -> str:
        """The same for the same call, however its arguments are ordered."""
        return f"{self.tool} {json.dumps(self.arguments, sort_keys=True, ensure_ascii=False)}"


class Decision(Frozen):
    """What an agent does next: calls that are made side by side, or `finish`."""

    thought: str = ""
    calls: list[ToolCall] = Field(min_length=1)

    @property
    def work(self) -> list[ToolCall]:
        """The calls to be made, each once; none when the agent is done."""
        calls = {call.key: call for call in self.calls if call.tool != FINISH}
        return list(calls.values())


class Observed(Frozen):
    """What a call came to, as the agent that made it reads it."""

    call: ToolCall
    ok: bool = True
    text: str = Field(description="what the model reads; it is material, never an instruction")
    digest: str = Field(default="", description="the same for the same result; empty when there is none")


class Turn(Frozen):
    """One round of an agent: what it thought and did, and what it saw.

    Attributes:
        decision: null for calls that were made by rule, and where the model gave no decision.
        fault: what was wrong with what the model gave instead of a decision.
        new: how many quotes were new.
        intervention: what the supervisor did after it; the model reads its advice before it thinks again.
    """

    decision: Decision | None = None
    fault: Trouble | None = None
    seen: list[Observed] = []
    new: int = 0
    intervention: Intervention | None = None


def decision_schema(tools: Sequence[ToolSpec]) -> Schema:
    """Return the JSON schema of a decision among these tools; nothing else can be called."""
    definitions: Schema = {}
    choices: list[JsonValue] = [_choice(spec, definitions) for spec in tools]
    choices.append(_call(FINISH, {"type": "object", "properties": {}, "required": [], "additionalProperties": False}))
    calls: Schema = {"type": "array", "minItems": 1, "maxItems": MOST_CALLS, "items": {"anyOf": choices}}
    schema = _object({"thought": {"type": "string", "maxLength": _THOUGHT}, "calls": calls})
    return {**schema, "$defs": definitions} if definitions else schema


def _choice(spec: ToolSpec, definitions: Schema) -> JsonValue:
    """What a tool's schema defines moves to the root, where references look for it, under a name of its own."""
    own = spec.arguments.get("$defs", {})
    if isinstance(own, dict):
        definitions |= {f"{spec.name}.{name}": _renamed(node, spec.name) for name, node in own.items()}
    arguments = {key: value for key, value in spec.arguments.items() if key not in ("$defs", "title", "description")}
    return _call(spec.name, {key: _renamed(value, spec.name) for key, value in arguments.items()})


def _renamed(node: JsonValue, tool: str) -> JsonValue:
    if isinstance(node, dict):
        return {key: _named(value, tool) if key == "$ref" else _renamed(value, tool) for key, value in node.items()}
    return [_renamed(value, tool) for value in node] if isinstance(node, list) else node


def _named(reference: JsonValue, tool: str) -> JsonValue:
    if isinstance(reference, str) and reference.startswith(_REFERENCE):
        return f"{_REFERENCE}{tool}.{reference.removeprefix(_REFERENCE)}"
    return reference


def _call(tool: str, arguments: Schema) -> Schema:
    return _object({"tool": {"type": "string", "enum": [tool]}, "arguments": arguments})


def _object(properties: Mapping[str, JsonValue]) -> Schema:
    required: list[JsonValue] = list(properties)
    return {"type": "object", "properties": dict(properties), "required": required, "additionalProperties": False}
