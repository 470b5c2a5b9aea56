"""From a run's result to a chat completion in OpenAI's form, at once or in chunks."""

import json
import re
from collections.abc import Iterator

from rookery.application.reports import markdown_source
from rookery.domain import events
from rookery.domain.events import RunEvent
from rookery.domain.results import TaskResult, Usage
from rookery.domain.runs import Run
from rookery.entrypoints.api.chat_schemas import (
    Annotation,
    Answer,
    CachedTokens,
    ChatChoice,
    ChatChunk,
    ChatCompletion,
    ChatUsage,
    ChunkChoice,
    Delta,
    RunBehind,
    UrlCitation,
)

_MARK = re.compile(r"\[(\d+)\]")
_PARAGRAPH = re.compile(r"(?<=\n\n)")


def completion(run: Run, result: TaskResult, model: str) -> ChatCompletion:
    """Return the answer of a finished run."""
    return ChatCompletion(
        id=_id(run),
        created=_created(run),
        model=model,
        choices=[ChatChoice(message=Answer(content=content_of(result), annotations=annotations_of(result)))],
        usage=_usage(result.usage),
        citations=result.citations,
        rookery=_behind(run, result),
    )


class Chunks:
    """The chunks of a streamed answer.

    Args:
        run: whose.
        model: as the client calls it.
        usage: whether a last chunk tells what it cost.
    """

    def __init__(self, run: Run, model: str, *, usage: bool) -> None:
        self._run = run
        self._model = model
        self._with_usage = usage

    def first(self) -> ChatChunk:
        """Return what comes before everything else."""
        return self._chunk(Delta(role="assistant", content=""))

    def progress(self, event: RunEvent) -> ChatChunk | None:
        """Return what tells of an event, where it tells a person anything."""
        line = _progress(event)
        return self._chunk(Delta(reasoning_content=f"{line}\n")) if line else None

    def answer(self, run: Run, result: TaskResult) -> Iterator[ChatChunk]:
        """Yield the answer of a finished run, paragraph by paragraph, then what is known of it."""
        for paragraph in _PARAGRAPH.split(content_of(result)):
            yield self._chunk(Delta(content=paragraph))
        last = self._chunk(Delta(annotations=annotations_of(result)))
        ended = [ChunkChoice(delta=last.choices[0].delta, finish_reason="stop")]
        told = {"choices": ended, "citations": result.citations, "rookery": _behind(run, result)}
        yield last.model_copy(update=told)
        if self._with_usage:
            yield last.model_copy(update={"choices": [], "usage": _usage(result.usage)})

    def _chunk(self, delta: Delta) -> ChatChunk:
        choices = [ChunkChoice(delta=delta)]
        return ChatChunk(id=_id(self._run), created=_created(self._run), model=self._model, choices=choices)


def as_data(chunk: ChatChunk) -> bytes:
    """Return a chunk as it stands in a stream. What it does not have is left out, but for `finish_reason`."""
    told = chunk.model_dump(mode="json", exclude_none=True)
    for choice in told["choices"]:
        choice.setdefault("finish_reason", None)
    return f"data: {json.dumps(told, ensure_ascii=False)}\n\n".encode()


def content_of(result: TaskResult) -> str:
    """Return the answer with its marks, and what they cite."""
    sources = "\n".join(markdown_source(citation) for citation in result.citations)
    return f"{result.output}\n\n**Sources**\n\n{sources}".rstrip() if sources else result.output


def annotations_of(result: TaskResult) -> list[Annotation]:
    """Return where the answer cites what."""
    cited = {citation.id: citation for citation in result.citations}
    return [
        Annotation(
            url_citation=UrlCitation(
                start_index=mark.start(),
                end_index=mark.end(),
                title=cited[int(mark[1])].title,
                url=cited[int(mark[1])].url,
            )
        )
        for mark in _MARK.finditer(result.output)
        if int(mark[1]) in cited
    ]


def _progress(event: RunEvent) -> str:
    match event:
        case events.PlanMade():
            return "\n".join(f"- {question}" for question in event.sub_questions)
        case events.StepStarted():
            return f"{event.agent_id}: {event.label}"
        case events.ToolReturned():
            return f"{event.agent_id}: {event.tool.replace('_', ' ')}: {event.summary}"
        case events.SupervisorIntervened():
            return f"{event.reason}: {event.action}"
        case events.ApprovalRequested():
            return f"{event.tool} waits for a person's approval"
        case _:
            return ""


def _id(run: Run) -> str:
    return f"chatcmpl-{run.id}"


def _created(run: Run) -> int:
    return int(run.created_at.timestamp())


def _usage(usage: Usage) -> ChatUsage:
    return ChatUsage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        total_tokens=usage.prompt_tokens + usage.completion_tokens,
        prompt_tokens_details=CachedTokens(cached_tokens=usage.cached_prompt_tokens),
    )


def _behind(run: Run, result: TaskResult) -> RunBehind:
    notes = (result.reflection_notes or "").splitlines()
    return RunBehind(run_id=run.id, status=result.status, model=result.model, notes=notes)
