"""All settings: of the core, and of each adapter that is registered."""

import inspect
from collections.abc import Iterator
from typing import get_type_hints

from pydantic import BaseModel

from infra.docs.reference.models import default_of, nested, spelt
from infra.docs.reference.words import code, first_paragraph, table
from rookery.adapters.readers.documents import Settings as SourceSettings
from rookery.adapters.support.web.hosts import OpenHosts
from rookery.adapters.tools.files.access import Settings as FileSettings
from rookery.adapters.tools.mcp.settings import Settings as ServerOfToolsSettings
from rookery.entrypoints.plugins import GROUPS, available
from rookery.entrypoints.settings import AgentSettings, Settings

_INTRODUCTION = """# Settings

A setting stands in `rookery.toml` (found upward from the working directory, then in the user's config folder), is
overridden by its variable, and that by a flag. `rookery init` writes a commented file. A name that nobody knows is an
error. Lists and tables are written as JSON in a variable: `ROOKERY_SERVER__SOURCE_ROOTS='["/srv/papers"]'`.

| Name, and variable | Type | Default | Meaning |
|---|---|---|---|
| `home`<br>`ROOKERY_HOME` | path | the platform's data folder | all state is below it |

"""
_BY_NAME: dict[str, type[BaseModel]] = {"agents": AgentSettings, "mcpServers": ServerOfToolsSettings}
_ELSEWHERE: dict[str, type[BaseModel]] = {"sources": SourceSettings, "network": OpenHosts, "tools.files": FileSettings}


def page() -> str:
    """Return the page: a table for each section."""
    return _INTRODUCTION + "\n".join(_section(name, model) for name, model in sections())


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """Return each section by its name, as it stands in brackets in `rookery.toml`, with the model that checks it."""
    for name, field in Settings.model_fields.items():
        model = nested(field)
        if model:
            yield name, model
    yield from ((f"{name}.NAME", model) for name, model in _BY_NAME.items())
    yield from _ELSEWHERE.items()
    for group in GROUPS:
        for name, entry in available(group).items():
            factory = entry.load()
            hints = get_type_hints(factory.__init__ if inspect.isclass(factory) else factory)
            if "settings" in hints and f"{group}.{name}" not in _ELSEWHERE and hints["settings"] is not FileSettings:
                yield f"{group}.{name}", hints["settings"]


def _section(name: str, model: type[BaseModel]) -> str:
    told = table(["Name, and variable", "Type", "Default", "Meaning"], list(rows(name, model)))
    return f"## [{name}]\n\n{first_paragraph(model)}\n\n{told or 'It has no settings.'}\n"


def rows(section: str, model: type[BaseModel], prefix: str = "") -> Iterator[list[str]]:
    """Return the rows of a section's table; those of a table within it have its name before theirs."""
    for name, field in model.model_fields.items():
        inner = nested(field)
        if inner:
            yield from rows(section, inner, f"{prefix}{name}.")
            continue
        told = field.alias or name
        key, meaning = f"{prefix}{told}", field.description or ""
        variable = (
            "__".join(["ROOKERY", *section.split("."), *key.split(".")]).upper().replace("ROOKERY__", "ROOKERY_", 1)
        )
        yield [f"{code(key)}<br>{code(variable)}", spelt(field.annotation), code(default_of(field)), meaning]
