"""What the tools and resources reach, and who may use them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from rookery.domain.access import AccessToken, Scope
from rookery.entrypoints.api.colony import Conductor
from rookery.entrypoints.container import Container

TOOL_SCOPES = {
    "research": Scope.RUN,
    "add_source": Scope.RUN,
    "remember": Scope.MEMORY,
}
"""What the tools need that need more than `read`."""

_OPEN = {"initialize", "ping", "server/discover", "tools/list", "resources/templates/list", "prompts/list"}


class Asked(Protocol):
    """A message of a client, as the server hands it on."""

    @property
    def method(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any] | None: ...
    @property
    def request(self) -> Any:
        """The HTTP request that brought it; None where there is none."""
        ...


@dataclass(frozen=True)
class Desk:
    """A container and the runs that this process conducts.

    `guarded`: whether messages come over HTTP, each with a token that the gate has let in. Otherwise the client was
    started by the person, and has the person's authority.
    """

    container: Container
    conductor: Callable[[], Conductor]
    guarded: bool

    def refusal(self, asked: Asked) -> str | None:
        """Return why a message may not be answered, or None."""
        scope = scope_of(asked.method, asked.params or {})
        if not self.guarded or scope is None:
            return None
        token: AccessToken | None = None if asked.request is None else asked.request.scope.get("state", {}).get("token")
        if token is not None and token.permits(scope):
            return None
        return f"this token lacks the scope {scope}; `rookery tokens create --scope {scope}` makes one that has it"


def scope_of(method: str, params: Mapping[str, Any]) -> Scope | None:
    """Return what a message needs; None for what tells nothing of the person's."""
    if method in _OPEN or method.startswith("notifications/"):
        return None
    return TOOL_SCOPES.get(str(params.get("name")), Scope.READ) if method == "tools/call" else Scope.READ


@contextmanager
def told_to(raising: type[Exception], *kinds: type[Exception]) -> Iterator[None]:
    """Raise errors of these kinds as one that the client is told."""
    try:
        yield
    except kinds as error:
        raise raising(str(error)) from error
