"""A run as a person sees it: a fold over its events."""

from collections.abc import Iterable

from pydantic import Field

from rookery.domain import events
from rookery.domain.events import RunEvent
from rookery.domain.frozen import Frozen


class AgentView(Frozen):
    """One agent at work, or done."""

    id: str
    role: str
    goal: str
    parent_id: str | None
    doing: str = ""
    status: str = "working"


class RunView(Frozen):
    """What is known of a run after some of its events."""

    question: str = ""
    model: str = ""
    status: str = "queued"
    sub_questions: list[str] = []
    agents: list[AgentView] = []
    waiting: dict[str, str] = Field(default={}, description="why approvals are wanted, by their ids")
    problems: list[str] = []
    notices: list[str] = []
    claims: int = 0
    last_seq: int = 0


def fold(happened: Iterable[RunEvent], view: RunView | None = None) -> RunView:
    """Return the view after these events, beginning with `view`."""
    view = view or RunView()
    for event in happened:
        view = _after(view, event).model_copy(update={"last_seq": event.seq})
    return view


def _after(view: RunView, event: RunEvent) -> RunView:  # noqa: C901 - one case for each kind of event
    match event:
        case events.RunStarted():
            return view.model_copy(update={"question": event.question, "model": event.model, "status": "running"})
        case events.PlanMade():
            return view.model_copy(update={"sub_questions": event.sub_questions})
        case events.AgentStarted():
            return _with_agent(
                view, AgentView(id=event.agent_id, role=event.role, goal=event.goal, parent_id=event.parent_id)
            )
        case events.StepStarted():
            return _doing(view, event.agent_id, event.label)
        case events.ToolCalled():
            return _doing(view, event.agent_id, event.tool.replace("_", " "))
        case events.ToolReturned() if not event.ok:
            return view.model_copy(update={"problems": [*view.problems, event.summary]})
        case events.ToolReturned():
            return _doing(view, event.agent_id, event.summary)
        case events.ApprovalRequested():
            view = _doing(view, event.agent_id, f"waits for approval of {event.tool}")
            return view.model_copy(update={"waiting": {**view.waiting, event.approval_id: event.reason}})
        case events.ApprovalResolved():
            waiting = {id_: reason for id_, reason in view.waiting.items() if id_ != event.approval_id}
            return view.model_copy(update={"waiting": waiting})
        case events.ClaimVerified():
            return view.model_copy(update={"claims": view.claims + 1})
        case events.SupervisorIntervened():
            return view.model_copy(update={"notices": [*view.notices, f"{event.reason}: {event.action}"]})
        case events.AgentFinished():
            return _doing(view, event.agent_id, event.summary, status=event.status.value)
        case events.RunPaused():
            return view.model_copy(update={"status": "paused"})
        case events.RunResumed():
            return view.model_copy(update={"status": "running"})
        case events.RunFinished():
            return view.model_copy(update={"status": event.status.value})
        case events.RunFailed():
            return view.model_copy(update={"status": "failed", "problems": [*view.problems, event.error]})
        case events.RunCancelled():
            return view.model_copy(update={"status": "cancelled"})
        case _:
            return view


def _with_agent(view: RunView, agent: AgentView) -> RunView:
    others = [known for known in view.agents if known.id != agent.id]
    return view.model_copy(update={"agents": [*others, agent]})


def _doing(view: RunView, agent_id: str, doing: str, status: str = "working") -> RunView:
    agents = [
        agent.model_copy(update={"doing": doing, "status": status}) if agent.id == agent_id else agent
        for agent in view.agents
    ]
    return view.model_copy(update={"agents": agents})
