"""Slack's doors: guarded by Slack's signature instead of a token."""

import json
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from rookery.entrypoints.api.colony import TheContainer
from rookery.entrypoints.api.problems import problem
from rookery.entrypoints.slack.door import SlackDoor
from rookery.entrypoints.slack.incoming import Kind
from rookery.entrypoints.slack.signatures import is_signed

router = APIRouter(prefix="/integrations/slack", tags=["slack"])
_UNSET = (
    "no Slack signing secret is configured, so no request can be known to come from Slack; set SLACK_SIGNING_SECRET"
)
_UNSIGNED = "the request is not signed with Slack's signing secret, or was signed more than five minutes ago"


@router.post("/events")
async def events(request: Request, container: TheContainer) -> Response:
    """Receive Slack's events."""
    return await _answer(Kind.EVENTS, request, container)


@router.post("/commands")
async def commands(request: Request, container: TheContainer) -> Response:
    """Receive slash commands."""
    return await _answer(Kind.COMMANDS, request, container)


@router.post("/interactions")
async def interactions(request: Request, container: TheContainer) -> Response:
    """Receive the buttons that people press."""
    return await _answer(Kind.INTERACTIONS, request, container)


async def _answer(kind: Kind, request: Request, container: TheContainer) -> Response:
    secret = container.settings().slack.signing_secret
    door: SlackDoor | None = request.app.state.slack
    if secret is None or door is None:
        return problem(401, "unauthenticated", "Slack is not connected", _UNSET)
    body = await request.body()
    headers = request.headers
    signed = is_signed(
        secret,
        body,
        timestamp=headers.get("x-slack-request-timestamp"),
        signature=headers.get("x-slack-signature"),
        now=container.clock().now(),
    )
    if not signed:
        return problem(401, "unauthenticated", "The request does not come from Slack", _UNSIGNED)
    payload = _payload(kind, body)
    if payload is None:
        return problem(400, "malformed", "The request cannot be read", "this is not of the form in which Slack writes")
    if kind is Kind.EVENTS and payload.get("type") == "url_verification":
        return JSONResponse({"challenge": str(payload.get("challenge", ""))})
    told = await door.receive(kind, payload)
    return Response() if told is None else JSONResponse(told)


def _payload(kind: Kind, body: bytes) -> dict[str, Any] | None:
    try:
        text = body.decode()
        if kind is Kind.COMMANDS:
            return {name: values[-1] for name, values in parse_qs(text).items()}
        payload = json.loads(text if kind is Kind.EVENTS else parse_qs(text)["payload"][-1])
    except (ValueError, KeyError):
        return None
    return payload if isinstance(payload, dict) else None
