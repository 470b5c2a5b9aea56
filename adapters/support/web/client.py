"""httpx clients that reach checked addresses only."""

from importlib.metadata import version
from typing import TYPE_CHECKING

from rookery.adapters.support.web.bounds import CONNECT_SECONDS, REDIRECTS, Bounds
from rookery.adapters.support.web.guard import Guard

if TYPE_CHECKING:
    import httpx


def client(guard: Guard, bounds: Bounds, *, accept: str = "*/*", offline: str | None = None) -> "httpx.AsyncClient":
    """Return a client whose every request is checked as it is sent, whatever library sends it.

    It follows redirects, each checked. What authorises is not passed on to another host (a rule of httpx). Proxies
    and credentials of the environment are not used: a proxy would look names up by itself.

    Args:
        guard: what decides where connections may go.
        bounds: of each answer.
        accept: the header by which the kind of answer is asked for.
        offline: the message with which every request is refused; None: none is.
    """
    import httpx

    from rookery.adapters.support.web.transport import GuardedTransport

    return httpx.AsyncClient(
        transport=GuardedTransport(guard, bounds, offline=offline),
        trust_env=False,
        follow_redirects=True,
        max_redirects=REDIRECTS,
        timeout=httpx.Timeout(bounds.seconds, connect=CONNECT_SECONDS),
        headers={"User-Agent": f"Rookery/{version('rookery')}", "Accept": accept},
    )
