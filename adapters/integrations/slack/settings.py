"""Where Slack is and who asks it."""

from pydantic import Field, SecretStr, field_validator

from rookery.adapters.support.services.surroundings import ServiceSettings, plain_address, secret_of_environment


class SlackSettings(ServiceSettings):
    """The section `[integrations.slack]`."""

    token: SecretStr | None = Field(
        default_factory=lambda: secret_of_environment("SLACK_BOT_TOKEN"),
        description="of the bot (xoxb-…); default: SLACK_BOT_TOKEN",
    )
    user_token: SecretStr | None = Field(
        default_factory=lambda: secret_of_environment("SLACK_USER_TOKEN"),
        description="of a person (xoxp-…), with search:read; only such a token may search all channels",
    )
    base_url: str = Field(default="https://slack.com/api", description="of its API")
    channel: str | None = Field(default=None, description="where messages go that name no target, such as #team")

    _address = field_validator("base_url")(plain_address)
