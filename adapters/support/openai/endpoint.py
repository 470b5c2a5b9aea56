"""Where a server is, and with which key it is asked."""

import ipaddress
import os
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


def _url_of_environment() -> str:
    return os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"


def _key_of_environment() -> SecretStr | None:
    key = os.environ.get("OPENAI_API_KEY")
    return SecretStr(key) if key else None


class Endpoint(BaseModel):
    """The settings that all adapters of OpenAI's interface have."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    base_url: str = Field(default_factory=_url_of_environment, description="default: OPENAI_BASE_URL, then OpenAI")
    api_key: SecretStr | None = Field(default_factory=_key_of_environment, description="default: OPENAI_API_KEY")
    max_retries: int = Field(default=4, ge=0, description="when the server is busy or cannot be reached")

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        parts = urlsplit(value.strip())
        plain = parts.hostname and "@" not in parts.netloc and not parts.query and not parts.fragment
        if parts.scheme not in ("http", "https") or not plain or parts.port == 0:
            raise ValueError("give an address like http://localhost:11434/v1, without a name, password or query")
        return value.strip().rstrip("/")

    @field_validator("api_key")
    @classmethod
    def _fit_for_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value().strip() if value else ""
        if not all("!" <= character <= "~" for character in key):
            raise ValueError("a key has no spaces, line breaks or characters beyond ASCII")
        return SecretStr(key) if key else None

    @property
    def secret(self) -> str | None:
        """The key in clear."""
        return self.api_key.get_secret_value() if self.api_key else None

    @property
    def is_here(self) -> bool:
        """Whether the address is one of this machine's own, which no other machine can be reached by."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")
