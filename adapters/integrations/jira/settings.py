"""Where Jira is and who asks it."""

import base64
import os
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from rookery.adapters.support.services.surroundings import ServiceSettings, plain_address, secret_of_environment


def _of_environment(*names: str) -> str | None:
    return next(filter(None, (os.environ.get(name, "").strip() for name in names)), None)


class JiraSettings(ServiceSettings):
    """The section `[integrations.jira]`."""

    base_url: str | None = Field(
        default_factory=lambda: _of_environment("JIRA_BASE_URL", "JIRA_URL", "JIRA_SERVER"),
        description="such as https://example.atlassian.net; default: JIRA_BASE_URL, JIRA_URL, then JIRA_SERVER",
    )
    email: str | None = Field(
        default_factory=lambda: _of_environment("JIRA_EMAIL", "JIRA_USER"),
        description="of the account, in the cloud; default: JIRA_EMAIL, then JIRA_USER",
    )
    token: SecretStr | None = Field(
        default_factory=lambda: secret_of_environment("JIRA_API_TOKEN", "JIRA_TOKEN"),
        description="of the API (cloud) or a personal access token (Data Center); default: JIRA_API_TOKEN, JIRA_TOKEN",
    )
    deployment: Literal["cloud", "data_center"] = Field(default="cloud", description="where this Jira is run")
    project: str | None = Field(default=None, description="key of the project where issues go that name no target")
    issue_type: str = Field(default="Task", description="of issues that are made")

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else plain_address(value)

    @property
    def is_cloud(self) -> bool:
        """Whether it speaks version 3, with documents as trees."""
        return self.deployment == "cloud"

    @property
    def missing(self) -> str | None:
        """What has to be set before Jira can be used, in words for a person."""
        wanted = {"JIRA_BASE_URL": self.base_url, "JIRA_API_TOKEN": self.token}
        if self.is_cloud:
            wanted["JIRA_EMAIL"] = self.email
        names = [name for name, value in wanted.items() if not value]
        if not names:
            return None
        return f"Jira is not set up: set {', '.join(names)}, or base_url, email and token under [integrations.jira]"

    @property
    def authorization(self) -> str:
        """The header that goes with each request."""
        token = self.token.get_secret_value() if self.token else ""
        if not self.is_cloud:
            return f"Bearer {token}"
        return f"Basic {base64.b64encode(f'{self.email}:{token}'.encode()).decode()}"
