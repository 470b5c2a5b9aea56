"""Making, checking and revoking access tokens."""

import hashlib
import hmac
from collections.abc import Callable, Sequence

from rookery.domain.access import AccessToken, Scope
from rookery.domain.errors import NotFound
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.token_store import TokenStorePort

PREFIX = "rk_"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class CreateToken:
    """Makes a token. `new_secret` returns at least 256 random bits in printable form."""

    def __init__(self, tokens: TokenStorePort, clock: ClockPort, new_secret: Callable[[], str]) -> None:
        self._tokens = tokens
        self._clock = clock
        self._new_secret = new_secret

    async def __call__(self, name: str, scopes: Sequence[Scope]) -> tuple[str, AccessToken]:
        """Store a token and return it with its secret, which nobody can read again."""
        secret = PREFIX + self._new_secret()
        token = AccessToken(
            id=self._clock.new_id(),
            name=name,
            scopes=list(scopes),
            digest=_digest(secret),
            created_at=self._clock.now(),
        )
        await self._tokens.add(token)
        return secret, token


class Authenticate:
    """Turns a presented secret into its token."""

    def __init__(self, tokens: TokenStorePort) -> None:
        self._tokens = tokens

    async def __call__(self, presented: str) -> AccessToken | None:
        """Return the valid token of a secret, or None. All stored digests are compared, each in constant time."""
        digest = _digest(presented)
        matches = [token for token in await self._tokens.all() if hmac.compare_digest(token.digest, digest)]
        return next((token for token in matches if token.revoked_at is None), None)


class RevokeToken:
    """Makes a token worthless from now on."""

    def __init__(self, tokens: TokenStorePort, clock: ClockPort) -> None:
        self._tokens = tokens
        self._clock = clock

    async def __call__(self, token_id: str) -> AccessToken:
        """Revoke a token; one that was revoked before stays as it is.

        Raises:
            NotFound: there is no such token.
        """
        token = next((token for token in await self._tokens.all() if token.id == token_id), None)
        if token is None:
            raise NotFound(f"there is no token {token_id}; `rookery tokens list` shows them")
        if token.revoked_at is None:
            token = token.model_copy(update={"revoked_at": self._clock.now()})
            await self._tokens.save(token)
        return token
