"""The hosts that a person opens although they are not on the public web."""

import json
import re
from collections.abc import Mapping
from typing import Self

from pydantic import Field, ValidationError, field_validator

from rookery.domain.errors import ConfigurationError
from rookery.domain.frozen import Frozen

_HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[^\s/@\[\]:?#]+)(?::\d{1,5})?", re.IGNORECASE)


class OpenHosts(Frozen):
    """The settings of whatever fetches."""

    allow_hosts: tuple[str, ...] = Field(
        default=(), description="`host` or `host:port` that may be fetched although they are not on the public web"
    )

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _from_variable(cls, hosts: object) -> object:
        """Take the text of an environment variable too: names with commas between them, or a list in JSON."""
        if not isinstance(hosts, str):
            return hosts
        return json.loads(hosts) if hosts.startswith('["') else [host.strip() for host in hosts.split(",")]

    @field_validator("allow_hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        wrong = next((host for host in hosts if not _HOST.fullmatch(host)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is neither `host` nor `host:port`")
        return hosts

    @classmethod
    def from_section(cls, section: Mapping[str, object], *, name: str) -> Self:
        """Check a section of the settings.

        Raises:
            ConfigurationError: it has an unknown name or a wrong value.
        """
        try:
            return cls.model_validate(section)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ConfigurationError(f"{name}.{where}: {first['msg']}") from error
