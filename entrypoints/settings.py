"""Settings: `rookery.toml`, overridden by `ROOKERY_SECTION__KEY`, overridden by flags."""

from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from rookery.domain.agents import Budget
from rookery.domain.approvals import Policy
from rookery.domain.errors import ConfigurationError
from rookery.entrypoints.slack.settings import SlackSettings

FILE_NAME = "rookery.toml"


class Section(BaseModel):
    """A section of the settings; a key that it does not know is an error, not a wish that nobody hears."""

    model_config = ConfigDict(extra="forbid")


class ResearchSettings(Section):
    """Which adapter stands behind each port, by its entry-point name."""

    model: str = Field(default="extractive", description="an adapter, a GGUF file, or adapter:model")
    fallbacks: list[str] = Field(default=["extractive"], description="models that answer where the first one fails")
    embedder: str | None = Field(default="minilm", description="none: search by words only")
    vector_store: str = Field(default="chroma", description="what searches memory by meaning, an adapter")
    orchestrator: str = Field(default="local", description="what conducts runs, an adapter")
    language: str = Field(default="english", description="of the documents, for stemming")
    offline: bool = Field(default=False, description="download nothing")
    budget: Budget = Field(default=Budget(), description="what a run may use up at most")


class MemorySettings(Section):
    """What agents do with memory, and which indexes follow it."""

    recall: bool = Field(default=True, description="whether agents look into memory before they work")
    note: bool = Field(default=True, description="whether findings are noted afterwards")
    namespace: str | None = Field(
        default=None, min_length=1, max_length=200, description="that all agents share; default: the run's namespace"
    )
    half_life_days: float | None = Field(
        default=None, gt=0, description="after which a memory's score is halved; default: age does not matter"
    )
    mirrors: list[str] = Field(
        default=[], description="further vector stores that follow memory; they take over when the first one fails"
    )


class AgentSettings(Section):
    """What of a member of the colony can be set, by its id."""

    priority: int | None = Field(default=None, description="of its requests and of what it remembers")
    memory: Literal["shared", "private"] | None = Field(default=None, description="whether others see what it notes")
    lora: str | None = Field(default=None, description="a LoRA adapter of the model, by its name in the settings")


class SyncSettings(Section):
    """Where memory is exchanged with other machines."""

    store: str | None = Field(default=None, description="s3 or directory; its settings are in [object_stores.…]")
    identity: SecretStr | None = Field(
        default=None, description="an age identity (AGE-SECRET-KEY-…): what is sent is encrypted; the same everywhere"
    )
    interval_seconds: float = Field(default=60.0, ge=1, description="between two exchanges of `memory sync --watch`")


class RunSettings(Section):
    """Whether machines that have no file system in common share runs."""

    shared: bool = Field(
        default=False,
        description="runs go through the store of [sync] to workers on other machines; the same on all of them",
    )
    lease_seconds: float = Field(
        default=30.0,
        ge=1,
        description="after which a worker that cannot reach the store stops; another then goes on",
    )
    poll_seconds: float = Field(default=0.5, gt=0, description="between two looks at what other machines wrote")


class ServerSettings(Section):
    """Where the API listens and what its callers may have read."""

    host: str = Field(default="127.0.0.1", description="the address to listen on")
    port: int = Field(default=8400, ge=0, le=65535, description="0: any that is free")
    source_roots: list[Path] = Field(
        default=[], description="folders whose documents may be named as sources; default: the working directory"
    )
    parallel_runs: int = Field(default=2, ge=1, description="conducted side by side")
    mcp: bool = Field(default=False, description="whether `rookery serve` speaks MCP, too, at /mcp")
    allowed_hosts: list[str] = Field(
        default=[], description="names by which MCP may be spoken to, beside localhost and `host`"
    )
    waiting_runs: int = Field(default=100, ge=0, description="runs that may wait for their turn; more are refused")
    requests_per_second: float = Field(default=200, ge=0, description="of one token, in the long run; 0: no limit")
    request_burst: int = Field(default=1000, ge=1, description="requests that one token may make at once")
    max_body_mb: float = Field(default=32, gt=0, description="of a request")
    max_header_kb: float = Field(default=32, gt=0, description="all headers of a request together")
    cors_origins: list[str] = Field(default=[], description="whose pages may call the API from a browser")


class LogSettings(Section):
    """What a server writes to its log, and in which form."""

    form: Literal["text", "json"] = Field(default="text", description="json: one object a line")
    level: Literal["debug", "info", "warning", "error"] = Field(default="warning", description="info: each request")


class TraceSettings(Section):
    """What OpenTelemetry is told; nothing without OTEL_EXPORTER_OTLP_ENDPOINT."""

    content: bool = Field(default=False, description="questions, prompts, replies and arguments of tools, too")


class Settings(BaseSettings):
    """All settings. The sections named like entry-point groups hold one table for each adapter, checked by it."""

    model_config = SettingsConfigDict(env_prefix="ROOKERY_", env_nested_delimiter="__", extra="forbid")

    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("rookery", appauthor=False)))
    research: ResearchSettings = ResearchSettings()
    memory: MemorySettings = MemorySettings()
    agents: dict[str, AgentSettings] = {}
    sync: SyncSettings = SyncSettings()
    runs: RunSettings = RunSettings()
    approvals: Policy = Policy()
    server: ServerSettings = ServerSettings()
    logs: LogSettings = LogSettings()
    traces: TraceSettings = TraceSettings()
    slack: SlackSettings = Field(default_factory=SlackSettings)
    sources: dict[str, Any] = {}
    network: dict[str, Any] = {}
    mcpServers: dict[str, dict[str, Any]] = {}  # noqa: N815 - as other clients call it
    llms: dict[str, dict[str, Any]] = {}
    embedders: dict[str, dict[str, Any]] = {}
    vector_stores: dict[str, dict[str, Any]] = {}
    orchestrators: dict[str, dict[str, Any]] = {}
    object_stores: dict[str, dict[str, Any]] = {}
    tuners: dict[str, dict[str, Any]] = {}
    tools: dict[str, dict[str, Any]] = {}
    integrations: dict[str, dict[str, Any]] = {}

    @field_validator("home")
    @classmethod
    def _of_the_user(cls, home: Path) -> Path:
        """`~` is the user's folder, also in a file, where no shell reads it."""
        return home.expanduser()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags before environment before file."""
        file = settings_file(Path.cwd())
        toml = (TomlConfigSettingsSource(settings_cls, file),) if file else ()
        return (init_settings, env_settings, *toml)


def settings_file(start: Path) -> Path | None:
    """Return the `rookery.toml` in `start` or the nearest folder above it, else the one in the user's config folder."""
    folders = [start, *start.parents, Path(platformdirs.user_config_dir("rookery", appauthor=False))]
    return next((folder / FILE_NAME for folder in folders if (folder / FILE_NAME).is_file()), None)


def load_settings(**flags: Any) -> Settings:
    """Return the settings in force.

    Raises:
        ConfigurationError: a value is missing or wrong; the message names its key.
    """
    try:
        return Settings(**flags)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ConfigurationError(f"the settings are wrong: {faults}") from error
    except ValueError as error:
        raise ConfigurationError(f"{settings_file(Path.cwd())} cannot be read: {error}") from error
