"""How a run looks in Slack: a fold over its events, approvals, and its answer."""

import json
from collections.abc import Iterator

from rookery.application.reports import flat, model_name, place
from rookery.application.run_view import AgentView, RunView
from rookery.domain.approvals import Approval, ApprovalStatus
from rookery.domain.hidden import made_visible
from rookery.domain.results import Citation, Claim, TaskResult, TaskStatus
from rookery.domain.runs import Run, RunStatus
from rookery.entrypoints.slack.blocks import (
    Block,
    Part,
    Piece,
    address,
    button,
    messages,
    paragraph,
    person,
    preformatted,
    quotation,
    row,
    words,
)

_STATES = {
    "queued": "Waits for its turn",
    "running": "At work",
    "paused": "Paused",
    "interrupted": "Rookery was stopped; it goes on when it is started again",
    "succeeded": "Answered",
    "partial": "Answered in part",
    "failed": "Failed",
    "cancelled": "Cancelled",
}
_MOST_AGENTS, _MOST_NOTICES = 12, 5  # in the message that shows progress; the dashboard shows all
_DOING = 200  # characters of what an agent does
_MARKS = {"working": "○", "succeeded": "✓", "partial": "–", "failed": "✗", "cancelled": "✗"}
_ENDS = {
    TaskStatus.PARTIAL: "Only a part of this could be answered; the notes say why.",
    TaskStatus.FAILED: "This could not be answered; the notes say why.",
    TaskStatus.CANCELLED: "The run was cancelled.",
}


def opening(user: str, question: str) -> list[Part]:
    """Return the message that a question has arrived."""
    return messages([*paragraph(person(user), words(" asks:")), *quotation(question)])[:1]


def progress(user: str, question: str, view: RunView, run_id: str) -> Part:
    """Return how far a run is, with what can be done about it. It fits one message: the least is left out, and told."""
    status = view.status
    pieces = [
        *opening_pieces(user, question),
        *paragraph(words(_STATES.get(status, status), "bold"), words(_tally(view))),
        *[piece for agent in view.agents[:_MOST_AGENTS] for piece in _agent(agent)],
        *_more(len(view.agents) - _MOST_AGENTS, "agents"),
        *[piece for told in _trouble(view) for piece in paragraph(words(f"! {told[:_DOING]}"))],
        *paragraph(words(f"run {run_id}", "italic")),
    ]
    part = messages(pieces)[0]
    buttons = _steering(status, run_id)
    return Part(f"{_STATES.get(status, status)}: {part.text}", [*part.blocks, *([row(*buttons)] if buttons else [])])


def opening_pieces(user: str, question: str) -> list[Piece]:
    """Return who asks what, shortened where it is long: it was shown whole when it was asked."""
    return [*paragraph(person(user), words(" asks:")), *quotation(question[:1000])[:1]]


def _steering(status: str, run_id: str) -> list[Block]:
    if status in ("queued", "running"):
        return [button("Cancel", "cancel", run_id, "danger")]
    if status == "paused":
        return [button("Go on", "resume", run_id, "primary"), button("Cancel", "cancel", run_id, "danger")]
    return []


def _tally(view: RunView) -> str:
    done = sum(agent.status != "working" for agent in view.agents)
    return f" · {done} of {len(view.agents)} agents done" if view.agents else ""


def _agent(agent: AgentView) -> list[Piece]:
    doing = f" · {flat(agent.doing)[:_DOING]}" if agent.doing else ""
    return paragraph(words(f"{_MARKS.get(agent.status, '·')} "), words(agent.id, "bold"), words(doing or " "))


def _trouble(view: RunView) -> list[str]:
    return [flat(text) for text in [*view.problems, *view.notices]][-_MOST_NOTICES:]


def _more(count: int, what: str) -> list[Piece]:
    return paragraph(words(f"and {count} more {what}", "italic")) if count > 0 else []


def approval_parts(approval: Approval) -> list[Part]:
    """Return what an agent wants to do: all of its arguments, character for character, and what it had read."""
    arguments = json.dumps(approval.arguments, ensure_ascii=False, indent=2)
    pieces = [
        *paragraph(words(approval.agent_id, "bold"), words(" wants "), words(approval.tool, "bold"), words(".")),
        *paragraph(words(approval.reason)),
        *preformatted(made_visible(arguments)),
        *[piece for line in _origins(approval) for piece in paragraph(words(line))],
        *paragraph(words(f"approval {approval.id}, until {approval.expires_at:%Y-%m-%d %H:%M} UTC", "italic")),
    ]
    return messages(pieces)


def _origins(approval: Approval) -> Iterator[str]:
    for origin in approval.origins:
        said = "its words stand in the arguments: " if origin.place in approval.echoes else "it has read: "
        yield f"{'! ' if origin.place in approval.echoes else '· '}{said}{origin.kind} {origin.place} {origin.title}"


def with_decision(part: Part, approval: Approval, *, over: bool = False) -> Part:
    """Return the last message of an approval with its buttons, or with what came of it.

    `over`: the run has ended, so that nothing is left to decide.
    """
    if approval.status is ApprovalStatus.PENDING and not over:
        buttons = [
            button("Approve", "approve", approval.id, "primary"),
            button("Deny", "deny", approval.id, "danger"),
        ]
        return Part(part.text, [*part.blocks, row(*buttons)])
    told = {
        ApprovalStatus.APPROVED: f"Approved by {approval.decided_by}.",
        ApprovalStatus.DENIED: f"Denied by {approval.decided_by}.",
        ApprovalStatus.PENDING: "The run has ended; it is not done.",
    }.get(approval.status, "Nobody decided in time; it is not done.")
    return Part(part.text, [*part.blocks, *[piece.block for piece in paragraph(words(told, "bold"))]])


def answer_parts(run: Run, user: str) -> list[Part]:
    """Return how a run ended: its answer with numbered sources, or why there is none."""
    if run.result is None:
        told = run.error or _STATES[run.status.value]
        head = "This failed: " if run.status is RunStatus.FAILED else ""
        return messages(paragraph(person(user), words(f" {head}{told}")))
    return messages(list(_answer(run.result, run, user)))


def _answer(result: TaskResult, run: Run, user: str) -> Iterator[Piece]:
    yield from paragraph(person(user), words(f" {_ENDS.get(result.status, 'Here is the answer.')}"))
    for claim in result.claims:
        yield from _claim(claim)
    if not result.claims:
        yield from paragraph(words(result.output))
    if result.citations:
        yield from paragraph(words("Sources", "bold"))
    for citation in result.citations:
        yield from _citation(citation)
    notes = (result.reflection_notes or "").splitlines()
    if notes:
        yield from paragraph(words("Notes", "bold"))
    for note in notes:
        yield from paragraph(words(f"· {note}"))
    yield from paragraph(words(f"Written by: {model_name(result.model)} · run {run.id}", "italic"))


def _claim(claim: Claim) -> list[Piece]:
    marks = "".join(f" [{number}]" for number in claim.citations)
    badge = [] if claim.supported else [words(" (unsupported)", "italic")]
    return paragraph(words(claim.text), words(marks or " ", "bold"), *badge)


def _citation(citation: Citation) -> list[Piece]:
    where = place(citation.url)
    head = paragraph(
        words(f"[{citation.id}] ", "bold"),
        words(f"{citation.title} · "),
        address(where),
        words(f" · characters {citation.start}–{citation.end}"),
    )
    return [*head, *quotation(flat(citation.quote))]
