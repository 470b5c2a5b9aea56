"""Which tools of other people's servers a person has seen and trusts: what they said then must be what they say now."""

import difflib
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field, JsonValue

from rookery.domain.frozen import Frozen, Timestamp
from rookery.domain.hidden import hidden_characters, made_visible


class OfferedTool(Frozen):
    """A tool as its server describes it."""

    name: str
    title: str = ""
    description: str = ""
    arguments: dict[str, JsonValue] = Field(description="the JSON schema, as the server gave it")
    annotations: dict[str, JsonValue] = {}
    fault: str = Field(default="", description="why it cannot be used, whoever trusts it; empty when it can")

    @property
    def digest(self) -> str:
        """The SHA-256 of all that the server says of the tool."""
        said = self.model_dump(mode="json", exclude={"fault"})
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()

    def told(self) -> str:
        """Return all that the server says of the tool, for a person: nothing in it is hidden."""
        schema = json.dumps(self.arguments, indent=2, sort_keys=True, ensure_ascii=False)
        annotations = json.dumps(self.annotations, sort_keys=True, ensure_ascii=False)
        said = {"title": self.title, "description": self.description, "annotations": annotations, "arguments": schema}
        return "".join(f"{name}:\n{_indented(made_visible(text))}" for name, text in said.items() if text)

    def hidden(self) -> list[str]:
        """Return the characters of it that a person would not see."""
        said = self.model_dump_json(exclude={"fault"}) + self.title + self.description
        return hidden_characters(said)


class Pin(Frozen):
    """A tool as a person has seen and accepted it."""

    server: str
    endpoint: str = Field(description="the digest of how the server was reached")
    tool: OfferedTool
    accepted_at: Timestamp


class Standing(StrEnum):
    """How a tool stands with the person. Only `trusted` ones are used."""

    TRUSTED = "trusted"
    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"  # it says the same, and its server is reached in another way
    UNFIT = "unfit"
    GONE = "gone"


class Judged(Frozen):
    """A tool and how it stands. `offered` is null for one that is gone, `pinned` for one that was never accepted."""

    name: str
    standing: Standing
    offered: OfferedTool | None = None
    pinned: OfferedTool | None = None

    def difference(self) -> str:
        """Return what has changed since the tool was accepted, as lines with + and -; all of a new one."""
        before = self.pinned.told().splitlines() if self.pinned else []
        after = self.offered.told().splitlines() if self.offered else []
        return "\n".join(list(difflib.unified_diff(before, after, lineterm="", n=2))[2:])


def judge(offered: Sequence[OfferedTool], pins: Sequence[Pin], endpoint: str) -> list[Judged]:
    """Return how each tool stands, those that are offered first, in order; of two with one name, neither is fit."""
    pinned = {pin.tool.name: pin for pin in pins}
    names = Counter(tool.name for tool in offered)
    judged = [_judged(tool, pinned.get(tool.name), endpoint, unique=names[tool.name] == 1) for tool in offered]
    gone = [
        Judged(name=name, standing=Standing.GONE, pinned=pin.tool) for name, pin in pinned.items() if name not in names
    ]
    return [*judged, *gone]


def _judged(tool: OfferedTool, pin: Pin | None, endpoint: str, *, unique: bool) -> Judged:
    if not unique:
        tool = tool.model_copy(update={"fault": "the server has two tools of this name"})
    pinned = pin.tool if pin else None
    if tool.fault:
        standing = Standing.UNFIT
    elif pin is None:
        standing = Standing.NEW
    elif pin.tool.digest != tool.digest:
        standing = Standing.CHANGED
    else:
        standing = Standing.TRUSTED if pin.endpoint == endpoint else Standing.MOVED
    return Judged(name=tool.name, standing=standing, offered=tool, pinned=pinned)


def _indented(text: str) -> str:
    """Return a text in which no line can be taken for a heading of ours."""
    return "".join(f"  {line}\n" for line in text.splitlines())
