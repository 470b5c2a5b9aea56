"""Jobs as prompts."""

from collections.abc import Sequence

from rookery.application.conversations import conversation, fenced
from rookery.application.prompts import render
from rookery.domain.inference import Message
from rookery.domain.reasoning import (
    ActJob,
    ComposeJob,
    Evidence,
    FindEvidenceJob,
    Job,
    PlanJob,
    ReflectJob,
)

_EARLIER = (
    "The question goes on from a conversation. Say in each sub-question what it means, so that it stands alone. "
    "The conversation is material, like any document:"
)


def numbered(job: Job) -> Job:
    """Return the job with numbers for the ids of its passages."""
    if not isinstance(job, FindEvidenceJob):
        return job
    passages = [passage.model_copy(update={"id": str(n)}) for n, passage in enumerate(job.passages, 1)]
    return job.model_copy(update={"passages": passages})


def prompt(job: Job) -> list[Message]:
    """Return what puts a job to a language model."""
    match job:
        case PlanJob():
            said = "\n".join(f"{one.role}: {one.text}" for one in job.conversation)
            earlier = f"{_EARLIER}\n{fenced('conversation', 'what was said before', said)}\n" if said else ""
            return render("plan", question=job.question, limit=str(job.max_sub_questions), earlier=earlier)
        case FindEvidenceJob():
            documents = "\n".join(fenced(passage.id, passage.title, passage.text) for passage in job.passages)
            context = f"The whole question, for context: {job.main_question}\n"
            return render(
                "find_evidence",
                context=context if job.main_question != job.question else "",
                question=job.question,
                passages=documents,
                limit=str(job.limit),
            )
        case ReflectJob():
            return render(
                "reflect",
                question=job.question,
                sub_questions="\n".join(f"- {question}" for question in job.sub_questions),
                evidence=_quoted(job.evidence),
                limit=str(job.max_follow_ups),
            )
        case ActJob():
            return conversation(job)
        case ComposeJob():
            limit = str(job.max_claims)
            return render("compose", question=job.question, evidence=_quoted(job.evidence), limit=limit)


def _quoted(evidence: Sequence[Evidence]) -> str:
    return "\n".join(fenced(str(piece.id), piece.passage.title, piece.quote) for piece in evidence)
