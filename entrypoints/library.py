"""Rookery as a library."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rookery.domain.errors import RookeryError
from rookery.domain.results import TaskResult
from rookery.domain.runs import Depth, ResearchRequest
from rookery.entrypoints.container import Container, close, prepare
from rookery.entrypoints.settings import load_settings


class Rookery:
    """A colony in this process, with the settings in force.

    ```python
    async with Rookery() as rookery:
        result = await rookery.research("Who built the tide gauge?", sources=["papers"])
    ```

    Args:
        home: where state is kept; default: as the settings say.
    """

    def __init__(self, *, home: Path | str | None = None) -> None:
        flags = {} if home is None else {"home": Path(home)}
        self._container = Container(settings=load_settings(**flags))

    async def __aenter__(self) -> Self:
        await prepare(self._container)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await close(self._container)

    async def research(
        self,
        question: str,
        *,
        sources: Sequence[Path | str] = (),
        namespace: str = "default",
        depth: Depth = Depth.STANDARD,
        max_seconds: float | None = None,
    ) -> TaskResult:
        """Answer a question from documents; without `sources`, from the whole library.

        Raises:
            RookeryError: the run failed; the message says why.
        """
        request = ResearchRequest(
            question=question,
            sources=[_absolute(source) for source in sources],
            namespace=namespace,
            depth=depth,
            max_seconds=max_seconds,
        )
        run = await self._container.start_run()(request)
        finished = await self._container.conduct_run()(run.id)
        if finished.result is None:
            raise RookeryError(finished.error or f"the run is {finished.status}")
        return finished.result


def _absolute(source: Path | str) -> str:
    """Return a path that means the same wherever it is read; an address of the web is one already."""
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        return source
    return str(Path(source).expanduser().absolute())
