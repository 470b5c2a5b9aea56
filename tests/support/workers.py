"""`rookery worker` in processes of their own: sound ones, and one that stops dead in the middle of each run."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.server import MAIN, ROOT, environment

_PATIENCE = 30  # seconds, after which something hangs
_STUCK_AFTER_PLAN = """
import asyncio, sys
from dependency_injector import providers
from rookery.adapters.run_stores.sqlite import SqliteRunStore
from rookery.domain.events import AgentStarted
from rookery.entrypoints.cli import main
from rookery.entrypoints.container import Container

class Stuck(SqliteRunStore):
    async def append(self, run_id, event, *, key=None):
        stored = await super().append(run_id, event, key=key)
        if isinstance(event, AgentStarted) and event.role == "researcher":
            print(run_id, flush=True)
            await asyncio.Event().wait()
        return stored

Container.run_store.override(providers.Singleton(Stuck, Container.home, clock=Container.clock))
main()
"""


@contextmanager
def start_worker(
    home: Path, settings: Mapping[str, str], *arguments: str, stuck: bool = False
) -> Iterator["subprocess.Popen[str]"]:
    """Work until the block ends. A stuck one prints the id of each run in whose middle it stops."""
    program = [sys.executable, "-c", _STUCK_AFTER_PLAN] if stuck else MAIN
    variables = environment(home, settings) | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [*program, "worker", *arguments], cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=_PATIENCE)
            finally:
                process.kill()


def stuck_in(worker: "subprocess.Popen[str]") -> str:
    """Return the id of the run in whose middle a worker stops next."""
    assert worker.stdout is not None
    ready, _, _ = select.select([worker.stdout], [], [], _PATIENCE)
    assert ready, "the worker took no run"
    return worker.stdout.readline().strip()
