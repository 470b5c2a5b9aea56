"""From a claim ledger to the result that people read."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from rookery.application.agents.roster import COORDINATOR
from rookery.application.agents.writer import Written
from rookery.domain.frozen import Frozen
from rookery.domain.links import inert
from rookery.domain.results import Claim, TaskResult, TaskStatus, Usage
from rookery.domain.runs import ResearchRequest

NOT_FOUND = "The sources do not answer this question."
NEAREST = "Nothing in the sources clearly answers this question; what is shown comes nearest."


class Verdict(Frozen):
    """What a run came to. `complete` is false when a budget cut it short."""

    written: Written
    notes: list[str]
    usage: Usage
    model: str
    complete: bool


def conclude(
    request: ResearchRequest, verdict: Verdict, *, run_id: str, started_at: datetime, finished_at: datetime
) -> TaskResult:
    """Return the result of a run. It succeeded when the run was complete and every claim of it is supported."""
    claims, citations = verdict.written.claims, verdict.written.citations
    answered = bool(claims) and all(claim.supported for claim in claims)
    return TaskResult(
        task_id=UUID(run_id),
        inputs=request.model_dump(mode="json"),
        output=_markdown(claims),
        sources=list(dict.fromkeys(citation.url for citation in citations)),
        reflection_notes="\n".join(dict.fromkeys(_notes(verdict))) or None,
        agent_id=COORDINATOR.id,
        status=TaskStatus.SUCCEEDED if answered and verdict.complete else TaskStatus.PARTIAL,
        claims=claims,
        citations=citations,
        model=verdict.model,
        usage=verdict.usage,
        started_at=started_at,
        finished_at=finished_at,
    )


def _notes(verdict: Verdict) -> list[str]:
    claims = verdict.written.claims
    return [*([NEAREST] if claims and not any(claim.supported for claim in claims) else []), *verdict.notes]


def _markdown(claims: Sequence[Claim]) -> str:
    if not claims:
        return NOT_FOUND
    return "\n\n".join(_paragraph(claim) for claim in claims)


def _paragraph(claim: Claim) -> str:
    marks = "".join(f"[{number}]" for number in claim.citations)
    unsupported = "" if claim.supported else "*(unsupported)*"
    return " ".join(part for part in (inert(claim.text), marks, unsupported) if part)
