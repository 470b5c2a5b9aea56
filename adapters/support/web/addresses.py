"""Which IP addresses are those of hosts on the public Internet."""

import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable
from functools import cache

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host name, the preferred one first; raises OSError when it has none."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://")

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


@cache
def _networks(blocks: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(block) for block in blocks.split())
