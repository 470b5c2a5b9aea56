"""What a worker's failures mean to the one who asked, and what can be done about them."""

from collections.abc import Mapping
from typing import NamedTuple

from rookery.adapters.llms.llama_cpp.wire import Failed
from rookery.domain.errors import ContextOverflow, LLMError


class WorkerDied(LLMError):
    """The worker process has ended, or had to be ended, amid its work; another is started by the next request."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)


class DeviceFailed(LLMError):
    """The device that the model runs on has failed, and the worker process has ended; another device may do."""


class Closed(LLMError):
    """The model was closed while it was used."""

    def __init__(self) -> None:
        super().__init__("the model was closed while it was asked; ask again", retryable=True)


class Gone(Closed):
    """The worker had ended before the request reached it; nothing of it was done."""


class _Case(NamedTuple):
    """What a kind of failure is called, what can be done about it, and whether asking again may help."""

    name: str
    remedy: str
    retryable: bool = False


_CASES: Mapping[str, _Case] = {
    "grammar": _Case("the JSON schema or grammar cannot bind the model", "correct it"),
    "numbers": _Case(
        "the model computes no numbers",
        "its file may be damaged: get it anew by `rookery models pull`, or take another model",
    ),
    "memory": _Case(
        "memory ran out",
        "lower `n_ctx`, `kv_tokens` or `slots`, set `kv_type` to q8_0, or take a smaller model",
        retryable=True,
    ),
    "device": _Case("the device failed", "set `device` to cpu, or update its driver", retryable=True),
    "cancelled": _Case("the request was cancelled", "ask again", retryable=True),
    "model": _Case("the model cannot be used", "take another file, or get it anew by `rookery models pull`"),
    "request": _Case("llama.cpp's process refused", "correct the request"),
}


def error_of(failed: Failed) -> LLMError:
    """Return the error that a failed request raises."""
    if failed.kind == "context":
        prompt, context = (failed.numbers.get(name, 0) for name in ("prompt_tokens", "context_tokens"))
        return ContextOverflow(prompt_tokens=prompt, context_tokens=context)
    case = _CASES[failed.kind]
    return LLMError(f"{case.name}: {failed.message}; {case.remedy}", retryable=case.retryable)


def again(error: LLMError) -> LLMError:
    """An error of its own for each who is told, since each adds where it was raised."""
    if isinstance(error, ContextOverflow):
        return ContextOverflow(prompt_tokens=error.prompt_tokens, context_tokens=error.context_tokens)
    if isinstance(error, Closed):
        return type(error)()
    if isinstance(error, WorkerDied | DeviceFailed):
        return type(error)(str(error))
    return LLMError(str(error), retryable=error.retryable)
