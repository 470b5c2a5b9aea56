"""The answer of a run: claims, and the verbatim quotes that hold them."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue, model_validator

from rookery.domain.frozen import Frozen, Timestamp


def _has_scheme(url: str) -> str:
    scheme, separator, _ = url.partition(":")
    if not separator or not scheme.isascii() or not scheme.isalnum():
        raise ValueError("a URL with a scheme is needed, such as file:///… or https://…")
    return url


Url = Annotated[str, AfterValidator(_has_scheme)]


class TaskStatus(StrEnum):
    """How a task ended."""

    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Citation(Frozen):
    """A verbatim quote: `snapshot.text[start:end] == quote`, in Unicode code points."""

    id: int = Field(ge=1)
    url: Url
    title: str
    quote: str = Field(min_length=1)
    start: int = Field(ge=0)
    end: int = Field(ge=1)
    source_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    retrieved_at: Timestamp
    agent_id: str = Field(description="of the agent that found the quote")

    @model_validator(mode="after")
    def _range_fits_quote(self) -> "Citation":
        if self.end - self.start != len(self.quote):
            raise ValueError("end - start is not the length of the quote")
        return self


class Claim(Frozen):
    """One sentence of an answer.

    It is supported only when it cites something, every citation was verified, and the writer was sure that it answers.
    """

    text: str = Field(min_length=1)
    citations: list[int] = []
    supported: bool


class Usage(Frozen):
    """What a task cost."""

    prompt_tokens: int = Field(default=0, ge=0)
    cached_prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)
    steps: int = Field(default=0, ge=0)
    seconds: float = Field(default=0.0, ge=0)

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: "Usage") -> "Usage":
        """Return the sum, field by field."""
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_prompt_tokens=self.cached_prompt_tokens + other.cached_prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            steps=self.steps + other.steps,
            seconds=self.seconds + other.seconds,
        )


class TaskResult(Frozen):
    """What a run, or an agent on its own, returns."""

    task_id: UUID
    inputs: dict[str, JsonValue]
    output: str = Field(description="Markdown; `[n]` marks citation n")
    sources: list[Url] = Field(default=[], description="of the cited documents, in order of first citation")
    reflection_notes: str | None = None
    agent_id: str
    status: TaskStatus
    claims: list[Claim] = []
    citations: list[Citation] = []
    model: str
    usage: Usage = Usage()
    started_at: Timestamp
    finished_at: Timestamp

    @model_validator(mode="after")
    def _claims_cite_what_is_there(self) -> "TaskResult":
        known = {citation.id for citation in self.citations}
        for claim in self.claims:
            if not known.issuperset(claim.citations):
                raise ValueError(f"a claim cites what is not among the citations: {claim.citations}")
            if claim.supported and not claim.citations:
                raise ValueError("a supported claim has at least one citation")
        return self
