"""The client through which tools and servers of tools reach the network."""

import gzip
import math

import httpx
import pytest

from rookery.adapters.support.web.bounds import Bounds
from rookery.adapters.support.web.hosts import OpenHosts
from rookery.adapters.support.web.network import Network
from rookery.domain.errors import ConfigurationError, OutsideSandbox, SourceError, SourceTooLarge
from tests.support.web_server import Answer, WebServer, serve

pytestmark = pytest.mark.anyio


async def nowhere(host: str, port: int) -> list[str]:
    return {"inside.test": ["10.0.0.7"], "two.test": ["127.0.0.99", "127.0.0.1"]}.get(host, [host])


def network(*hosts: str, offline: bool = False) -> Network:
    return Network(OpenHosts(allow_hosts=hosts), offline=offline, resolve=nowhere)


async def test_the_address_of_a_service_that_a_person_set_is_open_and_no_other_port_of_its_host(web: WebServer) -> None:
    web.page("/", "words", "text/plain")
    async with network().client(service=web.url) as client:
        assert (await client.get(web.url + "/")).text == "words"
        with pytest.raises(OutsideSandbox, match=r"network\.allow_hosts"):
            await client.get(f"http://127.0.0.1:{web.port + 1}/")
    async with network().client() as client:
        with pytest.raises(OutsideSandbox):
            await client.get(web.url)
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    "target", ["http://inside.test/", "http://127.0.0.1/", "http://[::1]/", "file:///etc/passwd", "https://localhost/"]
)
async def test_each_redirect_is_checked(web: WebServer, target: str) -> None:
    async with network().client(service=web.url) as client:
        with pytest.raises((OutsideSandbox, httpx.UnsupportedProtocol)):
            await client.get(web.redirect("/a", target))
    assert [asked.path for asked in web.asked] == ["/a"]


async def test_a_circle_of_redirects_ends(web: WebServer) -> None:
    async with network(web.host).client() as client:
        with pytest.raises(httpx.TooManyRedirects):
            await client.get(web.redirect("/a", "/a"))
    assert len(web.asked) == 6


async def test_a_connection_serves_one_name_only_and_the_server_sees_the_name(web: WebServer) -> None:
    web.page("/", "words", "text/plain")
    async with network(web.host, f"two.test:{web.port}").client() as client:
        await client.get(web.url + "/", headers={"Host": "forged.test"})
        await client.get(f"http://two.test:{web.port}/")
    assert [asked.headers["host"] for asked in web.asked] == [web.host, f"two.test:{web.port}"]


async def test_what_is_packed_comes_unpacked_and_is_counted_unpacked(web: WebServer) -> None:
    web.page("/a", gzip.compress(b"words" * 9), "text/plain", Content_Encoding="gzip")
    web.page("/b", gzip.compress(bytes(3_000_000)), "text/plain", Content_Encoding="gzip")
    web.page("/c", gzip.compress(gzip.compress(b"words")), "text/plain", Content_Encoding="gzip, gzip")
    web.page("/d", b"words", "text/plain", Content_Encoding="gzip")
    async with network(web.host).client(bounds=Bounds(megabytes=1)) as client:
        assert (await client.get(web.url + "/a")).text == "words" * 9
        with pytest.raises(SourceTooLarge, match="more than the limit of 1 MB"):
            await client.get(web.url + "/b")
        with pytest.raises(SourceError, match="packed as gzip, gzip"):
            await client.get(web.url + "/c")
        with pytest.raises(httpx.DecodingError):
            await client.get(web.url + "/d")


async def test_a_body_without_an_end_is_given_up_unless_it_is_a_stream(web: WebServer) -> None:
    web.answers["/"] = Answer(b"first words", stalls=True)
    async with network(web.host).client(bounds=Bounds(seconds=0.2)) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(web.url + "/")
    open_ended = network(web.host).client(bounds=Bounds(math.inf, None))
    async with open_ended as client, client.stream("GET", web.url + "/") as response:
        assert await anext(response.aiter_text()) == "first words"


async def test_proxies_and_credentials_of_the_environment_are_not_used(
    web: WebServer, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    web.page("/", "words", "text/plain")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serve() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        async with network(web.host).client() as client:
            await client.get(web.url + "/")
        assert proxy.asked == []
    assert "authorization" not in web.asked[0].headers


async def test_credentials_do_not_follow_a_redirect_to_another_host(web: WebServer) -> None:
    with serve() as other:
        other.page("/", "words", "text/plain")
        async with network(web.host, other.host).client() as client:
            await client.get(web.redirect("/a", other.url + "/"), headers={"Authorization": "Bearer 1"})
        assert "authorization" not in other.asked[0].headers
    assert web.asked[0].headers["authorization"] == "Bearer 1"


async def test_offline_nothing_is_asked(web: WebServer) -> None:
    async with network(web.host, offline=True).client(service=web.url) as client:
        with pytest.raises(SourceError, match=r"works offline; leave out --offline \(research\.offline\)"):
            await client.get(web.url)
    assert web.asked == []


async def test_a_wrong_section_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"network\.allow_hosts"):
        Network.from_section({"allow_hosts": ["http://x"]})
