"""Finding adapters by entry point and giving each what it asks for.

An adapter's constructor names what it needs: `settings` (its own model, told by the annotation) and any of the things
that the container offers, such as `home`, `models`, `analyzer`, `embedder`, `clock`, `network`.
"""

import inspect
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import ValidationError

from rookery.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from rookery.entrypoints.settings import Settings

GROUPS = (
    "llms",
    "embedders",
    "vector_stores",
    "orchestrators",
    "object_stores",
    "tuners",
    "notifiers",
    "tools",
    "integrations",
)


def available(group: str) -> dict[str, EntryPoint]:
    """Return the adapters registered under `rookery.<group>`, by name; nothing is imported."""
    return {entry.name: entry for entry in sorted(entry_points(group=f"rookery.{group}"), key=lambda e: e.name)}


def build(group: str, name: str, *, settings: Mapping[str, Any], offered: Mapping[str, object]) -> Any:
    """Return a new adapter.

    Raises:
        ConfigurationError: there is no such adapter, a library of it is not installed, or its settings are wrong.
    """
    found = available(group)
    if name not in found:
        raise ConfigurationError(f"there is no {group[:-1].replace('_', ' ')} {name!r}; there are: {', '.join(found)}")
    try:
        factory = found[name].load()
    except ImportError as error:
        raise ConfigurationError(f"{name} needs a library that is not installed: {error}") from error
    wanted = inspect.signature(factory).parameters
    arguments = {key: value for key, value in offered.items() if key in wanted}
    if "settings" in wanted:
        arguments["settings"] = _settings(factory, f"{group}.{name}", settings)
    return factory(**arguments)


def configured(group: str, name: str | None, settings: "Settings", **offered: object) -> Any:
    """Return a new adapter with its section of the settings; None for no name. Raises what `build` raises."""
    if name is None:
        return None
    section = getattr(settings, group).get(name, {})
    return build(group, name, settings=section, offered=offered)


def _settings(factory: Any, section: str, values: Mapping[str, Any]) -> object:
    model = get_type_hints(factory.__init__ if inspect.isclass(factory) else factory)["settings"]
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ConfigurationError(f"the settings [{section}] are wrong: {faults}") from error
