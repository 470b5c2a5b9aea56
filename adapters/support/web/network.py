"""The web as tools and servers of tools may reach it: one object, from the section `network` of the settings."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from rookery.adapters.support.web.addresses import Resolver, system_resolver
from rookery.adapters.support.web.bounds import Bounds
from rookery.adapters.support.web.client import client
from rookery.adapters.support.web.guard import PORTS, Guard
from rookery.adapters.support.web.hosts import OpenHosts

if TYPE_CHECKING:
    import httpx

_OFFLINE = "since Rookery works offline; leave out --offline (research.offline)"
_USUAL = Bounds()


class Network:
    """Makes clients for whatever an agent reaches over the network. Adapters ask for it by the name `network`.

    Args:
        hosts: those that are open to agents although they are not on the public web.
        offline: refuse everything.
        resolve: what looks host names up.
    """

    def __init__(
        self, hosts: OpenHosts | None = None, *, offline: bool = False, resolve: Resolver = system_resolver
    ) -> None:
        self._hosts = hosts or OpenHosts()
        self._resolve = resolve
        self.offline = offline

    @classmethod
    def from_section(cls, section: Mapping[str, object], *, offline: bool = False) -> Self:
        """Read the section `network` of the settings.

        Raises:
            ConfigurationError: it has an unknown name or a wrong value.
        """
        return cls(OpenHosts.from_section(section, name="network"), offline=offline)

    def guard(self, *, service: str | None = None) -> Guard:
        """Return what decides where connections may go.

        Args:
            service: an address that a person has set for a service; its host and port are open, wherever they are.
        """
        open_ = self._hosts.allow_hosts if service is None else (*self._hosts.allow_hosts, _place(service))
        return Guard(open_, self._resolve, setting="network.allow_hosts")

    def client(
        self, *, service: str | None = None, bounds: Bounds = _USUAL, accept: str = "*/*"
    ) -> "httpx.AsyncClient":
        """Return a client that the caller closes: `async with network.client(service=url) as web`.

        Each request, those of redirects too, is checked; see `GuardedTransport` for what it raises beside httpx's own
        errors. For streams that stay open pass `Bounds(math.inf, None)`.

        Args:
            service: an address that a person has set for a service; its host and port are open, wherever they are.
            bounds: of each answer.
            accept: the header by which the kind of answer is asked for.
        """
        return client(self.guard(service=service), bounds, accept=accept, offline=_OFFLINE if self.offline else None)


def _place(address: str) -> str:
    """Return `host:port` of an address; the brackets of IPv6 stay."""
    parts = urlsplit(address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or PORTS.get(parts.scheme, 0)}"
