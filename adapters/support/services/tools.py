"""The tools of integrations."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from rookery.domain.errors import ToolError
from rookery.domain.ports.tool import Limits, Need, Outcome, Scope, Tool
from rookery.domain.provenance import Origin, OriginKind
from rookery.domain.redaction import redact
from rookery.domain.sources import Document, Passage

A = TypeVar("A", bound=BaseModel)
_LIMITS = Limits(seconds=360.0, characters=4000)  # the service may ask to be waited for


class ServiceTool(Tool, Generic[A]):
    """One thing that agents can do in a service. Credentials are removed from what is written before it is sent."""

    needs = frozenset({Need.NETWORK})
    limits = _LIMITS

    def __init__(
        self,
        name: str,
        description: str,
        arguments: type[A],
        work: Callable[[A, Scope], Awaitable[Outcome]],
        *,
        effect: Literal["read", "write"] = "read",
    ) -> None:
        self._name = name
        self._description = description
        self._arguments = arguments
        self._effect: Literal["read", "write"] = effect
        self._work = work

    @property
    def name(self) -> str:
        return self._name

    @property
    def description(self) -> str:
        return self._description

    @property
    def arguments(self) -> type[BaseModel]:
        return self._arguments

    @property
    def effect(self) -> Literal["read", "write"]:
        return self._effect

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        if self.effect == "write" and not scope.key:
            raise ToolError(f"{self.name} was called without the key by which it is done once")
        values = arguments.model_dump()
        clean = _without_credentials(values) if self.effect == "write" else values
        return await self._work(self._arguments.model_validate(clean), scope)


def read(passages: Sequence[Passage], documents: Sequence[Document]) -> Outcome:
    """Return the result of reading documents of a service."""
    titles = ", ".join(document.title for document in documents[:3])
    summary = f"{len(passages)} passages from {titles}" if passages else "nothing found"
    return Outcome(summary=summary, passages=list(passages), origins=origins(documents))


def origins(documents: Sequence[Document]) -> list[Origin]:
    """Return where documents of a service are from."""
    return [Origin(kind=OriginKind.INTEGRATION, place=one.url, title=one.title) for one in documents]


def listed(lines: Sequence[str], places: Sequence[Origin], *, more: str = "") -> Outcome:
    """Return a short list as text."""
    if not lines:
        return Outcome(summary="nothing found", text="Nothing was found.", origins=list(places))
    text = "\n".join(lines) + (f"\n{more}" if more else "")
    return Outcome(summary=f"{len(lines)} found", text=text, origins=list(places))


def written(what: str, url: str | None, *, repeated: bool, place: str) -> Outcome:
    """Return what was written, and where it can be seen."""
    done = f"{what} (done before; nothing was sent again)" if repeated else what
    at = f": {url}" if url else ""
    origin = Origin(kind=OriginKind.INTEGRATION, place=url or place)
    return Outcome(summary=f"{done}{at}", text=f"{done}{at}", untrusted=False, origins=[origin])


def document(url: str, title: str, text: str) -> Document:
    """Return what was read as a document in Markdown."""
    size = len(text.encode("utf-8", "replace"))
    return Document(url=url, title=title or url, media_type="text/markdown", text=text, size=size)


def _without_credentials(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value).text
    if isinstance(value, list):
        return [_without_credentials(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_credentials(item) for key, item in value.items()}
    return value


def headline(title: str, text: str, limit: int) -> str:
    """Return a title on one line: the one that is given, else the first line of the text."""
    lines = [line.lstrip("# ").strip() for line in (title or text).splitlines()]
    first = " ".join(next(filter(None, lines), "Report").split())
    return first if len(first) <= limit else f"{first[: limit - 1]}…"
