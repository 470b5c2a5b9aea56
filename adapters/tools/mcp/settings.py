"""How a server is reached, in the words that other clients use."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from rookery.domain.errors import ConfigurationError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}")
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


class Settings(BaseModel):
    """A section `[mcpServers.NAME]`: a program that is started, or an address."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["stdio", "http", "streamable-http"] | None = Field(default=None, description="default: as it follows")
    command: str | None = Field(default=None, min_length=1, description="a program to start; or name an address")
    args: list[str] = Field(default=[], description="of the program")
    env: dict[str, SecretStr] = Field(default={}, description="all that the program is told of credentials")
    cwd: Path | None = Field(default=None, description="the folder in which the program is started")
    url: str | None = Field(default=None, pattern=r"^https?://", description="the address of a server")
    headers: dict[str, SecretStr] = Field(default={}, description="sent to the address; ${NAME} is a variable")
    disabled: bool = Field(default=False, description="as if the section were not there")
    timeout_seconds: float = Field(default=60.0, gt=0, allow_inf_nan=False, description="of one call")
    start_seconds: float = Field(default=30.0, gt=0, allow_inf_nan=False, description="until it greets")
    trust_annotations: bool = Field(
        default=False, description="believe the server when it says that a tool only reads; else `read` says it"
    )
    read: list[str] = Field(default=[], description="tools that only read, so that nobody need approve their calls")

    @model_validator(mode="after")
    def _is_reached_in_one_way(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("give either `command`, for a program, or `url`, for a server")
        if self.type is not None and (self.type == "stdio") != (self.command is not None):
            raise ValueError(f"`type` is {self.type}, which does not go with `{'command' if self.command else 'url'}`")
        return self

    @property
    def endpoint(self) -> str:
        """A digest of how the server is reached: a server at another place is another one."""
        place = [self.command, *self.args] if self.command else [self.url]
        return hashlib.sha256(json.dumps(place).encode()).hexdigest()

    def only_reads(self, tool: str, annotations: Mapping[str, object]) -> bool:
        """Whether a tool changes nothing, by the word of the person, or by the server's where that is believed."""
        return tool in self.read or (self.trust_annotations and annotations.get("readOnlyHint") is True)

    @classmethod
    def from_section(cls, name: str, section: Mapping[str, Any]) -> Self:
        """Check a section of the settings.

        Raises:
            ConfigurationError: its name or a value is wrong.
        """
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"mcpServers.{name}: a server is called by letters, digits, - and _")
        try:
            return cls.model_validate(dict(section))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(["mcpServers", name, *map(str, first["loc"])])
            raise ConfigurationError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from error


def revealed(values: Mapping[str, SecretStr], where: str) -> dict[str, str]:
    """Return values with `${NAME}` and `${NAME:-default}` replaced by what the environment holds.

    Raises:
        ConfigurationError: it holds nothing of that name.
    """

    def value_of(match: re.Match[str]) -> str:
        found = os.environ.get(match[1], match[2])
        if found is None:
            raise ConfigurationError(f"{where}: the environment has no {match[1]}; set it")
        return found

    return {name: _VARIABLE.sub(value_of, value.get_secret_value()) for name, value in values.items()}
