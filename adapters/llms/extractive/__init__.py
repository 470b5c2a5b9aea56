"""Answers without a language model: plans by rule, quotes by rank. Deterministic; nothing is downloaded."""

from collections.abc import AsyncIterator, Sequence

from pydantic import BaseModel, ConfigDict, Field

from rookery.adapters.llms.extractive.act import act
from rookery.adapters.llms.extractive.compose import ANSWERED, compose
from rookery.adapters.llms.extractive.evidence import find_evidence
from rookery.adapters.llms.extractive.plan import plan
from rookery.adapters.llms.extractive.recent import RecentEmbeddings
from rookery.adapters.llms.extractive.reflect import reflect
from rookery.domain.errors import LLMError
from rookery.domain.inference import Capabilities, LLMReply, LLMRequest, Message
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.ports.llm import LLMPort
from rookery.domain.reasoning import ActJob, Answer, ComposeJob, FindEvidenceJob, Job, PlanJob, ReflectJob


class Settings(BaseModel):
    """How sure the best sentence must be; below that the answer is that the sources do not say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certainty: float = Field(default=ANSWERED, ge=0, le=1, description="from which on a sentence counts as an answer")


_DEFAULT = Settings()


class ExtractiveLLM(LLMPort):
    """Works on the typed job of a request; the prompt is only counted.

    Args:
        analyzer: the one that the library is indexed with.
        embedder: makes the ranking better; null ranks by words alone.
        settings: when to say that nothing was found.
    """

    def __init__(
        self, analyzer: AnalyzerPort, embedder: EmbedderPort | None = None, settings: Settings = _DEFAULT
    ) -> None:
        self._analyzer = analyzer
        self._embedder = None if embedder is None else RecentEmbeddings(embedder)
        self._settings = settings

    async def complete(self, request: LLMRequest) -> LLMReply:
        """Return the job's answer as JSON.

        Raises:
            LLMError: the request has no job; there is nothing to go by.
        """
        if request.job is None:
            raise LLMError(
                "the extractive model answers research jobs only, not free text; choose a language model "
                "(`rookery models list`) for that"
            )
        answer = await self._answer(_allowed(request.job, request.allowed_sources))
        return LLMReply(text=answer.model_dump_json())  # no model, so no tokens

    async def stream(self, request: LLMRequest) -> AsyncIterator[str]:
        """Yield the whole reply at once."""
        yield (await self.complete(request)).text

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the number of words: there is no tokenizer, no template and no limit."""
        return sum(len(message.content.split()) for message in messages)

    def capabilities(self) -> Capabilities:
        return Capabilities(name="extractive", binds_schema=True, generative=False)

    async def release(self) -> None:
        """Nothing is held."""

    async def close(self) -> None:
        """Nothing is held."""

    async def _answer(self, job: Job) -> Answer:
        match job:
            case PlanJob():
                return plan(job)
            case FindEvidenceJob():
                return await find_evidence(job, self._analyzer, self._embedder)
            case ReflectJob():
                return reflect(job, self._analyzer)
            case ComposeJob():
                return await compose(job, self._analyzer, self._embedder, self._settings.certainty)
            case ActJob():
                return act(job)


def _allowed(job: Job, sources: Sequence[str] | None) -> Job:
    """Leave out what the request does not allow to be named."""
    if sources is None:
        return job
    match job:
        case FindEvidenceJob():
            return job.model_copy(update={"passages": [p for p in job.passages if p.id in sources]})
        case ComposeJob():
            return job.model_copy(update={"evidence": [piece for piece in job.evidence if str(piece.id) in sources]})
        case _:
            return job
