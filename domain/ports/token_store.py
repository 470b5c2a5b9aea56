"""The store of access tokens."""

from typing import Protocol

from rookery.domain.access import AccessToken


class TokenStorePort(Protocol):
    """Keeps the digests of access tokens. Safe to call from several processes."""

    async def add(self, token: AccessToken) -> None:
        """Store a token."""
        ...

    async def all(self) -> list[AccessToken]:
        """Return all tokens, revoked ones too, oldest first."""
        ...

    async def save(self, token: AccessToken) -> None:
        """Replace what is stored of a token.

        Raises:
            NotFound: there is no such token.
        """
        ...
