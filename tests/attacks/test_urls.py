"""Nobody gets inside by an address, however it is written, wherever its name leads, whoever redirects to it."""

import re
import socket
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from rookery.adapters.support.web.addresses import is_public, system_resolver
from rookery.adapters.support.web.bounds import Bounds
from rookery.adapters.support.web.client import client
from rookery.adapters.support.web.fetching import Fetcher
from rookery.adapters.support.web.guard import Guard
from rookery.domain.errors import OutsideSandbox, SourceError
from tests.support.web_server import WebServer

pytestmark = pytest.mark.anyio
CORPUS = tomllib.loads(Path(__file__).with_name("urls.toml").read_text("utf-8"))
HARMLESS = CORPUS["harmless"]["urls"]
ATTACKS = [(url, one["says"]) for one in CORPUS["attack"] for url in one["urls"] if url not in one.get("passes", [])]
_PLACE = re.compile(r"^(https?:/*)([^/?#]*)", re.IGNORECASE)


class Names:
    """Leads names where the corpus says, and is as liberal with numbers as the system is."""

    def __init__(self) -> None:
        self._answers = {name: list(found) for name, found in CORPUS["names"].items()}

    async def __call__(self, host: str, port: int) -> list[str]:
        answers = self._answers.get(host)
        if answers is None:
            return await system_resolver(host, port)
        return (answers.pop(0) if len(answers) > 1 else answers[0]).split()


class Canary(NamedTuple):
    """What listens on the loopback; `visits` is who came."""

    port: int
    visits: list[object]


@contextmanager
def listening() -> Iterator[Canary]:
    """Listen on both loopbacks, at one port, until the block ends."""
    ears = [socket.create_server(("127.0.0.1", 0))]
    canary = Canary(ears[0].getsockname()[1], [])
    with suppress(OSError):  # a machine without IPv6
        ears.append(socket.create_server(("::1", canary.port), family=socket.AF_INET6))

    def hear(ear: socket.socket) -> None:
        while True:
            try:
                visitor, address = ear.accept()
            except OSError:
                return
            canary.visits.append(address)
            visitor.close()

    threads = [threading.Thread(target=hear, args=(ear,)) for ear in ears]
    for thread in threads:
        thread.start()
    try:
        yield canary
    finally:
        for ear in ears:
            ear.shutdown(socket.SHUT_RDWR)
            ear.close()
        for thread in threads:
            thread.join()


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    with listening() as found:
        yield found


_connections: list[object] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect" and getattr(arguments[0], "family", None) != socket.AF_UNIX:
        _connections.append(arguments[1])


sys.addaudithook(_note)  # tells of every connection that this process begins, by whatever library


@pytest.fixture
def connections() -> list[object]:
    _connections.clear()
    return _connections


def fetcher(**options) -> Fetcher:
    return Fetcher(Guard(options.pop("allow", ()), Names(), **options), Bounds(seconds=5))


async def refusal(of: Fetcher, url: str) -> str:
    with pytest.raises((OutsideSandbox, SourceError)) as caught:
        await of.fetch(url, lambda _: {})
    return str(caught.value)


def test_the_corpus_is_large_and_no_address_is_in_it_twice() -> None:
    urls = [url for url, _ in ATTACKS]
    assert len(urls) == len(set(urls)) >= 120
    assert len(CORPUS["attack"]) >= 12
    assert len(set(HARMLESS)) >= 20


@pytest.mark.parametrize(("url", "says"), ATTACKS)
async def test_it_is_refused_with_the_reason_and_nothing_is_connected_to(
    url: str, says: str, connections: list[object]
) -> None:
    said = await refusal(fetcher(), url)
    assert re.search(says, said), said
    assert "password@" not in said
    assert not connections


@pytest.mark.parametrize(("url", "says"), ATTACKS)
async def test_no_redirect_leads_there(url: str, says: str, web: WebServer, connections: list[object]) -> None:
    if "\n" in url or "\r" in url or "\0" in url:  # no header can hold them
        url = url.replace("\r", "%0d").replace("\n", "%0a").replace("\0", "%00")
    location = url.encode("utf-8").decode("latin-1")
    await refusal(fetcher(allow=(web.host,)), web.redirect("/a", location))
    beyond = {str(place[:2]) for place in connections} - {str(("127.0.0.1", web.port))}
    assert not beyond


@pytest.mark.parametrize(("url", "says"), ATTACKS)
async def test_nothing_reaches_a_server_that_listens_there(url: str, says: str, canary: Canary) -> None:
    at_its_port = _PLACE.sub(lambda place: f"{place[1]}{place[2].removesuffix(':80')}:{canary.port}", url, count=1)
    ports = {"http": canary.port, "https": canary.port}
    for address in (url, at_its_port):
        await refusal(fetcher(ports=ports), address)
        async with client(Guard((), Names(), ports=ports), Bounds(seconds=5)) as web:
            with pytest.raises(Exception) as caught:  # noqa: PT011 - httpx refuses some by itself
                await web.get(address)
            assert "ssl" not in str(caught.value).lower()
    assert not canary.visits


async def test_that_server_does_hear_whoever_is_let_through() -> None:
    with listening() as canary:
        allowed = f"127.0.0.1:{canary.port}"
        await refusal(fetcher(allow=(allowed,)), f"http://{allowed}/")
        assert canary.visits


@pytest.mark.parametrize("url", HARMLESS)
async def test_a_harmless_address_passes(url: str) -> None:
    async def public(host: str, port: int) -> list[str]:
        return [host] if is_public(host) else ["93.184.215.14"]

    guard = Guard((), public)
    assert await guard.addresses(guard.check(url))


async def test_each_look_up_of_a_name_is_checked_anew(canary: Canary, connections: list[object]) -> None:
    answers = [["1.1.1.1"], ["127.0.0.1"]]

    async def rebinding(host: str, port: int) -> list[str]:
        return answers.pop(0)

    guard = Guard((), rebinding)
    url = guard.check("http://rebinding.test/")
    assert await guard.addresses(url) == ["1.1.1.1"]
    with pytest.raises(OutsideSandbox):
        await guard.addresses(url)
    assert not connections
