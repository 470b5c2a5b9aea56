"""Who may do what through the API."""

from enum import StrEnum

from rookery.domain.frozen import Frozen, Timestamp


class Scope(StrEnum):
    """What a token permits. `admin` permits everything."""

    READ = "read"
    RUN = "run"
    MEMORY = "memory"
    APPROVE = "approve"
    ADMIN = "admin"


class AccessToken(Frozen):
    """A token as it is kept: its digest, never itself."""

    id: str
    name: str
    scopes: list[Scope]
    digest: str
    created_at: Timestamp
    revoked_at: Timestamp | None = None

    def permits(self, scope: Scope) -> bool:
        """Whether the token, if it was presented, permits what `scope` names."""
        return self.revoked_at is None and (scope in self.scopes or Scope.ADMIN in self.scopes)
