"""What GitHub says instead of doing it (https://docs.github.com/rest/using-the-rest-api/troubleshooting)."""

from typing import Any

from rookery.adapters.support.services.refusals import TryAgain, one_line
from rookery.adapters.support.services.rest import Answer
from rookery.adapters.support.services.status import Missing, Refused
from rookery.domain.errors import ToolError

_SECONDARY = 60.0  # seconds, at least, where GitHub names none


def refusal(answer: Answer) -> Exception | None:
    """Return what to raise for a refusal; None where its status says all."""
    words = _words(answer.body)
    if answer.status in (403, 429) and "secondary rate limit" in words.lower():
        return TryAgain(ToolError("GitHub is busy", retryable=True), after=_SECONDARY, limited=True)
    told = f" ({words})" if words else ""
    match answer.status:
        case 401:
            return Refused(
                f"GitHub does not take the token{told}; set GITHUB_TOKEN, or `token` under [integrations.github]"
            )
        case 403:
            scopes = answer.headers.get("x-accepted-oauth-scopes") or answer.headers.get(
                "x-accepted-github-permissions"
            )
            needs = f"; it takes {scopes}" if scopes else ""
            return Refused(f"GitHub does not allow that to this token{told}{needs}")
        case 404:
            return Missing(
                "GitHub has no such thing, or hides it: a private repository shows itself only to a token that may "
                f"read it; check the name and the token's access{told}"
            )
        case 410:
            return ToolError(f"GitHub says that this was removed or switched off{told}")
        case 422:
            return ToolError(f"GitHub does not take it like that{told}")
        case 301 | 302 | 307 | 308:
            return ToolError(f"the repository was moved; use its new name{told}")
    return None


def _words(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    faults = [
        " ".join(str(fault[name]) for name in ("field", "code", "message") if fault.get(name))
        if isinstance(fault, dict)
        else str(fault)
        for fault in body.get("errors") or []
    ]
    return one_line("; ".join([str(body.get("message", "")), *faults]).strip("; "))
