"""What Slack says instead of doing it (https://api.slack.com/methods lists the errors of each method)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rookery.adapters.support.services.refusals import PASSING, TryAgain, asked_wait, is_limit
from rookery.adapters.support.services.status import Refused
from rookery.domain.errors import ToolError

_TOKENS = {
    "invalid_auth": "Slack does not know the token",
    "not_authed": "Slack asks for a token",
    "account_inactive": "the token's account was deactivated",
    "token_revoked": "the token was revoked",
    "token_expired": "the token has expired",
}
_PASSING = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
_ADVICE = {
    "channel_not_found": "Slack shows no such channel to the bot; check its name, and invite the bot to private ones",
    "not_in_channel": "the bot is not in the channel; invite it there with /invite",
    "is_archived": "the channel is archived; name another one",
    "msg_too_long": "the message is too long for Slack",
    "no_text": "the message has no text",
    "thread_not_found": "there is no such thread in the channel",
    "restricted_action": "the workspace does not let the bot write there; ask its admins",
    "not_allowed_token_type": "only a person's token may do that; set `user_token` under [integrations.slack]",
    "ekm_access_denied": "the workspace's admins have suspended access to the channel",
}


@contextmanager
def translated(now: datetime) -> Iterator[None]:
    """Raise what slack_sdk raises in the block as an error of ours.

    Raises:
        TryAgain: Slack is busy, out of order or not to be reached.
        ToolError: asking again is of no use.
    """
    import aiohttp
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        yield
    except SlackApiError as error:
        raise _refusal(error, now) from error
    except aiohttp.ClientConnectorError as error:
        raise TryAgain(_unreachable(error), doubtful=False) from error
    except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError, ValueError) as error:
        raise TryAgain(_unreachable(error)) from error


def _unreachable(error: Exception) -> ToolError:
    words = str(error) or type(error).__name__
    return ToolError(f"Slack cannot be reached or broke off its answer ({words}); check the network", retryable=True)


def _refusal(error: Any, now: datetime) -> Exception:
    response = error.response
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    headers: Mapping[str, str] = {name: str(value) for name, value in dict(response.headers).items()}
    data = getattr(response, "data", None)
    body: Mapping[str, Any] = data if isinstance(data, dict) else {}
    code = str(body.get("error", ""))
    if is_limit(status, headers) or code in ("ratelimited", "rate_limited"):
        return TryAgain(ToolError("Slack is busy", retryable=True), after=asked_wait(headers, now), limited=True)
    if status in PASSING or code in _PASSING or not code:
        told = code or f"status {status}"
        return TryAgain(ToolError(f"Slack is out of order ({told})", retryable=True), after=asked_wait(headers, now))
    return _advice(code, body)


def _advice(code: str, body: Mapping[str, Any]) -> ToolError:
    if code in _TOKENS:
        return Refused(f"{_TOKENS[code]} ({code}); set SLACK_BOT_TOKEN, or `token` under [integrations.slack]")
    if code == "missing_scope":
        needed = body.get("needed", "?")
        return Refused(f"the token lacks the scope {needed}; add it to the app (OAuth & Permissions), and reinstall it")
    return ToolError(f"{_ADVICE.get(code, 'Slack refuses')} ({code})")
