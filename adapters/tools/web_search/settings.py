"""The section `[tools.web_search]`."""

import json
import os
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from rookery.adapters.tools.addresses import Address

Name = Literal["searxng", "brave", "tavily", "duckduckgo"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class SearxngSettings(_Section):
    """A SearXNG of one's own, with `json` among its `search.formats`."""

    base_url: Address | None = Field(
        default_factory=lambda: os.environ.get("SEARXNG_URL") or None, description="default: SEARXNG_URL"
    )


class BraveSettings(_Section):
    """https://api-dashboard.search.brave.com"""

    base_url: Address = Field(default="https://api.search.brave.com", description="of the engine")
    api_key: SecretStr | None = Field(
        default_factory=lambda: _key("BRAVE_API_KEY"), description="default: BRAVE_API_KEY"
    )


class TavilySettings(_Section):
    """https://docs.tavily.com"""

    base_url: Address = Field(default="https://api.tavily.com", description="of the engine")
    api_key: SecretStr | None = Field(
        default_factory=lambda: _key("TAVILY_API_KEY"), description="default: TAVILY_API_KEY"
    )


class DuckDuckGoSettings(_Section):
    """The page without scripts; it has no key and stands up to few searches."""

    base_url: Address = Field(default="https://html.duckduckgo.com", description="of the engine")


class Settings(_Section):
    """Which engines are asked, in which order, and how many of their results are read."""

    engines: tuple[Name, ...] | None = Field(
        default=None, description="in the order of preference; default: those whose address or key is set"
    )
    read: int = Field(default=3, ge=0, le=10, description="pages of the results that are read")
    searxng: SearxngSettings = Field(default_factory=SearxngSettings)
    brave: BraveSettings = Field(default_factory=BraveSettings)
    tavily: TavilySettings = Field(default_factory=TavilySettings)
    duckduckgo: DuckDuckGoSettings = Field(default_factory=DuckDuckGoSettings)

    @field_validator("engines", mode="before")
    @classmethod
    def _from_variable(cls, names: object) -> object:
        """Take the text of an environment variable too: names with commas between them, or a list in JSON."""
        if not isinstance(names, str):
            return names
        return json.loads(names) if names.startswith("[") else [name.strip() for name in names.split(",") if name]

    @property
    def order(self) -> tuple[Name, ...]:
        """The engines that are asked; none, when nothing is set."""
        if self.engines is not None:
            return self.engines
        is_set = {"searxng": self.searxng.base_url, "brave": self.brave.api_key, "tavily": self.tavily.api_key}
        return tuple(name for name in get_args(Name) if is_set.get(name))


def _key(variable: str) -> SecretStr | None:
    key = os.environ.get(variable, "").strip()
    return SecretStr(key) if key else None
