"""What the tools of scholarship have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Contact = Annotated[
    str | None, Field(pattern=r"^[^@\s]+@[^@\s]+$", description="an e-mail address that is told to the service")
]


class AcademicSettings(BaseModel):
    """Services ask who is calling; those that know it answer faster."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    contact: Contact = None

    @property
    def headers(self) -> dict[str, str]:
        """Who asks, as Wikimedia, OpenAlex and Crossref want it told."""
        from importlib.metadata import version

        agent = f"Rookery/{version('rookery')} (research tool)"
        return {"User-Agent": f"{agent[:-1]}; mailto:{self.contact})" if self.contact else agent}
