"""What Notion says instead of doing it (https://developers.notion.com/reference/errors)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rookery.adapters.support.services.refusals import PASSING, TryAgain, asked_wait, is_limit, one_line
from rookery.adapters.support.services.status import Missing, Refused
from rookery.domain.errors import ToolError


@contextmanager
def translated(now: datetime) -> Iterator[None]:
    """Raise what notion-client raises in the block as an error of ours.

    Raises:
        TryAgain: Notion is busy, out of order or not to be reached.
        ToolError: asking again is of no use.
    """
    import httpx
    from notion_client.errors import HTTPResponseError, InvalidPathParameterError, RequestTimeoutError

    try:
        yield
    except HTTPResponseError as error:
        raise _refusal(error, now) from error
    except InvalidPathParameterError as error:
        raise ToolError(f"that is no id of Notion ({error})") from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise TryAgain(_unreachable(error), doubtful=False) from error
    except (TimeoutError, httpx.HTTPError, RequestTimeoutError, ValueError) as error:
        raise TryAgain(_unreachable(error)) from error


def _unreachable(error: Exception) -> ToolError:
    words = one_line(str(error)) or type(error).__name__
    return ToolError(f"Notion cannot be reached or broke off its answer ({words}); check the network", retryable=True)


def _refusal(error: Any, now: datetime) -> Exception:
    headers: Mapping[str, str] = dict(error.headers)
    told = f" ({one_line(str(error))})"
    if is_limit(error.status, headers):
        return TryAgain(ToolError("Notion is busy", retryable=True), after=asked_wait(headers, now), limited=True)
    if error.status == 409:
        return TryAgain(
            ToolError(f"somebody else changes the page at the same time{told}", retryable=True), doubtful=False
        )
    if error.status in PASSING:
        told_status = ToolError(f"Notion is out of order (status {error.status})", retryable=True)
        return TryAgain(told_status, after=asked_wait(headers, now))
    match error.status:
        case 401:
            return Refused(
                f"Notion does not take the token{told}; set NOTION_TOKEN, or `token` under [integrations.notion]"
            )
        case 403:
            return Refused(f"the integration may not do that{told}; give it the capability in its settings in Notion")
        case 404:
            return Missing(
                f"Notion shows no such thing to the integration{told}; share the page or database with it "
                "(… › Connections)"
            )
    return ToolError(f"Notion does not take it like that{told}")
