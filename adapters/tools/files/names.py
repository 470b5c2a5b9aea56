"""Paths as agents write them: relative, by `/`, and below a named folder as `papers:notes/a.md`."""

import re
import unicodedata
from typing import NamedTuple

from rookery.domain.errors import OutsideSandbox, ToolError

LONGEST_NAME = 255  # bytes, as most file systems have it
LONGEST_PATH = 1000
DEEPEST = 20
HIDDEN = "."  # begins what agents cannot see, our unfinished files among it

FOLDER_NAME = re.compile(r"[a-z][a-z0-9_-]{1,30}")  # two characters at least: one alone is a drive of Windows
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_NOT_ELSEWHERE = '<>:"|?*'


class Place(NamedTuple):
    """A folder by its name, `""` for the workspace, and the names on the way below it; none is the folder itself."""

    folder: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        path = "/".join(self.parts)
        return f"{self.folder}:{path}" if self.folder else path


def parse(path: str) -> Place:
    """Return where a path leads.

    Raises:
        OutsideSandbox: it is absolute, or leads upwards.
        ToolError: it is no path.
    """
    folder, colon, rest = path.partition(":")
    if colon and not FOLDER_NAME.fullmatch(folder):
        raise OutsideSandbox(f"{_shown(path)} is not below a folder of this run; a path is like notes/plan.md")
    within = rest if colon else path
    if within.startswith("/"):
        raise OutsideSandbox(f"{_shown(path)} is absolute; a path is relative to the workspace, like notes/plan.md")
    parts = tuple(part for part in within.split("/") if part not in ("", "."))
    if ".." in parts:
        raise OutsideSandbox(f"{_shown(path)} leads upwards, and there is nothing above the workspace")
    _check(path, parts)
    return Place(folder if colon else "", parts)


def _check(path: str, parts: tuple[str, ...]) -> None:
    if "\\" in path:
        raise ToolError(f"{_shown(path)} has a backslash; folders are divided by /")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in path):
        raise ToolError(f"{_shown(path)} has a control character")
    if any(part.startswith(HIDDEN) for part in parts):
        raise ToolError(f"{_shown(path)} is hidden, and what is hidden is not for agents")
    longest = max((len(part.encode()) for part in parts), default=0)
    if longest > LONGEST_NAME or len(path.encode()) > LONGEST_PATH or len(parts) > DEEPEST:
        raise ToolError(f"the path {_shown(path)} is too long or too deep")


def check_new(place: Place) -> None:
    """Refuse names that a person, another system or a shell would take for something else.

    Raises:
        ToolError: such a name is among them.
    """
    for name in place.parts:
        if fault := _fault(name):
            raise ToolError(f"a file cannot be written as {_shown(str(place))}: {fault}")


def _fault(name: str) -> str | None:
    if unicodedata.normalize("NFKC", name) != name:
        return "its name has characters that look like others; use plain ones"
    if any(unicodedata.category(character) in ("Cf", "Co", "Cn") for character in name):
        return "its name has invisible characters"
    if not any(map(str.isalnum, name)):
        return "a name has a letter or digit"
    if any(character in _NOT_ELSEWHERE for character in name):
        return f"none of {_NOT_ELSEWHERE} may be in a name"
    if name[0] in "~- " or name[-1] in ". ":
        return "a name does not begin with ~, - or space, nor end with a dot or space"
    return "that name means a device on some systems" if _RESERVED.fullmatch(name) else None


def _shown(path: str) -> str:
    short = path if len(path) <= 80 else f"{path[:79]}…"
    return repr(short).encode("utf-8", "backslashreplace").decode()
