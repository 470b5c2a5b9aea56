"""Looking for gaps and for names to follow."""

from collections.abc import Iterator, Sequence

from rookery.adapters.llms.extractive.bridges import described, followed
from rookery.adapters.llms.extractive.contradictions import find_contradictions
from rookery.adapters.llms.extractive.questions import analyse
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.reasoning import Evidence, Reflection, ReflectJob

OPEN = 0.3  # a score below which a sub-question counts as open


def reflect(job: ReflectJob, analyzer: AnalyzerPort) -> Reflection:
    """Return what is missing, what disagrees, and what to ask next."""
    by_question = {question: _of(question, job.evidence) for question in job.sub_questions}
    gaps = [question for question, found in by_question.items() if not found or found[0].score < OPEN]
    follow_ups = dict.fromkeys(name for name in _follow_ups(job, analyzer) if name not in job.sub_questions)
    return Reflection(
        gaps=gaps,
        contradictions=find_contradictions(job.question, _clear(job.evidence), analyzer),
        follow_ups=list(follow_ups)[: job.max_follow_ups],
        notes="" if not gaps else "Little or nothing was found for: " + " ".join(gaps),
    )


def _clear(evidence: Sequence[Evidence]) -> list[Evidence]:
    return [piece for piece in evidence if piece.score >= OPEN]


def _of(question: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    return sorted((piece for piece in evidence if piece.sub_question == question), key=lambda piece: -piece.score)


def _follow_ups(job: ReflectJob, analyzer: AnalyzerPort) -> Iterator[str]:
    found = _of(described(job.question) or "", job.evidence)[:2] or _of(job.question, job.evidence)[:2]
    yield from followed(analyse(job.question, analyzer), found, analyzer)
