"""Slack's doors: guarded by Slack's signature instead of a token."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from rookery.entrypoints.api.problems import problem

router = APIRouter(prefix="/integrations/slack", tags=["slack"])
_UNSIGNED = "no Slack signing secret is configured, so no request can be known to come from Slack"


def _refuse() -> JSONResponse:
    return problem(401, "unauthenticated", "Slack is not connected", _UNSIGNED)


@router.post("/events")
async def events() -> JSONResponse:
    """Receive Slack's events."""
    return _refuse()


@router.post("/commands")
async def commands() -> JSONResponse:
    """Receive slash commands."""
    return _refuse()


@router.post("/interactions")
async def interactions() -> JSONResponse:
    """Receive the buttons that people press."""
    return _refuse()
