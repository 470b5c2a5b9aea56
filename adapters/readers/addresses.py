"""Which addresses of the web may be fetched: those of the public Internet, and hosts that the settings open.

A name is looked up once, its addresses are checked, and the connection goes to a checked address. So neither a name
that leads inside, nor one whose answer changes between check and connection, reaches what is not public.
"""

import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Collection
from functools import cache
from typing import TYPE_CHECKING

from rookery.adapters.readers.documents import as_title
from rookery.domain.errors import OutsideSandbox, SourceError

if TYPE_CHECKING:
    import httpx

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host name, the preferred one first; raises OSError when it has none."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://")
_PORTS = {"http": 80, "https": 443}
_NUMBER = re.compile(r"(?:^|\.)(?:0[xX][0-9A-Fa-f]*|\d+)$")  # a host that ends so is an IP address to some resolvers
_TRIED = 4  # addresses of one name that are tried one after the other

# What the special-purpose registries of IANA list, and the host of Azure that hands out machine credentials.
_CLOSED_V4 = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24"
    " 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24"
    " 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 168.63.129.16/32"
)
_OPEN_V6 = "2000::/3"  # the only block of global unicast; IPv4-mapped, NAT64, local and multicast addresses lie outside
_CLOSED_V6 = "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20"  # Teredo and 6to4 carry IPv4 inside


def is_address(location: str) -> bool:
    """Whether a location is an address of some kind and no path."""
    scheme = _SCHEME.match(location)
    return scheme is not None and scheme[1].lower() != "file"


async def system_resolver(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a host."""
    import anyio

    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address is one of a host on the public Internet."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _networks(_CLOSED_V4))
    is_global = any(ip in network for network in _networks(_OPEN_V6))
    return is_global and not any(ip in network for network in _networks(_CLOSED_V6))


class Guard:
    """Lets addresses of the public web pass, and no others.

    Args:
        allow_hosts: `host` or `host:port` that may be fetched wherever they are; without a port, at 80 and 443.
        resolve: what looks names up.
    """

    def __init__(self, allow_hosts: Collection[str], resolve: Resolver) -> None:
        self._allowed = frozenset(host.lower() for host in allow_hosts)
        self._resolve = resolve

    def check(self, location: str) -> "httpx.URL":
        """Return an address as it will be fetched, without its fragment. No name is looked up.

        Raises:
            SourceError: it is not well formed.
            OutsideSandbox: its scheme, port or host are never fetched, or it carries a password.
        """
        url = _parsed(location)
        shown = as_title(str(url.copy_with(userinfo=b"", query=None)))
        if url.scheme not in _PORTS:
            raise OutsideSandbox(f"{shown} is not fetched: only http and https addresses are")
        if not _host(url):
            raise SourceError(f"{shown} is an address without a host")
        if url.userinfo:
            raise OutsideSandbox(f"{shown} is not fetched with a user name or password in its address")
        if not self._is_allowed(url):
            self._check_public(url, shown)
        return url

    async def addresses(self, url: "httpx.URL") -> list[str]:
        """Return the IP addresses at which a checked URL may be fetched.

        Raises:
            SourceError: the host is unknown.
            OutsideSandbox: it leads to no public address.
        """
        host = _host(url)
        try:
            found = await self._resolve(host, url.port or _PORTS[url.scheme])
        except (OSError, UnicodeError) as error:
            raise SourceError(f"there is no host {host}: check the address and the network") from error
        public = found if self._is_allowed(url) else list(filter(is_public, found))
        if not public:
            raise OutsideSandbox(_refusal(str(url.copy_with(query=None)), url))
        return public[:_TRIED]

    def _check_public(self, url: "httpx.URL", shown: str) -> None:
        host = _host(url)
        if url.port not in (None, _PORTS[url.scheme]):
            raise OutsideSandbox(
                f"{shown} is not fetched: port {url.port} is not that of the web;"
                f' if you trust this host, add "{host}:{url.port}" to sources.allow_hosts'
            )
        literal = _literal(host)
        if literal is None and _NUMBER.search(host):
            raise OutsideSandbox(f"{shown} is not fetched: an IP address is written as four decimal numbers")
        if literal is not None and not is_public(literal):
            raise OutsideSandbox(_refusal(shown, url))

    def _is_allowed(self, url: "httpx.URL") -> bool:
        host = f"[{_host(url)}]" if ":" in _host(url) else _host(url)
        port = url.port or _PORTS.get(url.scheme)
        return f"{host}:{port}" in self._allowed or (host in self._allowed and port in _PORTS.values())


def _parsed(location: str) -> "httpx.URL":
    import httpx

    try:
        return httpx.URL(location.strip()).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise SourceError(f"{as_title(location)} is not an address that can be fetched ({error})") from error


def _host(url: "httpx.URL") -> str:
    return url.raw_host.decode("ascii").strip("[]").rstrip(".").lower()


def _literal(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _refusal(shown: str, url: "httpx.URL") -> str:
    return (
        f"{as_title(shown)} is not fetched: {_host(url)} is not on the public web;"
        f' if you trust it, add "{_host(url)}" to sources.allow_hosts'
    )


@cache
def _networks(blocks: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(block) for block in blocks.split())
