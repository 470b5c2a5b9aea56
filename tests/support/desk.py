"""A researcher's desk: a colony of their own, what they asked last, and what came of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from rookery.application.verification import verify
from rookery.domain.events import RunEvent
from rookery.domain.results import TaskResult
from rookery.domain.runs import ResearchRequest, Run
from rookery.entrypoints.container import Container, close, prepare
from tests.support.colony import ask, make_container

T = TypeVar("T")


class Desk:
    """What the steps of one scenario share."""

    def __init__(self, home: Path, runner: asyncio.Runner) -> None:
        self._runner = runner
        self.home = home
        self.conductor: dict[str, Any] = {}
        self.model: dict[str, Any] = {}
        self.settings: dict[str, Any] = {}
        self._container: Container | None = None
        self.sources: list[Path] = []
        self.runs: list[Run] = []

    def conducted_by(self, orchestrator: str, settings: Mapping[str, object]) -> None:
        """Have runs conducted by an orchestrator from now on."""
        self.conductor = {"orchestrator": orchestrator, "orchestrators": {orchestrator: dict(settings)}}
        self.leave()

    def thinks_with(self, model: str) -> None:
        """Have another model think from now on."""
        self.model = {"model": model}
        self.leave()

    def sets(self, **sections: object) -> None:
        """Have sections of the settings say something else from now on."""
        self.settings |= sections
        self.leave()

    def hires(self, agent: str, description: str) -> None:
        """Add an agent to the colony."""
        folder = self.home / "agents"
        folder.mkdir(exist_ok=True)
        (folder / f"{agent}.toml").write_text(description, "utf-8")
        self.leave()

    @property
    def container(self) -> Container:
        """The colony, as it was furnished before it was first asked for."""
        if self._container is None:
            self._container = make_container(self.home, settings=self.settings, **self.conductor, **self.model)
            self.wait(prepare(self._container))
        return self._container

    def leave(self) -> None:
        """Close the colony; it is furnished anew when it is asked for again."""
        if self._container is not None:
            self.wait(close(self._container))
        self._container = None

    def wait(self, work: Awaitable[T]) -> T:
        """Wait for work that goes on in the desk's event loop."""

        async def whole() -> T:
            return await work

        return self._runner.run(whole())

    def ask(self, question: str, **more: object) -> None:
        """Ask about the sources on the desk."""
        self.runs.append(self.wait(ask(self.container, question, *self.sources, **more)))

    def ask_meanwhile(self, question: str, do: Callable[[RunEvent], Awaitable[None]], **more: object) -> None:
        """Ask about the sources on the desk, and do something with each thing that happens, as soon as it does."""
        container = self.container

        async def follow(run: Run) -> None:
            async for event in container.run_store().follow(run.id):
                await do(event)

        async def both() -> Run:
            asked = {"question": question, "sources": [str(source) for source in self.sources], **more}
            run = await container.start_run()(ResearchRequest.model_validate(asked))
            async with asyncio.TaskGroup() as group:
                following = group.create_task(follow(run))
                ended = await container.conduct_run()(run.id)
                following.cancel()
            return ended

        self.runs.append(self.wait(both()))

    @property
    def result(self) -> TaskResult:
        """The answer to the last question."""
        assert self.runs[-1].result is not None, self.runs[-1].error
        return self.runs[-1].result

    def events(self, run: Run) -> list[RunEvent]:
        """What happened in a run."""
        return self.wait(self.container.run_store().events(run.id))

    def told(self) -> str:
        """Everything that the researcher was told."""
        shown = [event.model_dump_json() for event in self.events(self.runs[-1])]
        return "\n".join([self.result.output, self.result.reflection_notes or "", *shown])

    def false_quotes(self) -> list[str]:
        """What is wrong with the quotes of all answers on the desk."""
        citations = [citation for run in self.runs if run.result for citation in run.result.citations]
        return self.wait(verify(citations, self.container.snapshots()))


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    """A desk in a home that has read the archive. All answers are verified once more when the scenario is over."""
    with asyncio.Runner() as runner:
        desk = Desk(home, runner)
        yield desk
        assert desk.false_quotes() == []
        desk.leave()
