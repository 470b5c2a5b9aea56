"""The tools that work with files, over a home of their own."""

from datetime import UTC, datetime
from pathlib import Path

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.libraries.in_memory import InMemoryLibrary
from rookery.adapters.snapshot_stores.in_memory import InMemorySnapshotStore
from rookery.adapters.tools.files.access import Files, Settings
from rookery.adapters.tools.files.list_files import ListFiles
from rookery.adapters.tools.files.read_file import ReadFile
from rookery.adapters.tools.files.search_files import SearchFiles
from rookery.adapters.tools.files.walls import Walls
from rookery.adapters.tools.files.write_file import WriteFile
from rookery.application.capturing import CaptureDocuments
from rookery.domain.agents import Agent
from rookery.domain.ports.tool import Outcome, Scope, Tool


def levels() -> dict[str, Walls]:
    """Return what this machine can do, strongest first; the last one works everywhere."""
    strongest = Walls.of_this_machine()
    walls = [strongest, Walls(openat2=strongest.openat2, landlock=0), Walls(openat2=False, landlock=strongest.landlock)]
    return {str(one): one for one in [*walls, Walls(openat2=False, landlock=0)]}


class Desk:
    """An agent's hands: each tool is called as a toolbox calls it."""

    def __init__(self, home: Path, *, walls: Walls | None = None, **settings: object) -> None:
        self.files = Files(Settings.model_validate(settings), home, walls=walls)
        self.snapshots = InMemorySnapshotStore()
        clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
        capture = CaptureDocuments(self.snapshots, clock, lambda: InMemoryLibrary(analyzer=SnowballAnalyzer()))
        tools = [ListFiles(self.files), ReadFile(self.files, capture), SearchFiles(self.files), WriteFile(self.files)]
        self.tools: dict[str, Tool] = {tool.name: tool for tool in tools}

    async def __call__(self, tool: str, *, run: str = "run-1", key: str = "key", **arguments: object) -> Outcome:
        """Call a tool; raises what it raises, and ValidationError where the arguments are none."""
        agent = Agent(id="clerk", role="clerk", goal="keep the files")
        scope = Scope(run_id=run, agent=agent, namespace="default", key=key)
        called = self.tools[tool]
        return await called(called.arguments.model_validate(arguments), scope)
