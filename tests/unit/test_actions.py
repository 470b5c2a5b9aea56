"""Decisions as models give them."""

import json

import jsonschema
import pytest

from rookery.domain.actions import Decision, ToolCall, ToolSpec, decision_schema

PLACE = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"], "additionalProperties": False}
SEARCH = ToolSpec(
    name="search",
    description="find",
    arguments={
        "type": "object",
        "title": "Query",
        "properties": {"query": {"type": "string", "minLength": 1}},
        "required": ["query"],
        "additionalProperties": False,
    },
)
WALK = ToolSpec(
    name="walk",
    description="go",
    arguments={
        "type": "object",
        "$defs": {"Place": PLACE},
        "properties": {"to": {"$ref": "#/$defs/Place"}},
        "required": ["to"],
        "additionalProperties": False,
    },
)


def valid(value: object) -> bool:
    schema = decision_schema([SEARCH, WALK])
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema).is_valid(value)


def a_decision(*calls: object) -> dict[str, object]:
    return {"thought": "why", "calls": list(calls)}


def test_a_decision_calls_known_tools_as_they_are_declared():
    search, walk = {"tool": "search", "arguments": {"query": "a"}}, {"tool": "walk", "arguments": {"to": {"x": 1}}}
    assert valid(a_decision(search, walk))
    assert valid(a_decision({"tool": "finish", "arguments": {}}))


@pytest.mark.parametrize(
    "calls",
    [
        [],
        [{"tool": "shell", "arguments": {"query": "a"}}],
        [{"tool": "search", "arguments": {"to": {"x": 1}}}],
        [{"tool": "search", "arguments": {"query": "a", "limit": 3}}],
        [{"tool": "walk", "arguments": {"to": {"x": "far"}}}],
        [{"tool": "search", "arguments": {"query": "a"}}] * 4,
    ],
)
def test_nothing_else_is_a_decision(calls):
    assert not valid(a_decision(*calls))


def test_a_call_is_the_same_however_its_arguments_are_ordered():
    one, other = ToolCall(tool="t", arguments={"a": 1, "b": 2}), ToolCall(tool="t", arguments={"b": 2, "a": 1})
    assert one.key == other.key
    assert one.key != ToolCall(tool="t", arguments={"a": 1, "b": 3}).key


def test_finishing_beside_other_calls_waits_for_these():
    decision = Decision.model_validate_json(
        json.dumps(a_decision({"tool": "finish"}, {"tool": "search", "arguments": {"query": "a"}}))
    )
    assert [call.tool for call in decision.work] == ["search"]
