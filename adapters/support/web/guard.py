"""Which addresses of the web may be fetched: those of the public Internet, and hosts that the settings open.

A name is looked up once, its addresses are checked, and the connection goes to a checked address. So neither a name
that leads inside, nor one whose answer changes between check and connection, reaches what is not public.
"""

import ipaddress
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from rookery.adapters.support.titles import as_title
from rookery.adapters.support.web.addresses import Resolver, is_public
from rookery.domain.errors import OutsideSandbox, SourceError

if TYPE_CHECKING:
    import httpx

PORTS: Mapping[str, int] = MappingProxyType({"http": 80, "https": 443})
"""The ports of the web by scheme; no other scheme is spoken."""

_NUMBER = re.compile(r"(?:^|\.)(?:0[xX][0-9A-Fa-f]*|\d+)$")  # a host that ends so is an IP address to some resolvers
_NAME = re.compile(r"(?!.*\.\.)[a-z0-9_][a-z0-9_.\-]{0,252}(?<!\.)")  # after IDNA, without the dot at the end
_LOCAL = re.compile(r"(?:.*\.)?(?:localhost|localdomain|local|internal|home\.arpa)")  # RFC 6761, 6762, 8375, 9476
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MISREAD = re.compile(r"[^/?#]*//[^/?#]*\\")  # parsers differ on where such a host ends
_LONGEST = 8000  # characters of an address
_TRIED = 4  # addresses of one name that are tried one after the other


class Guard:
    """Lets addresses of the public web pass, and no others.

    Args:
        allow_hosts: `host` or `host:port` that may be fetched wherever they are; without a port, at 80 and 443.
        resolve: what looks names up.
        setting: where a person can add to `allow_hosts`, for messages.
        ports: of the public web, by scheme.
    """

    def __init__(
        self,
        allow_hosts: Collection[str],
        resolve: Resolver,
        *,
        setting: str = "sources.allow_hosts",
        ports: Mapping[str, int] = PORTS,
    ) -> None:
        self._allowed = frozenset(host.lower() for host in allow_hosts)
        self._resolve = resolve
        self._setting = setting
        self._ports = ports

    def check(self, location: str) -> "httpx.URL":
        """Return an address as it will be fetched, without its fragment. No name is looked up.

        Raises:
            SourceError: it is not well formed.
            OutsideSandbox: its scheme, port or host are never fetched, or it carries a password.
        """
        url = _parsed(location)
        shown = as_title(str(url.copy_with(userinfo=b"", query=None)))
        if url.scheme not in PORTS:
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
            found = await self._resolve(host, url.port or PORTS[url.scheme])
        except (OSError, UnicodeError) as error:
            raise SourceError(f"there is no host {host}: check the address and the network") from error
        public = found if self._is_allowed(url) else list(filter(is_public, found))
        if not public:
            raise OutsideSandbox(self._refusal(str(url.copy_with(query=None)), url))
        return public[:_TRIED]

    def _check_public(self, url: "httpx.URL", shown: str) -> None:
        host = _host(url)
        if url.port not in (None, self._ports[url.scheme]):
            raise OutsideSandbox(
                f"{shown} is not fetched: port {url.port} is not that of the web;"
                f' if you trust this host, add "{host}:{url.port}" to {self._setting}'
            )
        literal = None if "%" in host else _literal(host)
        if literal is None and _NUMBER.search(host):
            raise OutsideSandbox(f"{shown} is not fetched: an IP address is written as four decimal numbers")
        if literal is None and not _NAME.fullmatch(host):
            raise OutsideSandbox(f"{shown} is not fetched: {as_title(host)} is not the name of a host")
        if not is_public(literal) if literal is not None else _LOCAL.fullmatch(host):
            raise OutsideSandbox(self._refusal(shown, url))

    def _is_allowed(self, url: "httpx.URL") -> bool:
        host = f"[{_host(url)}]" if ":" in _host(url) else _host(url)
        port = PORTS.get(url.scheme) if url.port is None else url.port
        return f"{host}:{port}" in self._allowed or (host in self._allowed and port in PORTS.values())

    def _refusal(self, shown: str, url: "httpx.URL") -> str:
        return (
            f"{as_title(shown)} is not fetched: {_host(url)} is not on the public web;"
            f' if you trust it, add "{_host(url)}" to {self._setting}'
        )


def _parsed(location: str) -> "httpx.URL":
    import httpx

    location = location.strip(" ")
    if len(location) > _LONGEST:
        raise SourceError(f"{as_title(location)}… is not an address that can be fetched: it is too long")
    if _MISREAD.match(location) or _CONTROL.search(location):
        raise SourceError(f"{as_title(location)} is not an address: there is a control sign in it, or a \\ in its host")
    try:
        return httpx.URL(location).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise SourceError(f"{as_title(location)} is not an address that can be fetched ({error})") from error


def _host(url: "httpx.URL") -> str:
    return url.raw_host.decode("ascii").strip("[]").removesuffix(".").lower()


def _literal(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None
