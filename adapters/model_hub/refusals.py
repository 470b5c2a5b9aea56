"""What a hub's refusal means, and what the person can do."""

from rookery.adapters.model_hub.settings import Settings
from rookery.domain.errors import AccessDenied, AdapterError, NotFound, RookeryError
from rookery.domain.model_names import HubReference


class Refusals:
    """Makes errors of a hub's answers for one repository. What the hub says in words is not repeated."""

    def __init__(self, settings: Settings, reference: HubReference) -> None:
        self._page = f"{settings.url.rstrip('/')}/{reference.path}"
        self._repository = reference.path
        self._has_token = settings.token is not None

    def error(self, status: int, code: str | None, *, revision: str) -> RookeryError:
        """Return the error for a status and the hub's own code (header `X-Error-Code`)."""
        if code == "GatedRepo" or (status == 403 and code is None):
            return AccessDenied(self._gated())
        if code == "RevisionNotFound":
            return NotFound(f"{self._repository} has no revision {revision!r}; leave --revision out for the newest")
        if code == "EntryNotFound":
            return NotFound(f"{self._page} lists a file that it does not give out; try again, or another file")
        if status == 404 or code == "RepoNotFound":
            return NotFound(
                f"there is no repository {self._page}, or it is private; check its name"
                + ("" if self._has_token else ", or set HF_TOKEN to a token that may read it")
            )
        if status in (401, 403):
            return AccessDenied(self._denied())
        return AdapterError(
            f"{self._page} answered with status {status}; try again later", retryable=status == 429 or status >= 500
        )

    def _gated(self) -> str:
        wanted = (
            "the token in HF_TOKEN belongs to somebody who has not (yet) been granted access"
            if self._has_token
            else "then set HF_TOKEN to a token of your account (a read token from its settings is enough)"
        )
        return f"{self._repository} is gated: accept its licence at {self._page}; {wanted}"

    def _denied(self) -> str:
        if self._has_token:
            return f"the hub does not accept the token in HF_TOKEN for {self._repository}; make a new read token"
        return f"{self._repository} needs a token: set HF_TOKEN to one of your account that may read {self._page}"
