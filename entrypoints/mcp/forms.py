"""What the tools return: structured, beside the text for a model."""

from pydantic import Field

from rookery.application.reports import flat, place
from rookery.domain.frozen import Frozen, Timestamp
from rookery.domain.memories import Memory
from rookery.domain.results import Citation, Claim, TaskResult
from rookery.domain.runs import Run, RunStatus
from rookery.domain.sources import ScoredPassage, Snapshot, Source, SourceProblem

LONGEST = 20_000  # characters of a stored text that one call returns


class Answer(Frozen):
    """A run, and its answer once there is one."""

    run_id: str
    question: str
    status: RunStatus
    answer: str = Field(default="", description="Markdown; `[n]` marks citation n")
    claims: list[Claim] = []
    citations: list[Citation] = []
    notes: str | None = None
    model: str
    error: str | None = None

    @classmethod
    def of(cls, run: Run) -> "Answer":
        """Return a run as its answer."""
        result = run.result
        told = {} if result is None else _told(result)
        return cls(
            run_id=run.id,
            question=run.question,
            status=run.status,
            error=run.error,
            **({"model": run.model} | told),
        )

    def as_text(self) -> str:
        """Return what a model reads: the answer, and each quote under its number."""
        if not self.answer:
            return f"Run {self.run_id} is {self.status}. {self.error or ''}".rstrip()
        sources = [f"[{one.id}] {one.title} ({place(one.url)}): “{flat(one.quote)}”" for one in self.citations]
        notes = [f"- {note}" for note in (self.notes or "").splitlines()]
        parts = [self.answer, *_section("Sources", sources), *_section("Notes", notes)]
        return "\n\n".join([*parts, f"Run {self.run_id}: {self.status}, written by {self.model}."])


def _told(result: TaskResult) -> dict[str, object]:
    return {
        "answer": result.output,
        "claims": result.claims,
        "citations": result.citations,
        "notes": result.reflection_notes,
        "model": result.model,
    }


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"{title}:\n" + "\n".join(lines)] if lines else []


class ListedRun(Frozen):
    """A run in a list."""

    run_id: str
    question: str
    status: RunStatus
    created_at: Timestamp


class Runs(Frozen):
    """Runs, newest first."""

    runs: list[ListedRun]
    next_cursor: str | None = None


class Memories(Frozen):
    """Memories, best first."""

    memories: list[Memory]
    degraded: list[str] = []


class Passages(Frozen):
    """Passages of documents, best first."""

    passages: list[ScoredPassage]


class Sources(Frozen):
    """Documents of the library, oldest first."""

    sources: list[Source]
    left_out: int = Field(default=0, description="documents that the list had no room for")


class Added(Frozen):
    """What came of adding a source."""

    sources: list[Source]
    problems: list[SourceProblem] = []


class Excerpt(Frozen):
    """A range of a stored text, with what stands around it. Offsets are code points."""

    sha256: str
    url: str
    title: str
    retrieved_at: Timestamp
    quote: str
    before: str
    after: str
    start: int
    end: int
    length: int = Field(description="of the whole text")

    @classmethod
    def of(cls, snapshot: Snapshot, start: int, end: int, around: int) -> "Excerpt":
        """Cut an excerpt out of a text; the quote has at most 20,000 characters."""
        end = min(end, start + LONGEST, len(snapshot.text))
        start = min(start, end)
        return cls(
            **snapshot.model_dump(include={"sha256", "url", "title", "retrieved_at"}),
            quote=snapshot.text[start:end],
            before=snapshot.text[max(0, start - around) : start],
            after=snapshot.text[end : end + around],
            start=start,
            end=end,
            length=len(snapshot.text),
        )
