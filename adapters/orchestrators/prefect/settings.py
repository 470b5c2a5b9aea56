"""How Prefect is reached, and how much it does at once."""

from pydantic import BaseModel, Field, field_validator


class Settings(BaseModel):
    """How the Prefect orchestrator works."""

    api_url: str | None = Field(
        default=None,
        description="of a Prefect server, such as http://127.0.0.1:4200/api; none: PREFECT_API_URL, else its own",
    )
    parallel: int = Field(default=4, ge=1, description="steps of one fan-out that run side by side")
    retries: int = Field(default=2, ge=0, description="of a step whose error says that trying again may help")
    backoff_seconds: float = Field(
        default=2.0, ge=0, description="before the first retry; doubled for each further one"
    )
    step_tag: str | None = Field(
        default=None, min_length=1, description="a tag for each step; a concurrency limit of that tag then holds for it"
    )
    work_pool: str | None = Field(
        default=None, min_length=1, description="that `rookery serve` hands its runs to; none: it conducts them itself"
    )
    poll_seconds: float = Field(default=2.0, gt=0, description="between two looks of a worker into its pool")

    @field_validator("api_url")
    @classmethod
    def _an_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("give an address, such as http://127.0.0.1:4200/api")
        return url
