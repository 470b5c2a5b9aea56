"""The address of a service in the settings."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def _plain_address(value: str) -> str:
    parts = urlsplit(value.strip())
    plain = parts.hostname and "@" not in parts.netloc and not parts.query and not parts.fragment
    if parts.scheme not in ("http", "https") or not plain:
        raise ValueError("give an address like http://localhost:8888, without a name, password or query")
    return value.strip().rstrip("/")


Address = Annotated[str, AfterValidator(_plain_address)]
"""Of a service: http or https, without credentials, query or a slash at the end."""
