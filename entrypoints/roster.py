"""The members of the colony: those that every colony has, those of `agents/*.toml`, and what the settings change."""

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rookery.application.agents.roster import AGENTS, RESEARCHER
from rookery.application.agents.toolbox import DELEGATE
from rookery.domain.agents import Agent, Budget
from rookery.domain.errors import ConfigurationError
from rookery.domain.redaction import redact
from rookery.entrypoints.settings import Settings, settings_file

FOLDER = "agents"
_WEB_TOOLS = ("web_search", "fetch_page")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


class AgentFile(BaseModel):
    """What a file says of an agent; its name is the agent's id. A member that is there already is changed by it."""

    model_config = ConfigDict(extra="forbid")

    role: str | None = Field(default=None, min_length=1, max_length=100)
    goal: str | None = Field(default=None, min_length=1, max_length=1000)
    tools: list[str] | None = None
    model: str | None = None
    priority: int | None = None
    memory: Literal["shared", "private"] | None = None
    lora: str | None = None
    budget: Budget | None = None


def roster(settings: Settings, tools: Collection[str], tuned: Mapping[str, str] = {}) -> dict[str, Agent]:
    """Return the agents by id.

    Args:
        settings: change some of them.
        tools: that there are.
        tuned: the adapters that were trained here and are in use, by agent; what a person has set goes before.

    Raises:
        ConfigurationError: a file of an agent is wrong, or the settings name an agent that does not exist.
    """
    known = {agent.id: agent for agent in AGENTS}
    known[RESEARCHER.id] = RESEARCHER.model_copy(update={"tools": [*RESEARCHER.tools, *web_tools(settings)]})
    for path in _files(folders(settings)):
        known[path.stem] = _read(path, known.get(path.stem), {*tools, DELEGATE})
    strangers = settings.agents.keys() - known.keys()
    if strangers:
        raise ConfigurationError(
            f"the settings [agents] name {', '.join(sorted(strangers))}; there are: {', '.join(known)}"
        )
    changes = {name: section.model_dump(exclude_none=True) for name, section in settings.agents.items()}
    changed = {name: agent.model_copy(update=changes.get(name, {})) for name, agent in known.items()}
    return {
        name: agent if agent.lora is not None else agent.model_copy(update={"lora": tuned.get(name)})
        for name, agent in changed.items()
    }


def web_tools(settings: Settings) -> list[str]:
    """Return the tools that the researcher gets when a search engine is set and the network is open."""
    from rookery.adapters.tools.web_search.settings import Settings as SearchSettings

    if settings.research.offline:
        return []
    try:
        order = SearchSettings.model_validate(settings.tools.get("web_search", {})).order
    except ValidationError:  # whoever makes the tool says what is wrong
        return list(_WEB_TOOLS)
    return list(_WEB_TOOLS) if order else []


def lent(settings: Settings, agents: Mapping[str, Agent]) -> list[str]:
    """Return the tools that the researcher has because of a search engine, and not by a file of its own."""
    tools = web_tools(settings)
    return tools if agents[RESEARCHER.id].tools == [*RESEARCHER.tools, *tools] else []


def folders(settings: Settings) -> list[Path]:
    """Return where agents are looked for; a later folder goes before an earlier one."""
    file = settings_file(Path.cwd())
    return [settings.home / FOLDER, (file.parent if file else Path.cwd()) / FOLDER]


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for folder in places:
        if folder.is_dir():
            yield from sorted(folder.glob("*.toml"))


def _read(path: Path, known: Agent | None, tools: Collection[str]) -> Agent:
    if not _NAME.fullmatch(path.stem):
        raise ConfigurationError(
            f"{path}: an agent is called by small letters, digits, - and _, as in agents/historian.toml"
        )
    try:
        said = AgentFile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ConfigurationError(f"{path} is wrong: {faults}") from error
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    if known is None and said.goal is None:
        raise ConfigurationError(f'{path} is wrong: an agent needs a goal, as in goal = "Find who built what."')
    have = sorted({*tools, *(known.tools if known else [])})
    strangers = {name for name in said.tools or [] if name not in have and _all_of_its_server(name) not in have}
    if strangers:
        raise ConfigurationError(
            f"{path} is wrong: there is no tool {', '.join(sorted(strangers))}; there are: {', '.join(have)}"
        )
    base = known or RESEARCHER.model_copy(update={"id": path.stem, "budget": Budget(max_steps=12, max_tool_calls=24)})
    changes = {name: getattr(said, name) for name in said.model_fields_set}
    return base.model_copy(
        update=changes | {name: redact(changes[name]).text for name in ("role", "goal") if name in changes}
    )


def _all_of_its_server(tool: str) -> str:
    """Return the name that stands for all tools of a tool's MCP server; which these are is known once it is asked."""
    return f"{tool.partition('.')[0]}.*"
