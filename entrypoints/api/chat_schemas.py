"""Chat completions in OpenAI's form, with what we add: citations, and the run behind an answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from rookery.domain.frozen import Frozen, Whole
from rookery.domain.results import Citation, TaskStatus
from rookery.domain.runs import Depth


class _Asked(BaseModel):
    """What clients send. Fields that we do not know are theirs, and are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ContentPart(_Asked):
    """A part of a message; only those of type `text` are read."""

    type: str
    text: str = ""


class ChatMessage(_Asked):
    """A message. Those of other roles than `user` and `assistant` are ignored."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None


class StreamOptions(_Asked):
    """What a stream tells besides the answer."""

    include_usage: bool | None = None


class ResearchOptions(_Asked):
    """What OpenAI's form has no place for."""

    sources: list[str] = Field(default=[], max_length=1000, description="paths; none: the whole library")
    namespace: str = Field(default="default", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")
    depth: Depth | None = Field(default=None, description="null: by `reasoning_effort`")


class ChatRequest(_Asked):
    """A question at the end of a conversation.

    Refused, since they cannot be done: more than one choice, tools, other formats than text, sound, log probabilities.
    Ignored, since an answer is made of quotes: temperature, penalties, limits of length and the like.
    """

    model: Annotated[str, Field(min_length=1, max_length=1000, description="an id of `GET /v1/models`")]
    messages: list[ChatMessage] = Field(min_length=1, max_length=1000)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Whole | None = None
    seed: Whole | None = None
    reasoning_effort: str | None = Field(
        default=None, max_length=20, description="none, minimal or low: quick; high or xhigh: deep"
    )
    tools: list[JsonValue] | None = None
    tool_choice: JsonValue = None
    functions: list[JsonValue] | None = None
    response_format: dict[str, JsonValue] | None = None
    modalities: list[str] | None = None
    logprobs: bool | None = None
    rookery: ResearchOptions = ResearchOptions()


class UrlCitation(Frozen):
    """Where in the content a citation is marked, and what it cites."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(Frozen):
    """A citation in OpenAI's form."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class Answer(Frozen):
    """The message that answers."""

    role: Literal["assistant"] = "assistant"
    content: str = Field(description="Markdown; `[n]` marks a citation, and the sources follow")
    refusal: None = None
    annotations: list[Annotation] = []


class ChatChoice(Frozen):
    """The one completion that there is."""

    index: int = 0
    message: Answer
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class CachedTokens(Frozen):
    """How many of the prompt's tokens a model had read before."""

    cached_tokens: int


class ChatUsage(Frozen):
    """What the models of the run read and wrote; nothing for the extractive one."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: CachedTokens


class RunBehind(Frozen):
    """The run that made an answer; `GET /v1/runs/{run_id}` tells more."""

    run_id: str
    status: TaskStatus
    model: str
    notes: list[str] = []


class ChatCompletion(Frozen):
    """A chat completion in OpenAI's form."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: ChatUsage
    citations: list[Citation] = Field(description="verbatim quotes, by the numbers of their marks")
    rookery: RunBehind


class Delta(Frozen):
    """What a chunk adds to the message. `reasoning_content` tells how the work goes on, and is no part of it."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    reasoning_content: str | None = None
    annotations: list[Annotation] | None = None


class ChunkChoice(Frozen):
    """What a chunk adds to the one completion that there is."""

    index: int = 0
    delta: Delta
    finish_reason: Literal["stop"] | None = None


class ChatChunk(Frozen):
    """A piece of a streamed completion."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: ChatUsage | None = None
    citations: list[Citation] | None = None
    rookery: RunBehind | None = None
