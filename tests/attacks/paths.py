"""Paths by which an agent could be made to leave its workspace, and the things that lie there in wait."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

CANARY = "the canary sings outside"
RUN = "run-1"


class Attack(NamedTuple):
    """A path, and what must be refused for it. What is left open stays within the workspace."""

    kind: str
    path: str
    refused: Literal["read", "both", "neither"] = "both"


def plant(home: Path, outside: Path) -> Path:
    """Make a workspace full of traps, and what lies outside of it; return the workspace."""
    outside.mkdir(parents=True)
    (outside / "canary.txt").write_text(CANARY)
    (outside / "folder").mkdir()
    (outside / "folder" / "canary.txt").write_text(CANARY)
    workspace = home / "workspaces" / RUN
    (workspace / "notes" / "deep").mkdir(parents=True)
    (workspace / "plan.md").write_text("a plan\n")
    for name in ("inner.md", "kept.md"):
        (workspace / "notes" / name).write_text("inside\n")
    (workspace.parent / f"{RUN}-other").mkdir()
    (workspace.parent / f"{RUN}-other" / "canary.txt").write_text(CANARY)
    (home / "canary.txt").write_text(CANARY)
    for name, target in _links(workspace, outside):
        (workspace / name).symlink_to(target)
    os.link(outside / "canary.txt", workspace / "hard.txt")
    os.link(outside / "canary.txt", workspace / "notes" / "deep" / "hard.txt")
    _devices(workspace)
    with (workspace / "sparse.bin").open("wb") as sparse:
        sparse.truncate(1 << 42)
    (workspace / "binary.bin").write_bytes(bytes(range(256)) * 10)
    (workspace / ".hidden").write_text(CANARY)
    return workspace


def _links(workspace: Path, outside: Path) -> Iterator[tuple[str, str | Path]]:
    yield "link.txt", outside / "canary.txt"
    yield "folder", outside
    yield "chain", "folder"
    yield "chain.txt", "link.txt"
    yield "upwards", "../../.."
    yield "relative.txt", os.path.relpath(outside / "canary.txt", workspace)
    yield "notes/deep/link.txt", outside / "canary.txt"
    yield "notes/deep/folder", outside / "folder"
    yield "loop", "loop"
    yield "ping", "pong"
    yield "pong", "ping"
    yield "dangling.txt", outside / "not-there-yet.txt"
    yield "dangling", outside / "not-there-yet"
    yield "inwards.md", "notes/inner.md"
    yield "itself", "."
    yield "slash", "/"
    yield "proc", "/proc"
    yield "me", "/proc/self"
    yield "cwd", "/proc/self/cwd"
    yield "rootfs", "/proc/self/root"
    yield "fd", "/proc/self/fd"
    yield "environ", "/proc/self/environ"
    yield "memory", "/proc/self/mem"
    yield "dev", "/dev"
    yield "zero", "/dev/zero"
    yield "tty", "/dev/tty"
    yield "etc", "/etc"
    yield "passwd", "/etc/passwd"


def _devices(workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    os.mkfifo(workspace / "notes" / "pipe")
    here = Path.cwd()
    os.chdir(workspace)  # the address of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
    finally:
        os.chdir(here)


_UPWARDS = """
.. ../ ./.. notes/.. notes/../.. notes/../../run-1-other/canary.txt notes/./../../x ../run-1/plan.md a/b/../../../x
../run-1-other/canary.txt notes//..//..//canary.txt ../../x notes/deep/../../plan.md folder/../plan.md ..//..
nothing/../plan.md plan.md/.. plan.md/../plan.md
"""
_ABSOLUTE = "/etc/passwd //etc/passwd / /proc/self/environ /dev/zero OUTSIDE/canary.txt /. /plan.md"
_THROUGH_LINKS = """
link.txt chain.txt relative.txt notes/deep/link.txt inwards.md itself/plan.md folder/canary.txt folder/new.txt
folder/a/b/new.txt chain/canary.txt chain/folder/canary.txt upwards/canary.txt upwards/outside/canary.txt folder itself
notes/deep/folder/canary.txt loop loop/x ping ping/x dangling.txt dangling/x itself/itself/itself/plan.md fd/0 fd/3
slash/etc/passwd proc/self/environ me/environ cwd/README.md rootfs/etc/passwd environ memory dev/zero dev/new zero tty
etc/passwd passwd me/fd/0 proc/1/root
"""
_DOTS = ("\uff0e\uff0e", "\u2024\u2024", "\u2025", ".\u200d.", "\u3002\u3002", "\ufe52\ufe52", "\u2026")
_SLASHES = "\uff0f\u2215\u2044\u29f8\ufe68\uff3c"
_LOOK_ALIKES = """
nōtes/ｘ.md caf\u0065\u0301.md \u212bngstrom.md \u202egnp.exe.md a\u200bb.md \ufeffplan.md plan\u00ad.md ﬁle.md ⅷ.md
\ue000.md %2e%2e/%2e%2e/canary\u2024txt a\u2066b.md x\U000e0041.md
"""
_LONG = ("a" * 256, "a/" * 21 + "x", "a/" * 499 + "x", "b" * 5000, "./" * 499 + "../x", "x" * 999 + "..", "ä" * 128)
_LONG += ("🐦" * 64, "notes/" + "c" * 300, "/".join(["d" * 200] * 6), "a" * 255 + "/" + "b" * 256)
_WINDOWS = r"""
C:\Windows\win.ini C:/Windows/win.ini c:plan.md \\server\share\x ..\..\canary.txt notes\..\..\canary.txt \\?\C:\x
\\.\PhysicalDrive0 notes\inner.md plan.md::$DATA CON nul Aux.txt notes/COM1 lpt9.md PRN.tar.gz CONIN$ con. a<b.md a"b.md
a|b a?b a*b
"""
_ADDRESSES = """
file://OUTSIDE/canary.txt file:///etc/passwd http://127.0.0.1/x workspace:run-1-other/canary.txt data:text/plain,x
ftp://x/y s3://bucket/x $HOME/x:y ~:x
"""
_CONFUSING = (
    "-rf",
    "~/x",
    "~root/.ssh/id",
    " plan.md",
    "plan.md ",
    "plan.md.",
    "notes /x",
    "notes./x",
    "PLAN.md",
    "---",
)

_KINDS = {
    "upwards": (*("../" * depth + "outside/canary.txt" for depth in (1, 2, 3, 4, 8, 40)), *_UPWARDS.split()),
    "absolute": _ABSOLUTE.split(),
    "link": _THROUGH_LINKS.split(),
    "hard link": ("hard.txt", "notes/deep/hard.txt", "./hard.txt"),
    "pipe or socket": ("pipe", "notes/pipe", "socket", "pipe/x", "socket/x"),
    "through a file": ("plan.md/x", "notes/inner.md/x/y"),
    "look-alike": (
        *(f"{dot}/{dot}/outside/canary.txt" for dot in _DOTS),
        *(f"..{slash}..{slash}outside{slash}canary.txt" for slash in _SLASHES),
        *_LOOK_ALIKES.split(),
    ),
    "control character": (
        *(f"plan{character}.md" for character in "\0\1\t\n\r\x1b\x7f\x85\u2028\u2029"),
        *("plan.md\0.txt", "\0", "../\0/x", "notes/\ud800.md", "a\udcff.md", "\x1b]0;title\x07.md"),
    ),
    "long or deep": _LONG,
    "Windows": _WINDOWS.split(),
    "address": _ADDRESSES.split(),
    "hidden": (".hidden", "notes/.hidden", ".bashrc", ".git/hooks/post-commit", ".ssh/authorized_keys", ".../x"),
    "confusing": _CONFUSING,
    "case": ("notes/INNER.MD", "Notes/x.md", "nOtEs/deep/x.md"),
    "folder": ("", ".", "./", "././.", "notes", "notes/", "notes/deep"),
    "folder name": ("papers:../x", "papers:/etc/passwd", "nothing:x", "papers::x", ":x", "run-1:x", "papers:link.txt"),
}


def attacks() -> list[Attack]:
    """Return all of them, each once. `OUTSIDE` stands for the folder outside."""
    found = [Attack(kind, path) for kind, paths in _KINDS.items() for path in paths]
    found += [Attack("content", path, "read") for path in ("sparse.bin", "binary.bin")]
    found += [Attack("odd and harmless", path, "neither") for path in ("plan.md/", "notes//inner.md", "./plan.md/.")]
    return list(dict.fromkeys(found))
