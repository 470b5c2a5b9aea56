"""Which devices llama.cpp finds, without a model."""

import asyncio
from collections.abc import Sequence

from rookery.adapters.llms.llama_cpp.engine import Engine, Limits, Program
from rookery.adapters.llms.llama_cpp.llm import WORKER
from rookery.adapters.llms.llama_cpp.wire import Device, Devices, Look
from rookery.adapters.support.processes import Limit
from rookery.domain.ports.clock import ClockPort

_LIMITS = Limits(load=Limit(60.0, "the time to find devices"), stall=Limit(60.0, "the time to find devices"))


async def find_devices(clock: ClockPort, *, command: Sequence[str] = tuple(WORKER)) -> Sequence[Device]:
    """Return the devices besides the CPU, asked of a worker process: a driver may crash.

    Raises:
        LLMError: llama.cpp cannot be loaded, or its process died.
    """
    return await asyncio.to_thread(_look, Program(command, _LIMITS, clock))


def _look(program: Program) -> Sequence[Device]:
    engine = Engine(program, Look(), notice=lambda _: None)
    try:
        found = engine.ready()
    finally:
        engine.stop()
    return found.devices if isinstance(found, Devices) else []
