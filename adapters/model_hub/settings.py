"""Where the hub is and who asks."""

import os

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from rookery.adapters.support.download import PAUSES


def _url_of_environment() -> str:
    return os.environ.get("HF_ENDPOINT") or "https://huggingface.co"


def _token_of_environment() -> SecretStr | None:
    token = os.environ.get("HF_TOKEN")
    return SecretStr(token) if token else None


class Settings(BaseModel):
    """The hub. Its address and the token are those that Hugging Face's own tools take, too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(default_factory=_url_of_environment, description="default: HF_ENDPOINT, or https://huggingface.co")
    token: SecretStr | None = Field(default_factory=_token_of_environment, description="default: HF_TOKEN")
    timeout_seconds: float = Field(default=30.0, gt=0, description="without a byte from the hub")
    pauses: tuple[float, ...] = Field(default=PAUSES, description="seconds before each further try")
