"""Runs that other processes conduct."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

from rookery.domain.errors import ConfigurationError
from rookery.domain.ports.orchestrator import OrchestratorPort
from rookery.domain.runs import Run


@runtime_checkable
class Spreading(Protocol):
    """What an orchestrator offers besides its port when runs may be conducted by other processes."""

    @property
    def work_pool(self) -> str | None:
        """The pool that runs are handed to; None: whoever takes a run on conducts it."""
        ...

    async def hand_in(self, run: Run) -> None:
        """Have a worker conduct a run. Handed in twice, it is conducted once.

        Raises:
            OrchestratorError: the pool cannot be reached.
        """
        ...

    async def work(
        self, conduct: Callable[[str], Awaitable[Run]], *, pool: str | None, parallel: int, until: asyncio.Event
    ) -> None:
        """Conduct the runs of a pool until told to stop. What is at work then is interrupted and stays in the pool.

        Raises:
            ConfigurationError: something that this needs is not set or not installed.
            OrchestratorError: the pool cannot be reached.
        """
        ...


def handing_over(orchestrator: OrchestratorPort) -> Spreading | None:
    """Return what takes runs for other processes to conduct, or None where they are conducted here."""
    if isinstance(orchestrator, Spreading) and orchestrator.work_pool is not None:
        return orchestrator
    return None


def spreading(orchestrator: OrchestratorPort, name: str) -> Spreading:
    """Return what workers work for.

    Raises:
        ConfigurationError: the orchestrator of this name has no pools.
    """
    if not isinstance(orchestrator, Spreading):
        raise ConfigurationError(
            f"the orchestrator {name} has no workers; prefect has: ROOKERY_RESEARCH__ORCHESTRATOR=prefect"
        )
    return orchestrator
