"""A noticeboard that agents can write to: somebody else's tool, which changes something outside."""

import sys
from pathlib import Path

import pytest

_TOOL = """
from pathlib import Path

from pydantic import BaseModel, Field

from rookery.domain.ports.tool import Outcome, Tool


class Settings(BaseModel):
    board: Path


class Notice(BaseModel):
    text: str = Field(min_length=1, max_length=20_000)


class Noticeboard(Tool):
    name = "post_notice"
    description = "pin a notice to the board"
    effect = "write"
    arguments = Notice

    def __init__(self, settings: Settings):
        self._board = settings.board

    async def __call__(self, arguments, scope):
        with self._board.open("a") as board:
            board.write(f"{scope.key} {arguments.text}\\n")
        return Outcome(summary=f"pinned {arguments.text}", untrusted=False)
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the tool `post_notice` for a test; its settings name the file that is the board."""
    write(folder)
    monkeypatch.delitem(sys.modules, "noticeboard", raising=False)
    monkeypatch.syspath_prepend(str(folder))


def write(folder: Path) -> None:
    """Write the tool as a distribution; a process whose `PYTHONPATH` names the folder has it."""
    distribution = folder / "noticeboard-1.0.dist-info"
    distribution.mkdir(parents=True)
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: noticeboard\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text("[rookery.tools]\npost_notice = noticeboard:Noticeboard\n")
    (folder / "noticeboard.py").write_text(_TOOL)


def notices(board: Path) -> list[str]:
    """Return what was pinned, in order; a notice that came twice under one key is one."""
    lines = board.read_text().splitlines() if board.exists() else []
    return list(dict(line.split(" ", 1) for line in lines).values())
