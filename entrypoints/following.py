"""Vector stores that follow memory while a server runs."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rookery.domain.errors import RookeryError
from rookery.entrypoints.beside import beside
from rookery.entrypoints.container import Container

_PAUSE_SECONDS = 30.0
_log = logging.getLogger(__name__)


@asynccontextmanager
async def following(container: Container) -> AsyncIterator[None]:
    """Bring the stores of vectors up to date every half minute, and once more at the end."""
    try:
        async with beside(_follow(container)):
            yield
    finally:
        await _mirror(container)


async def _follow(container: Container) -> None:
    while True:
        await asyncio.sleep(_PAUSE_SECONDS)
        await _mirror(container)


async def _mirror(container: Container) -> None:
    """Failures of a store are told by searches and `doctor`; the journal's are told by whoever uses it next."""
    try:
        projection = container.projection()
        if await projection.journal.end():
            await projection.catch_up()
            await projection.mirror()
    except RookeryError as error:
        _log.warning("the stores of vectors cannot follow memory: %s", error)
