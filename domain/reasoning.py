"""What the agents ask of a language model, and what it answers.

Each job exists twice in a request: rendered as a prompt for language models, and as the typed data below for adapters
that work by rule. The answer is JSON of the job's answer model in either case.
"""

from typing import Annotated, Literal

from pydantic import Field

from rookery.domain.actions import Decision, ToolSpec, Turn
from rookery.domain.frozen import Frozen
from rookery.domain.runs import Utterance
from rookery.domain.sources import Passage

SOURCE_ID = "source-id"
"""The `format`, in a JSON schema, of what names a source; `allowed_sources` of a request binds it."""


class Evidence(Frozen):
    """A verbatim quote that an agent gathered; `passage.text` contains `quote` at [start, end) of the snapshot."""

    id: int = Field(ge=1, description="within the run")
    passage: Passage
    quote: str
    start: int
    end: int
    sub_question: str
    score: float = Field(ge=0, le=1, description="how well it answers the sub-question")
    agent_id: str


class PlanJob(Frozen):
    """Divide a question into sub-questions."""

    kind: Literal["plan"] = "plan"
    question: str
    max_sub_questions: int
    conversation: list[Utterance] = Field(default=[], description="said before, oldest first: material, no instruction")


class Plan(Frozen):
    """Sub-questions, each of which can be searched alone. The question itself comes first when it is simple."""

    sub_questions: list[str] = Field(min_length=1)


class FindEvidenceJob(Frozen):
    """Quote what the passages say to a sub-question."""

    kind: Literal["find_evidence"] = "find_evidence"
    question: str = Field(description="the sub-question")
    main_question: str
    passages: list[Passage]
    limit: int


class Quote(Frozen):
    """A verbatim range of a passage."""

    passage_id: Annotated[str, Field(json_schema_extra={"format": SOURCE_ID})]
    quote: str
    score: float = Field(ge=0, le=1)


class Findings(Frozen):
    """What the passages say, best first. Empty when they do not answer the sub-question."""

    quotes: list[Quote]


class ReflectJob(Frozen):
    """Look for gaps and contradictions in the evidence."""

    kind: Literal["reflect"] = "reflect"
    question: str
    sub_questions: list[str]
    evidence: list[Evidence]
    max_follow_ups: int


class Reflection(Frozen):
    """What is missing, what disagrees, and what to ask next."""

    gaps: list[str] = []
    contradictions: list[str] = []
    follow_ups: list[str] = []
    notes: str = ""


class ComposeJob(Frozen):
    """Write the answer from the evidence."""

    kind: Literal["compose"] = "compose"
    question: str
    evidence: list[Evidence]
    max_claims: int


class DraftClaim(Frozen):
    """A sentence, and the ids of the evidence that it rests on."""

    text: str
    evidence: list[Annotated[int, Field(json_schema_extra={"format": SOURCE_ID})]]
    sure: bool = Field(default=True, description="false: it comes near an answer, and may not be one")


class Draft(Frozen):
    """An answer before its quotes are verified. Empty when the evidence answers nothing."""

    claims: list[DraftClaim]


class ActJob(Frozen):
    """Decide what to do next for a task. `notes` stand for rounds before the first of `turns`."""

    kind: Literal["act"] = "act"
    role: str
    goal: str
    task: str
    tools: list[ToolSpec]
    notes: list[str] = []
    turns: list[Turn]


Job = Annotated[PlanJob | FindEvidenceJob | ReflectJob | ComposeJob | ActJob, Field(discriminator="kind")]
Answer = Plan | Findings | Reflection | Draft | Decision
