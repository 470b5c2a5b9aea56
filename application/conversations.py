"""An agent's work as a conversation. It only ever grows at its end, so that a model reads each of its tokens once."""

import re
from collections.abc import Iterator, Sequence

from rookery.application.prompts import render
from rookery.domain.actions import Observed, ToolSpec, Turn
from rookery.domain.inference import Message
from rookery.domain.reasoning import ActJob

_TAG = re.compile(r"<(?=/?document\b)", re.IGNORECASE)
_NO_DECISION = "(no valid decision)"
_NEXT = "What do you do next?"


class Rounds:
    """The messages of rounds that were written before; a round does not change once another has followed."""

    def __init__(self) -> None:
        self._written: dict[int, tuple[Turn, list[Message]]] = {}
        self._begun: tuple[ActJob, list[Message]] | None = None

    def beginning(self, job: ActJob, opening: Sequence[Turn]) -> list[Message]:
        """Return the messages before the first round."""
        head = job.model_copy(update={"turns": list(opening)})
        if self._begun is None or self._begun[0] != head:
            self._begun = head, _beginning(head)
        return self._begun[1]

    def of(self, turn: Turn) -> list[Message]:
        """Return the messages of a round."""
        written = self._written.get(id(turn))
        if written is None:  # the turn is kept with its messages, so that no other one has its id
            written = self._written[id(turn)] = turn, list(_round(turn))
        return written[1]


def conversation(job: ActJob, rounds: Rounds | None = None) -> list[Message]:
    """Return the prompt for the next decision: the task with what was done by rule, then the rounds in order.

    Args:
        job: the task and what was done.
        rounds: those that were written before.
    """
    written = rounds or Rounds()
    opening, later = _divide(job.turns)
    return [*written.beginning(job, opening), *(message for turn in later for message in written.of(turn))]


def _beginning(job: ActJob) -> list[Message]:
    return render(
        "act",
        role=job.role,
        goal=job.goal,
        task=job.task,
        tools="\n".join(_tool(spec) for spec in job.tools),
        notes=_notes(job.notes),
        opening="".join(f"{text}\n" for turn in job.turns for text in _told(turn)),
    )


def fenced(source_id: str, title: str, text: str) -> str:
    """Return a document between tags that its own text cannot end."""
    inside = _TAG.sub("‹", text)
    return f'<document id="{source_id}" title="{_TAG.sub("‹", title).replace(chr(34), "”")}">\n{inside}\n</document>'


def _notes(notes: Sequence[str]) -> str:
    return fenced("notes", "what you did and found before", "\n".join(notes)) + "\n" if notes else ""


def _divide(turns: Sequence[Turn]) -> tuple[Sequence[Turn], Sequence[Turn]]:
    by_rule = bool(turns) and turns[0].decision is None and turns[0].fault is None
    return (turns[:1], turns[1:]) if by_rule else ([], turns)


def _tool(spec: ToolSpec) -> str:
    properties = spec.arguments.get("properties", {})
    names = ", ".join(properties) if isinstance(properties, dict) else ""
    return f"- {spec.name}({names}): {spec.description}"


def _round(turn: Turn) -> Iterator[Message]:
    said = _NO_DECISION if turn.decision is None else turn.decision.model_dump_json()
    yield Message(role="assistant", content=said)
    yield Message(role="user", content="\n".join([*_told(turn), _NEXT]))


def _told(turn: Turn) -> Iterator[str]:
    for seen in turn.seen:
        yield _observation(seen)
    if turn.fault is not None:
        yield f"That was no valid decision ({turn.fault})."
    if turn.intervention is not None and turn.intervention.advice is not None:
        yield turn.intervention.advice


def _observation(seen: Observed) -> str:
    failed = "" if seen.ok else ", which failed"
    arguments = ", ".join(str(value) for value in seen.call.arguments.values())
    return fenced(seen.call.tool, f"{arguments}{failed}", seen.text)
