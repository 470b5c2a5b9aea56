"""Where Notion is and who asks it."""

from pydantic import Field, SecretStr, field_validator

from rookery.adapters.support.services.surroundings import ServiceSettings, plain_address, secret_of_environment


class NotionSettings(ServiceSettings):
    """The section `[integrations.notion]`."""

    token: SecretStr | None = Field(
        default_factory=lambda: secret_of_environment("NOTION_TOKEN", "NOTION_API_KEY"),
        description="of an internal integration (ntn_…); default: NOTION_TOKEN, then NOTION_API_KEY",
    )
    base_url: str = Field(default="https://api.notion.com", description="of its API")
    parent: str | None = Field(
        default=None, description="the page or database, by id or address, under which pages go that name no target"
    )

    _address = field_validator("base_url")(plain_address)
