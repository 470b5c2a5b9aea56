"""What comes to a service and what goes from it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """A request that came. Names of headers are in small letters."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime

    @property
    def path(self) -> str:
        """Without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The last value of each name."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def json(self) -> Any:
        """The body; `{}` where there is none.

        Raises:
            ValueError: it is no JSON.
        """
        return json.loads(self.body) if self.body else {}

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form."""
        return {name: values[-1] for name, values in parse_qs(self.body.decode()).items()}

    @property
    def token(self) -> str:
        """Of a bearer."""
        return self.headers.get("authorization", "").removeprefix("Bearer ").removeprefix("token ")


@dataclass(frozen=True)
class Reply:
    """An answer; `body` is sent as JSON unless it is bytes."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()
