"""Where GitHub is and who asks it."""

from pydantic import Field, SecretStr, field_validator

from rookery.adapters.support.services.surroundings import ServiceSettings, plain_address, secret_of_environment

REPOSITORY = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/\.?[A-Za-z0-9_-][A-Za-z0-9_.-]{0,98}$"
"""owner/repo, which becomes a part of paths."""


class GitHubSettings(ServiceSettings):
    """The section `[integrations.github]`."""

    token: SecretStr | None = Field(
        default_factory=lambda: secret_of_environment("GITHUB_TOKEN", "GH_TOKEN"),
        description="default: GITHUB_TOKEN, then GH_TOKEN",
    )
    base_url: str = Field(
        default="https://api.github.com", description="of Enterprise Server: https://github.example.org/api/v3"
    )
    repository: str | None = Field(
        default=None, pattern=REPOSITORY, description="owner/repo: where issues go that name no target"
    )

    _address = field_validator("base_url")(plain_address)
