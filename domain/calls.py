"""What was said between a run and its models."""

from pydantic import Field, JsonValue

from rookery.domain.frozen import Frozen, Timestamp
from rookery.domain.inference import Message
from rookery.domain.results import Usage


class ModelCall(Frozen):
    """One call of a model: what it was asked, what bound the decoding, and what it replied.

    Credentials are replaced in all of it.
    """

    messages: list[Message]
    session: str | None = Field(default=None, description="which agent's conversation it belongs to")
    step: str = Field(default="", description="the part of the workflow that made it")
    json_schema: dict[str, JsonValue] | None = None
    allowed_sources: list[str] | None = None
    max_tokens: int
    temperature: float
    seed: int
    lora: str | None = None
    model: str
    reply: str | None = Field(default=None, description="null: there was none, and `error` says why")
    error: str | None = None
    notices: list[str] = []
    usage: Usage = Usage()


class StoredCall(Frozen):
    """A call as the run store keeps it."""

    number: int = Field(ge=1, description="within the run, in the order in which replies came; without gaps")
    at: Timestamp
    call: ModelCall


class StepRecord(Frozen):
    """A step, or a part of one, that a run finished."""

    step: str
    input_hash: str
    output: str = Field(description="JSON")
