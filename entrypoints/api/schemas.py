"""What the wire has beyond the domain models: pages, acknowledgements, OpenAI's list form."""

from typing import Generic, Literal, TypeVar

from pydantic import Field, ValidationError

from rookery.domain.errors import InvalidRequest
from rookery.domain.frozen import Frozen, Real, Whole, WrittenTime
from rookery.domain.memories import FoundMemory, MemoryFilter, PastMemory
from rookery.domain.models import Eta
from rookery.domain.runs import Depth, ResearchRequest
from rookery.domain.sync import SyncState

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
    """A document, folder or page to add to the library."""

    location: str = Field(
        min_length=1, description="a path below the folders that may be read, or an http or https address"
    )
    namespace: str = Field(default="default", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")


class MemorySearch(Frozen):
    """What to look for among memories, and which of them count."""

    query: str = Field(min_length=1, max_length=4000)
    namespace: str | None = Field(default=None, description="short for one of `namespaces`")
    namespaces: list[str] | None = None
    tags_any: list[str] = []
    tags_all: list[str] = []
    since: WrittenTime | None = None
    until: WrittenTime | None = None
    source: str | None = None
    limit: Whole = Field(default=10, ge=1, le=100)

    def where(self) -> MemoryFilter:
        """Return which memories count."""
        named = [*(self.namespaces or []), *([self.namespace] if self.namespace else [])]
        return MemoryFilter(
            namespaces=named or None,
            tags_any=self.tags_any,
            tags_all=self.tags_all,
            since=self.since,
            until=self.until,
            source=self.source,
        )


class FoundMemories(Page[FoundMemory]):
    """What a search found, best first."""

    degraded: list[str] = Field(default=[], description="what did not work as it should, in words for a person")


class MemoryHistory(Frozen):
    """All versions of a memory's slot, the one that holds first, then newest first."""

    items: list[PastMemory]


class MemoryNamespace(Frozen):
    """A namespace and how many memories hold in it."""

    namespace: str
    memories: int


class MemoryState(Frozen):
    """What there is, whether it is exchanged with other machines, and what is degraded."""

    namespaces: list[MemoryNamespace]
    sync: SyncState | None = Field(default=None, description="null when no store is set to sync with")
    degraded: list[str] = []


class Imported(Frozen):
    """How many memories an import held."""

    memories: int


class AgentTask(Frozen):
    """A task for one agent."""

    task: str = Field(min_length=1, max_length=4000)
    sources: list[str] = Field(default=[], max_length=1000, description="paths; none: the whole library")
    namespace: str = Field(default="default", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")
    model: str | None = Field(default=None, description="null: the agent's own, or that of the settings")
    max_seconds: Real | None = Field(default=None, gt=0, allow_inf_nan=False)
    seed: Whole = Field(default=0, ge=0, lt=2**32)

    def request(self, agent_id: str) -> ResearchRequest:
        """Return it as a run of one agent.

        Raises:
            InvalidRequest: the task says nothing.
        """
        try:
            return ResearchRequest.model_validate(
                {**self.model_dump(exclude={"task"}), "question": self.task, "agent": agent_id}
            )
        except ValidationError as error:
            raise InvalidRequest(f"task: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from error


class ModelDetails(Frozen):
    """What the header of a model's file tells."""

    size: int = Field(description="in bytes")
    architecture: str
    parameters: int
    quantization: str
    context_tokens: int
    chat_template: bool


class Model(Frozen):
    """A model in OpenAI's form, and what we know of it besides.

    `POST /v1/chat/completions` takes each of them: the colony, an agent alone, or the colony with a language model.
    """

    id: str
    kind: Literal["agent", "model"] = Field(default="model", description="agent: the colony or one of its members")
    description: str = ""
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    chosen: bool = Field(default=False, description="whether it is the one of the settings")
    probed: bool = False
    details: ModelDetails | None = Field(default=None, description="null for an adapter")
    eta: dict[Depth, Eta] = Field(
        default={}, description="how long a run takes, by its depth; empty until it is probed"
    )
    runs_on: str | None = Field(default=None, description="the device, and why; null where that is not known")


class ModelList(Frozen):
    """Models in OpenAI's form."""

    object: Literal["list"] = "list"
    data: list[Model]


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


class OpenAIError(Frozen):
    """An error in OpenAI's form."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OpenAIProblem(Problem):
    """An error by RFC 9457 which OpenAI's clients can read, too."""

    error: OpenAIError
