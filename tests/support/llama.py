"""Language models in llama.cpp for tests: made on a home of their own, closed in the end."""

import os
import select
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.llms.llama_cpp.llm import LlamaCppLLM
from rookery.adapters.llms.llama_cpp.settings import Settings
from rookery.domain.inference import LLMRequest, Message
from rookery.domain.ports.clock import ClockPort

SMALL = {"n_ctx": 512, "slots": 4, "n_batch": 64, "threads": 1, "ram_cache_mb": 8, "restart_backoff_seconds": 0.0}
_FAKE = Path(__file__).with_name("fake_llama_worker.py")


class MakeLlama(Protocol):
    """Makes a model; settings beyond the small ones by name."""

    def __call__(
        self,
        model: str = ...,
        *,
        command: Sequence[str] | None = ...,
        clock: ClockPort | None = ...,
        home: Path | None = ...,
        **settings: object,
    ) -> LlamaCppLLM: ...


@pytest.fixture(scope="session")
def llama_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with `tiny.gguf` and, with other weights, `other.gguf`."""
    from tests.support.gguf_llms import write_tiny_llama

    models = tmp_path_factory.mktemp("models")
    write_tiny_llama(models / "tiny.gguf")
    write_tiny_llama(models / "other.gguf", seed=2)
    return models


@pytest.fixture
async def make_llama(llama_models: Path, tmp_path: Path) -> AsyncIterator[MakeLlama]:
    made: list[LlamaCppLLM] = []

    def make(
        model: str = "tiny.gguf",
        *,
        command: Sequence[str] | None = None,
        clock: ClockPort | None = None,
        home: Path | None = None,
        **settings: object,
    ) -> LlamaCppLLM:
        values = Settings.model_validate({"model": model, "device": "cpu", **SMALL, **settings})
        others = {"command": command} if command else {}
        llm = LlamaCppLLM(values, models=llama_models, home=home or tmp_path, clock=clock or SystemClock(), **others)
        made.append(llm)
        return llm

    yield make
    for llm in made:
        await llm.close()


def fake_worker(*arguments: str) -> list[str]:
    """Return the command of a worker that misbehaves as the arguments say."""
    return [sys.executable, str(_FAKE), *arguments]


def asked(text: str = "where do rooks breed", **fields: object) -> LLMRequest:
    """Return a request for at most 16 tokens."""
    message = Message(role="user", content=text)
    return LLMRequest.model_validate({"messages": [message], "max_tokens": 16, **fields})


def llama_workers(parent: int) -> list[int]:
    """Return the ids of the parent's processes that hold a language model."""
    return [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and _is_worker(folder) and _parent(folder) == parent
    ]


@pytest.fixture
def started() -> Callable[[], list[int]]:
    """Return the workers that the test started and that still run."""
    before = llama_workers(os.getpid())
    return lambda: [worker for worker in llama_workers(os.getpid()) if worker not in before]


def has_ended(descriptor: int) -> bool:
    """Wait for the end of the process behind a descriptor of `os.pidfd_open`."""
    poll = select.poll()  # `select.select` cannot have descriptors above 1,023
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(60_000))


def _is_worker(folder: Path) -> bool:
    try:
        command = (folder / "cmdline").read_bytes()
    except OSError:
        return False
    return b"llms.llama_cpp.worker" in command or os.fsencode(_FAKE.name) in command


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
