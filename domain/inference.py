"""Requests to language models and their replies."""

from typing import Literal

from pydantic import Field, JsonValue

from rookery.domain.frozen import Frozen
from rookery.domain.reasoning import Job
from rookery.domain.results import Usage


class Message(Frozen):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class LLMRequest(Frozen):
    """What to complete, and what binds the decoding."""

    messages: list[Message] = Field(min_length=1)
    job: Job | None = Field(default=None, description="the same task as data, for adapters that work by rule")
    json_schema: dict[str, JsonValue] | None = Field(default=None, description="the reply must be JSON of this schema")
    allowed_sources: list[str] | None = Field(default=None, description="the only source ids that the reply may name")
    session: str | None = Field(default=None, description="requests of one session share a KV cache where there is one")
    max_tokens: int = Field(default=1024, ge=1)
    temperature: float = Field(default=0.0, ge=0)
    seed: int = Field(default=0, description="of the choice of tokens above temperature 0")
    priority: int = Field(default=0, description="the higher, the sooner served where requests wait for each other")
    lora: str | None = Field(
        default=None, description="a LoRA adapter of the model, by the name it has in the settings"
    )


class LLMReply(Frozen):
    """What the model wrote and what it cost."""

    text: str
    usage: Usage = Usage()
    model: str = Field(default="", description="which model spoke; empty: the one that `capabilities` names")
    notices: list[str] = Field(
        default=[], description="what degraded meanwhile, each told once: a device lost, another model that stood in"
    )


class Capabilities(Frozen):
    """What a model can be relied on for."""

    name: str
    context_tokens: int | None = Field(default=None, description="null: no limit")
    window_tokens: int | None = Field(
        default=None, description="of a prompt within which its content is still found; null: not measured"
    )
    binds_schema: bool = Field(description="whether a JSON schema binds the decoding")
    generative: bool = Field(description="whether it writes sentences of its own")
    counts_exactly: bool = Field(default=True, description="false: `count_tokens` estimates, rather too high")
