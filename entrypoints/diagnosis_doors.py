"""How the doors to services stand that are set up: Slack, MCP servers."""

import asyncio

from rookery.adapters.tools.mcp.source import McpToolSource
from rookery.domain.errors import RookeryError
from rookery.domain.integrations import IntegrationState, IntegrationStatus
from rookery.domain.pins import Judged, Standing
from rookery.entrypoints.container import Container
from rookery.entrypoints.findings import Finding

_OFFLINE = "Rookery works offline"
_WELL = (IntegrationState.READY, IntegrationState.WAITING)


async def look_at_slack(container: Container) -> Finding:
    """Look at what messages to Slack and questions from Slack need."""
    settings = container.settings().slack
    if container.settings().research.offline:
        return Finding(name="slack", state="missing", detail=_OFFLINE)
    try:
        status = await container.integrations()["slack"].check()
    except RookeryError as error:
        return Finding(name="slack", state="broken", detail=str(error))
    ways = [
        *(["Socket Mode (`rookery slack`)"] if settings.app_token else []),
        *(["events by HTTP (`rookery serve`)"] if settings.signing_secret else []),
    ]
    if not status.configured:
        return _without_bot(ways)
    return _with_bot(status, ways, may_ask=bool(settings.askers))


def _without_bot(ways: list[str]) -> Finding:
    if ways:
        detail = f"{' and '.join(ways)} is set up, and the bot has no token: set SLACK_BOT_TOKEN (docs/slack.md)"
        return Finding(name="slack", state="broken", detail=detail)
    return Finding(name="slack", state="missing", detail="not set up: SLACK_BOT_TOKEN (docs/slack.md)")


def _with_bot(status: IntegrationStatus, ways: list[str], *, may_ask: bool) -> Finding:
    if status.status not in _WELL:
        return Finding(name="slack", state="broken", detail=status.detail)
    if not ways:
        detail = f"{status.detail}; for questions from there, set SLACK_APP_TOKEN or SLACK_SIGNING_SECRET"
        return Finding(name="slack", state="ok", detail=detail)
    told = f"{status.detail}; takes questions by {' and '.join(ways)}"
    nobody = "" if may_ask else ", and nobody may ask: `slack.askers` says who may"
    return Finding(name="slack", state="ok" if may_ask else "missing", detail=f"{told}{nobody}")


async def look_at_mcp(container: Container) -> list[Finding]:
    """Ask each MCP server of the settings what it offers, and look whether a person has accepted that."""
    try:
        sources = container.tool_sources()
    except RookeryError as error:
        return [Finding(name="mcp", state="broken", detail=str(error))]
    offline = container.settings().research.offline
    reached = [source for source in sources if not (offline and source.settings.url)]
    left = [Finding(name=f"mcp {one.name}", state="missing", detail=_OFFLINE) for one in sources if one not in reached]
    return [*await asyncio.gather(*map(_look_at_server, reached)), *left]


async def _look_at_server(source: McpToolSource) -> Finding:
    name = f"mcp {source.name}"
    try:
        judged = await source.look()
    except RookeryError as error:
        return Finding(name=name, state="broken", detail=str(error))
    trusted = _of(judged, Standing.TRUSTED)
    blocked = {standing: _of(judged, standing) for standing in (Standing.CHANGED, Standing.MOVED, Standing.UNFIT)}
    new = _of(judged, Standing.NEW)
    told = [f"{len(trusted)} tools can be used", *(f"{kind}: {', '.join(of)}" for kind, of in blocked.items() if of)]
    if new:
        told.append(f"never accepted: {', '.join(new)}")
    if new or any(blocked.values()):
        told.append(f"`rookery mcp trust {source.name}` shows and accepts")
    state = "broken" if any(blocked.values()) else "ok" if trusted else "missing"
    return Finding(name=name, state=state, detail="; ".join(told))


def _of(judged: list[Judged], standing: Standing) -> list[str]:
    return [one.name[:64] for one in judged if one.standing is standing]
