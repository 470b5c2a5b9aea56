"""What Jira says instead of doing it."""

from typing import Any

from rookery.adapters.support.services.refusals import one_line
from rookery.adapters.support.services.rest import Answer
from rookery.adapters.support.services.status import Missing, Refused
from rookery.domain.errors import ToolError


def refusal(answer: Answer) -> Exception | None:
    """Return what to raise for a refusal; None where its status says all."""
    words = _words(answer.body)
    told = f" ({words})" if words else ""
    match answer.status:
        case 401:
            return Refused(
                f"Jira does not take the credentials{told}; set JIRA_EMAIL and JIRA_API_TOKEN, or email and token "
                "under [integrations.jira]"
            )
        case 403:
            return Refused(f"Jira does not allow that to this account{told}; ask for the project's permission")
        case 404:
            return Missing(f"Jira has no such thing, or hides it from this account{told}; check the key")
        case 400 | 409 | 413 | 422:
            return ToolError(f"Jira does not take it like that{told}")
        case 410:
            return ToolError(f"Jira no longer has this door{told}; check `deployment` under [integrations.jira]")
    return None


def _words(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    fields = [f"{name}: {text}" for name, text in errors.items()] if isinstance(errors, dict) else []
    messages = [str(one) for one in [*(body.get("errorMessages") or []), body.get("message")] if one]
    return one_line("; ".join([*messages, *fields]))
