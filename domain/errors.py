"""Every error that Rookery raises on purpose.

    RookeryError
    ├── InvalidRequest            what was asked cannot be done as asked
    │   ├── NotFound              no run, memory, snapshot, agent … of that id
    │   ├── Conflict              the thing is not in a state that allows it
    │   ├── OutsideSandbox        a path or address that may not be read
    │   └── ConfigurationError    a setting is missing or wrong
    ├── AccessDenied              a token that is missing, wrong or too narrow
    ├── NotBuilt                  a door of the contract behind which nothing stands yet
    ├── SourceError               a source that cannot be read
    │   └── SourceTooLarge
    ├── RunStopped                a person asked to pause or cancel the run
    ├── Overloaded                no more can be taken on now; later it can
    └── AdapterError              an outside system failed; `retryable` says whether trying again may help
        ├── LLMError
        │   ├── BrokenReply       a reply that breaks what binds it, with its text
        │   ├── CutReply          a reply that did not end within its limit
        │   └── ContextOverflow   a prompt longer than the model's context, with both numbers
        ├── EmbedderError
        ├── VectorStoreError
        │   └── DimensionMismatch
        ├── StorageError          run store, snapshot store, journal, object store or token store
        │   └── StoreDamaged      what is in a file is not what was written
        ├── TunerError            a model that cannot be tuned, or a training that failed
        ├── ToolError             a tool of an agent; the agent is told, and goes on
        ├── OrchestratorError
        └── NotifierError

The message says what happened and what the person can do. Vendors' errors are translated once, at the adapter's edge,
and kept as the cause.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # every command knows the errors, and most need no models of data to say so
    from rookery.domain.results import Usage


class RookeryError(Exception):
    """The root of the tree."""


class InvalidRequest(RookeryError):
    """What was asked cannot be done as asked."""


class NotFound(InvalidRequest):
    """There is nothing of that id."""


class Conflict(InvalidRequest):
    """The thing is not in a state that allows what was asked."""


class OutsideSandbox(InvalidRequest):
    """A path or address outside what may be read."""


class ConfigurationError(InvalidRequest):
    """A setting is missing or wrong."""


class AccessDenied(RookeryError):
    """A token is missing, unknown or revoked, or lacks the scope."""


class NotBuilt(RookeryError):
    """The contract names this door, and this version has nothing behind it."""


class SourceError(RookeryError):
    """A source cannot be read."""


class SourceTooLarge(SourceError):
    """A source is larger than the limit that the settings give."""


class RunStopped(RookeryError):
    """A person asked that the run be paused or cancelled.

    Args:
        stop: `pause` or `cancel`.
    """

    def __init__(self, stop: str) -> None:
        super().__init__(f"a person asked to {stop} the run")
        self.stop = stop


class Overloaded(RookeryError):
    """No more can be taken on now.

    Args:
        message: what happened and what the person can do.
        seconds: after which another try may succeed.
    """

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class AdapterError(RookeryError):
    """An outside system failed.

    Args:
        message: what happened and what the person can do.
        retryable: whether the same call may succeed when it is made again.
    """

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class LLMError(AdapterError):
    """The language model failed or gave something unusable."""


class BrokenReply(LLMError):
    """A reply breaks the schema or names a source that is not allowed. Who asked may send it back once.

    Args:
        message: what happened and what the person can do.
        text: the reply.
        fault: what is wrong with it, in words for the model.
        usage: what it cost, as far as that is known.
    """

    def __init__(self, message: str, *, text: str, fault: str, usage: "Usage | None" = None) -> None:
        super().__init__(message)
        self.text = text
        self.fault = fault
        self.usage = usage or _none_used()


class CutReply(LLMError):
    """A reply did not end within the tokens that it was given; half of one is of no use.

    Args:
        message: what happened and what the person can do.
        usage: what it cost, as far as that is known.
    """

    def __init__(self, message: str, *, usage: "Usage | None" = None) -> None:
        super().__init__(message)
        self.usage = usage or _none_used()


class ContextOverflow(LLMError):
    """A prompt does not fit the model's context; it is never cut."""

    def __init__(self, *, prompt_tokens: int, context_tokens: int) -> None:
        super().__init__(f"the prompt has {prompt_tokens} tokens and the context holds {context_tokens}")
        self.prompt_tokens = prompt_tokens
        self.context_tokens = context_tokens


class EmbedderError(AdapterError):
    """Texts could not be embedded."""


class VectorStoreError(AdapterError):
    """A vector store failed or cannot be reached."""


class DimensionMismatch(VectorStoreError):
    """An embedding is not of the index's dimension."""


class StorageError(AdapterError):
    """A local store could not be read or written."""


class StoreDamaged(StorageError):
    """A local file is not what was written to it."""


class TunerError(AdapterError):
    """A model cannot be tuned, or its training failed."""


class ToolError(AdapterError):
    """A tool could not do what it was called for."""


class OrchestratorError(AdapterError):
    """An orchestrator failed, apart from the work that it ran."""


class NotifierError(AdapterError):
    """A message could not be delivered."""


def _none_used() -> "Usage":
    from rookery.domain.results import Usage

    return Usage()
