"""Runs as OpenTelemetry traces, by the semantic conventions for generative AI.

A run is a trace: `invoke_agent` for the run and for each agent, `execute_tool` for each call of a tool, `chat` for each
call of a model. Ids follow from the run's, so that a run which goes on in another process stays one trace.
https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rookery.adapters.tracing.export import Ended, Exporter
from rookery.domain import events
from rookery.domain.calls import StoredCall
from rookery.domain.events import RunEvent, ends_run

_COLONY = "rookery"
Attributes = dict[str, str | int | float | bool]


@dataclass
class _Open:
    """Something that began. `ended` stays None until it did."""

    name: str
    span: str
    parent: str | None
    began: datetime
    attributes: Attributes
    ended: datetime | None = None


@dataclass
class _Trace:
    """What is known of a run since it began, or went on."""

    root: _Open
    agents: list[tuple[str, _Open]] = field(default_factory=list)
    tools: dict[str, _Open] = field(default_factory=dict)

    def agent(self, agent_id: str, at: datetime) -> _Open:
        """Return what an agent was at in a moment; the run where it was at nothing."""
        worked = [one for name, one in self.agents if name == agent_id and one.began <= at]
        return next((one for one in reversed(worked) if one.ended is None or at <= one.ended), self.root)


class OtelTracer:
    """Makes spans of what happens in runs. Neither questions nor prompts, replies or arguments are told.

    Args:
        version: of the program.
        content: whether they are told all the same. Credentials were replaced in them before.
    """

    def __init__(self, version: str, *, content: bool = False) -> None:
        self._exporter = Exporter(version)
        self._content = content
        self._traces: dict[str, _Trace] = {}

    def event(self, event: RunEvent) -> None:
        """Take note of what happened; what ended becomes a span."""
        if isinstance(event, events.RunStarted | events.RunResumed):
            self._traces[event.run_id] = _Trace(self._root(event))
        elif trace := self._traces.get(event.run_id):
            self._note(trace, event)

    def call(self, run_id: str, stored: StoredCall) -> None:
        """Make a span of a call of a model. `usage.seconds` says how long it took."""
        trace = self._traces.get(run_id)
        if trace is None:
            return
        call = stored.call
        above = trace.agent(call.session or "", stored.at)
        began = stored.at - timedelta(seconds=call.usage.seconds)
        attributes = self._of_call(stored)
        chat = _Open(f"chat {call.model}", f"{run_id}/call/{stored.number}", above.span, began, attributes)
        failed = {"error.type": "model_error"} if call.error else {}
        self._end(run_id, chat, stored.at, failed, calls_out=True)

    def forget(self, run_id: str) -> None:
        """Let go of a run. When it goes on, that is a new span in the same trace."""
        self._traces.pop(run_id, None)

    async def close(self) -> None:
        """Export what waits."""
        await self._exporter.close()

    def _note(self, trace: _Trace, event: RunEvent) -> None:
        match event:
            case events.AgentStarted():
                trace.agents.append((event.agent_id, self._of_agent(trace, event)))
            case events.AgentFinished():
                worked = trace.agent(event.agent_id, event.at)
                if worked is not trace.root and worked.ended is None:
                    self._end(event.run_id, worked, event.at, {"rookery.status": event.status.value})
            case events.ToolCalled():
                trace.tools[event.call_id] = self._of_tool(trace, event)
            case events.ToolReturned() if event.call_id in trace.tools:
                failed = {} if event.ok else {"error.type": "tool_error"}
                self._end(event.run_id, trace.tools.pop(event.call_id), event.at, failed)
            case _ if ends_run(event) or isinstance(event, events.RunPaused):
                self._finish(trace, event)

    def _finish(self, trace: _Trace, event: RunEvent) -> None:
        for one in [*trace.tools.values(), *(worked for _, worked in trace.agents if worked.ended is None)]:
            self._end(event.run_id, one, event.at, {"rookery.status": "cut off"})
        failed = {"error.type": "run_failed"} if isinstance(event, events.RunFailed) else {}
        self._end(event.run_id, trace.root, event.at, {"rookery.status": event.type} | failed)

    def _root(self, event: events.RunStarted | events.RunResumed) -> _Open:
        attributes = _invoked(_COLONY, _COLONY)
        if isinstance(event, events.RunStarted):
            attributes |= {"gen_ai.request.model": event.model, "rookery.depth": event.depth.value}
            attributes |= self._told({"gen_ai.input.messages": event.question})
        return _Open(f"invoke_agent {_COLONY}", _span(event), None, event.at, attributes)

    def _of_agent(self, trace: _Trace, event: events.AgentStarted) -> _Open:
        above = trace.agent(event.parent_id or "", event.at)
        attributes = _invoked(event.agent_id, event.role) | self._told({"gen_ai.agent.description": event.goal})
        return _Open(f"invoke_agent {event.role}", _span(event), above.span, event.at, attributes)

    def _of_tool(self, trace: _Trace, event: events.ToolCalled) -> _Open:
        attributes: Attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": event.tool,
            "gen_ai.tool.call.id": event.call_id,
            "gen_ai.tool.type": "function",
            "gen_ai.agent.id": event.agent_id,
        }
        attributes |= self._told({"gen_ai.tool.call.arguments": json.dumps(event.arguments)})
        above = trace.agent(event.agent_id, event.at)
        return _Open(f"execute_tool {event.tool}", _span(event), above.span, event.at, attributes)

    def _of_call(self, stored: StoredCall) -> Attributes:
        call = stored.call
        attributes: Attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": call.model,
            "gen_ai.response.model": call.model,
            "gen_ai.agent.id": call.session or _COLONY,
            "gen_ai.request.max_tokens": call.max_tokens,
            "gen_ai.request.temperature": call.temperature,
            "gen_ai.request.seed": call.seed,
            "gen_ai.usage.input_tokens": call.usage.prompt_tokens,
            "gen_ai.usage.cache_read.input_tokens": call.usage.cached_prompt_tokens,
            "gen_ai.usage.output_tokens": call.usage.completion_tokens,
            "gen_ai.output.type": "json" if call.json_schema else "text",
        }
        asked = json.dumps([message.model_dump(mode="json") for message in call.messages]) if self._content else ""
        return attributes | self._told({"gen_ai.input.messages": asked, "gen_ai.output.messages": call.reply or ""})

    def _told(self, content: Mapping[str, str]) -> Attributes:
        return dict(content) if self._content else {}

    def _end(self, run_id: str, one: _Open, at: datetime, more: Mapping[str, str], *, calls_out: bool = False) -> None:
        one.ended = at
        ids = {"gen_ai.provider.name": _COLONY, "gen_ai.conversation.id": run_id, "rookery.run.id": run_id}
        attributes = {**one.attributes, **ids, **more}
        self._exporter.export(Ended(one.name, run_id, one.span, one.parent, one.began, at, attributes, calls_out))


def _span(event: RunEvent) -> str:
    return f"{event.run_id}/{event.seq}"


def _invoked(agent_id: str, name: str) -> Attributes:
    return {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.id": agent_id, "gen_ai.agent.name": name}
