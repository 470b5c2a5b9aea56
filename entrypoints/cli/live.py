"""A run while it works: a live tree in a terminal, plain lines elsewhere."""

import contextlib
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text
from rich.tree import Tree

from rookery.application.run_view import AgentView, RunView, fold
from rookery.domain.events import (
    AgentFinished,
    AgentStarted,
    ApprovalRequested,
    ApprovalResolved,
    RunEvent,
    SupervisorIntervened,
    ToolReturned,
)

_DECIDED = {"approve": "it was approved", "deny": "it was denied", "expired": "nobody approved it in time"}
_MARKS = {"succeeded": ("✓", "green"), "partial": ("–", "yellow"), "failed": ("✗", "red")}


class LiveRun(contextlib.AbstractContextManager["LiveRun"]):
    """Shows events as they come; what it leaves in the terminal is the finished tree."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._view = RunView()
        self._live = self._new() if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.update(_tree(self._view), refresh=True)
            self._live.stop()

    @contextlib.contextmanager
    def making_room(self) -> Iterator[None]:
        """Leave the terminal to somebody else until the block ends; what happens meanwhile is shown then."""
        if self._live is None:
            yield
            return
        self._live.stop()
        try:
            yield
        finally:
            self._live = self._new()
            self._live.start()

    def _new(self) -> Live:
        return Live(_tree(self._view), console=self._console, refresh_per_second=12, transient=False)

    def show(self, event: RunEvent) -> None:
        """Show one event."""
        self._view = fold([event], self._view)
        if self._live is not None:
            self._live.update(_tree(self._view))
        else:
            line = _line(event)
            if line:
                self._console.print(Text(line))


def _tree(view: RunView) -> RenderableType:
    parts: list[RenderableType] = []
    roots = {agent.id: Tree(_label(agent)) for agent in view.agents if agent.parent_id is None}
    for agent in view.agents:
        if agent.parent_id in roots:
            roots[agent.parent_id].add(_label(agent))
    parts += roots.values()
    for approval_id, reason in view.waiting.items():
        parts.append(Text(f"? {reason}", style="bold yellow"))
        parts.append(Text(f"  rookery approvals show|approve|deny {approval_id}", style="yellow"))
    parts += [Text(f"! {problem}", style="yellow") for problem in view.problems]
    parts += [Text(f"! {notice}", style="yellow") for notice in view.notices]
    return Group(*parts)


def _label(agent: AgentView) -> RenderableType:
    goal = f" {agent.goal}" if agent.role == "researcher" else ""
    text = Text.assemble((agent.id, "bold"), goal, (f" · {agent.doing}" if agent.doing else "", "dim"))
    if agent.status == "working":
        return Spinner("dots", text=text, style="cyan")
    mark, style = _MARKS.get(agent.status, ("·", "dim"))
    return Text.assemble((f"{mark} ", style), text)


def _line(event: RunEvent) -> str | None:
    match event:
        case AgentStarted():
            return f"{event.agent_id}: {event.goal}"
        case AgentFinished():
            return f"{event.agent_id}: {event.summary}"
        case ToolReturned() if not event.ok:
            return f"{event.agent_id}: ! {event.summary}"
        case SupervisorIntervened():
            return f"{event.agent_id}: ! {event.reason}: {event.action}"
        case ApprovalRequested():
            return f"{event.agent_id}: ? {event.reason} Waiting for: rookery approvals approve {event.approval_id}"
        case ApprovalResolved():
            return f"{event.agent_id}: {_DECIDED[event.decision]}"
        case _:
            return None
