"""Tokens for as long as the process lives."""

from rookery.domain.access import AccessToken
from rookery.domain.errors import NotFound
from rookery.domain.ports.token_store import TokenStorePort


class InMemoryTokenStore(TokenStorePort):
    """A dictionary of tokens."""

    def __init__(self) -> None:
        self._tokens: dict[str, AccessToken] = {}

    async def add(self, token: AccessToken) -> None:
        self._tokens[token.id] = token

    async def all(self) -> list[AccessToken]:
        return list(self._tokens.values())

    async def save(self, token: AccessToken) -> None:
        if token.id not in self._tokens:
            raise NotFound(f"there is no token {token.id}")
        self._tokens[token.id] = token
