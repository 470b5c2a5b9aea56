"""A process that dies in the middle of a run."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.server import ROOT, environment

_DIE_AFTER_PLAN = """
import asyncio, json, os, signal, sys
from pathlib import Path
from tests.support.colony import after_plan, ask, make_container

async def die(run_store, run_id):
    os.kill(os.getpid(), signal.SIGKILL)

question, home, research, *sources = json.loads(sys.argv[1])
container = make_container(Path(home), **research)
with after_plan(container, die):
    asyncio.run(ask(container, question, *sources))
"""


def die_after_plan(home: Path, question: str, *sources: Path, **research: object) -> None:
    """Ask in a process that is killed in the very moment in which the first researcher sets out."""
    given = json.dumps([question, str(home), research, *map(str, sources)])
    command = [sys.executable, "-c", _DIE_AFTER_PLAN, given]
    died = subprocess.run(command, cwd=ROOT, env=environment(home), timeout=90, check=False)
    assert died.returncode == -signal.SIGKILL
