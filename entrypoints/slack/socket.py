"""Socket Mode: Slack speaks through a connection that Rookery opens, so that no public address is needed.

By slack-sdk (https://docs.slack.dev/apis/events-api/using-socket-mode), which keeps the connection and opens a new one
when Slack asks for it or the network breaks.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from rookery.domain.errors import AccessDenied, AdapterError, ConfigurationError, RookeryError
from rookery.entrypoints.container import Container
from rookery.entrypoints.slack.door import SlackDoor
from rookery.entrypoints.slack.incoming import Kind

if TYPE_CHECKING:
    from slack_sdk.socket_mode.aiohttp import SocketModeClient
    from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

_log = logging.getLogger(__name__)
_KINDS = {"events_api": Kind.EVENTS, "slash_commands": Kind.COMMANDS, "interactive": Kind.INTERACTIONS}
_PING_SECONDS = 5.0


@asynccontextmanager
async def connected(
    container: Container, door: SlackDoor, address: str, *, ping_seconds: float = _PING_SECONDS
) -> AsyncIterator[None]:
    """Hear Slack until the block ends.

    Args:
        container: with the settings.
        door: deals with what comes.
        address: of Slack's Web API.
        ping_seconds: after which it is looked whether the connection still stands.

    Raises:
        ConfigurationError: slack-sdk or the app's token is missing.
        AccessDenied: Slack does not take the token.
        AdapterError: Slack cannot be reached.
    """
    client = _client(container, address, ping_seconds)
    try:
        client.wss_uri = await _first_address(client)
        client.socket_mode_request_listeners.append(_listener(door))
        await client.connect()  # type: ignore[no-untyped-call]
        yield
    finally:
        await client.close()  # type: ignore[no-untyped-call]


def _client(container: Container, address: str, ping_seconds: float) -> "SocketModeClient":
    token = container.settings().slack.app_token
    if token is None:
        raise ConfigurationError(
            "Socket Mode needs an app's token (xapp-…, with the scope connections:write): set SLACK_APP_TOKEN"
        )
    try:
        from slack_sdk.socket_mode.aiohttp import SocketModeClient
        from slack_sdk.web.async_client import AsyncWebClient
    except ImportError as error:
        raise ConfigurationError("Slack needs slack-sdk: pip install 'rookery[slack]'") from error
    web = AsyncWebClient(base_url=f"{address}/")
    return SocketModeClient(token.get_secret_value(), _log, web, ping_interval=ping_seconds)


async def _first_address(client: "SocketModeClient") -> str:
    import aiohttp
    from slack_sdk.errors import SlackApiError

    try:
        return await client.issue_new_wss_url()
    except SlackApiError as error:
        told = error.response.get("error") or "no reason given"
        raise AccessDenied(
            f"Slack opens no connection ({told}); check SLACK_APP_TOKEN and that Socket Mode is on"
        ) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise AdapterError(f"Slack cannot be reached ({error}); check the network", retryable=True) from error


def _listener(door: SlackDoor) -> "Callable[[AsyncBaseSocketModeClient, SocketModeRequest], Awaitable[None]]":
    from slack_sdk.socket_mode.response import SocketModeResponse

    async def hear(client: "AsyncBaseSocketModeClient", request: "SocketModeRequest") -> None:
        """What cannot be kept is not acknowledged: Slack sends it again."""
        told = None
        if request.type in _KINDS:
            try:
                told = await door.receive(_KINDS[request.type], request.payload)
            except RookeryError as error:
                _log.warning("what Slack sent cannot be kept, and is not acknowledged: %s", error)
                return
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, told))

    return hear
