"""What the wire has beyond the domain models: pages, acknowledgements, OpenAI's list form."""

from typing import Generic, Literal, TypeVar

from pydantic import Field

from rookery.domain.frozen import Frozen

T = TypeVar("T")


class Page(Frozen, Generic[T]):
    """Some items, and the cursor of the next ones; null at the end."""

    items: list[T]
    next_cursor: str | None = None


class Accepted(Frozen):
    """A run was taken on; follow it at `events_url`, read it at `result_url`."""

    task_id: str
    events_url: str
    result_url: str


class NewSource(Frozen):
    """A document or folder to add to the library."""

    location: str = Field(min_length=1)
    namespace: str = Field(default="default", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")


class NewMemory(Frozen):
    """Something to remember."""

    namespace: str = "default"
    content: str = Field(min_length=1)
    key: str | None = None
    tags: list[str] = []


class MemorySearch(Frozen):
    """What to look for among memories."""

    query: str = Field(min_length=1)
    namespace: str | None = None
    limit: int = Field(default=10, ge=1, le=100)


class SyncReport(Frozen):
    """What a sync exchanged."""

    sent: int
    received: int


class AgentTask(Frozen):
    """A task for one agent."""

    task: str = Field(min_length=1)


class Model(Frozen):
    """A model in OpenAI's form."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class ModelList(Frozen):
    """Models in OpenAI's form."""

    object: Literal["list"] = "list"
    data: list[Model]


class ChatMessage(Frozen):
    """A message in OpenAI's form."""

    role: str
    content: str


class ChatRequest(Frozen):
    """A chat completion request in OpenAI's form."""

    model: str
    messages: list[ChatMessage]
    stream: bool = False


class ChatChoice(Frozen):
    """One completion."""

    index: int
    message: ChatMessage
    finish_reason: str


class ChatCompletion(Frozen):
    """A chat completion in OpenAI's form."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]


class Check(Frozen):
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


class Readiness(Frozen):
    """Whether requests can be served, and why not."""

    ready: bool
    checks: list[Check]


class Health(Frozen):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Problem(Frozen):
    """An error by RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
