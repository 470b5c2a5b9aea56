"""What the Slack door may be asked, and by whom."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from rookery.adapters.support.services.surroundings import secret_of_environment
from rookery.domain.runs import Depth

EVERYBODY = "*"


class SlackSettings(BaseModel):
    """The section `[slack]`. The bot's token and Slack's address are those of `[integrations.slack]`."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    app_token: SecretStr | None = Field(
        default_factory=lambda: secret_of_environment("SLACK_APP_TOKEN"),
        description="for Socket Mode (xapp-…); default: SLACK_APP_TOKEN",
    )
    signing_secret: SecretStr | None = Field(
        default_factory=lambda: secret_of_environment("SLACK_SIGNING_SECRET"),
        description="of the app, for events by HTTP; default: SLACK_SIGNING_SECRET",
    )
    askers: list[str] = Field(
        default=[], description="ids of the people who may ask and cancel, such as U012AB3CD; * is everybody"
    )
    approvers: list[str] = Field(default=[], description="ids of the people who may approve and deny; * is everybody")
    depth: Depth = Field(default=Depth.STANDARD, description="of the runs that are asked for in Slack")
    namespace: str = Field(
        default="default",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
        description="the part of the library that answers",
    )
    agent: str | None = Field(default=None, description="who answers; default: the whole colony")

    def may_ask(self, user: str) -> bool:
        """Whether somebody may ask, cancel and resume."""
        return user in self.askers or EVERYBODY in self.askers

    def may_approve(self, user: str) -> bool:
        """Whether somebody may approve and deny."""
        return user in self.approvers or EVERYBODY in self.approvers
