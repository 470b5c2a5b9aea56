"""What every tool must be like. Whoever writes one runs this over it:

class TestAlmanac(ToolContract):
    @pytest.fixture
    def bench(self):
        return ToolBench(Almanac(...), [{"query": "tides"}], snapshots=…, scope=…)
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from pydantic import JsonValue, ValidationError

from rookery.domain.agents import Agent
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.ports.tool import Need, Outcome, Scope, Tool

_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?")
_LONGEST_DESCRIPTION = 200  # of what a model reads each time


def a_scope(**changes: object) -> Scope:
    """Return a scope for an agent of no name."""
    agent = Agent(id="tester", role="tester", goal="Try tools.", tools=[])
    return Scope.model_validate({"run_id": "run", "agent": agent, "namespace": "default", "key": "key", **changes})


@dataclass
class ToolBench:
    """A tool to be tried, arguments that it can do something with, and where its snapshots are."""

    tool: Tool
    arguments: Sequence[Mapping[str, JsonValue]] = ()
    snapshots: SnapshotStorePort | None = None
    scope: Scope = field(default_factory=a_scope)

    async def call(self, arguments: Mapping[str, JsonValue], scope: Scope | None = None) -> Outcome:
        """Call the tool as an agent does."""
        return await self.tool(self.tool.arguments.model_validate(arguments), scope or self.scope)


class ToolContract:
    """The tests; subclass it and give it a fixture `bench`."""

    def test_a_model_can_read_what_it_is_for(self, bench: ToolBench) -> None:
        assert _NAME.fullmatch(bench.tool.name)
        description = bench.tool.description
        assert description.strip() == description
        assert 0 < len(description) <= _LONGEST_DESCRIPTION
        assert "\n" not in description

    def test_its_arguments_are_a_closed_object_whose_parts_have_types(self, bench: ToolBench) -> None:
        schema = bench.tool.arguments.model_json_schema()
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False
        assert all({"type", "anyOf", "$ref", "enum"} & part.keys() for part in schema.get("properties", {}).values())

    def test_it_declares_what_it_does_and_needs(self, bench: ToolBench) -> None:
        assert bench.tool.effect in ("read", "write")
        assert set(bench.tool.needs) <= set(Need)
        assert bench.tool.limits.seconds > 0
        assert bench.tool.limits.characters > 0

    def test_it_takes_no_rubbish(self, bench: ToolBench) -> None:
        wrong: list[Mapping[str, JsonValue]] = [{"no_such_argument": 1}, {"query": {}, "url": [], "expression": None}]
        for rubbish in wrong:
            with pytest.raises(ValidationError):
                bench.tool.arguments.model_validate(rubbish)

    @pytest.mark.anyio
    async def test_what_it_returns_can_be_cited(self, bench: ToolBench) -> None:
        for arguments in bench.arguments:
            outcome = await bench.call(arguments)
            assert outcome.ok
            assert outcome.summary.strip()
            assert "\n" not in outcome.summary
            assert outcome.passages or outcome.text
            for passage in outcome.passages:
                assert bench.snapshots is not None
                snapshot = await bench.snapshots.get(passage.sha256)
                assert snapshot.text[passage.start : passage.end] == passage.text
                assert snapshot.url == passage.url

    @pytest.mark.anyio
    async def test_it_returns_no_more_passages_than_are_wanted(self, bench: ToolBench) -> None:
        for arguments in bench.arguments:
            one = bench.scope.model_copy(update={"passages": 1, "key": "other"})
            assert len((await bench.call(arguments, one)).passages) <= 1

    @pytest.mark.anyio
    async def test_calls_side_by_side_do_not_disturb_each_other(self, bench: ToolBench) -> None:
        if bench.tool.effect == "write":
            return
        for arguments in bench.arguments:
            alone = await bench.call(arguments)
            both = await asyncio.gather(bench.call(arguments), bench.call(arguments))
            assert [outcome.passages for outcome in both] == [alone.passages] * 2
