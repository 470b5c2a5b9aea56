"""What is read from the web, and what is never asked for."""

import gzip
import shutil
import ssl
import subprocess
from pathlib import Path

import docx
import pytest
from fpdf import FPDF

from rookery.adapters.readers.by_location import ReaderByLocation
from rookery.adapters.readers.documents import Settings
from rookery.adapters.readers.web import WebReader
from rookery.adapters.support.web.addresses import is_public
from rookery.adapters.support.web.guard import Guard
from rookery.domain.errors import ConfigurationError, OutsideSandbox, SourceError, SourceTooLarge
from rookery.domain.sources import Document, Unchanged
from tests.support.web_server import Answer, WebServer, serve

pytestmark = pytest.mark.anyio

ARTICLE = "<title>Rooks | Birds</title><article><h1>Rooks</h1><p>Rooks nest in tall elms.</p></article>"


class Names:
    """Looks names up, and remembers which. A name's answers come one after the other; the last one stays."""

    def __init__(self, **addresses: list[str]) -> None:
        self._answers = {name.replace("_", "."): list(found) for name, found in addresses.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        answers = self._answers.get(host, [])
        if not answers:
            raise OSError("no such name")
        return (answers.pop(0) if len(answers) > 1 else answers[0]).split()


def reader_for(web: WebServer, *more: str, resolve: Names | None = None, **settings: float) -> WebReader:
    allowed = Settings(allow_hosts=(web.host, *more), **settings)
    return WebReader(allowed) if resolve is None else WebReader(allowed, resolve=resolve)


async def read(web: WebServer, location: str, **settings: float) -> Document:
    document = await reader_for(web, **settings).read(location)
    assert isinstance(document, Document)
    return document


class TestPages:
    async def test_a_page_becomes_a_document(self, web: WebServer) -> None:
        document = await read(web, web.page("/rooks?x=1", ARTICLE) + "#nests")
        assert (document.title, document.text) == ("Rooks", "# Rooks\n\nRooks nest in tall elms.")
        assert (document.url, document.media_type) == (f"{web.url}/rooks?x=1", "text/html")
        assert document.size == len(ARTICLE)
        [asked] = web.asked
        assert asked.headers["user-agent"].startswith("Rookery/")
        assert asked.headers["host"] == web.host
        assert "cookie" not in asked.headers

    @pytest.mark.parametrize(
        ("path", "media_type", "title", "found"),
        [
            ("/notes.md", "text/markdown", "Head", "text/markdown"),
            ("/notes.md", "text/plain; charset=utf-8", "Head", "text/markdown"),
            ("/raw/gauge.py", "text/plain", "gauge.py", "text/x-python"),
            ("/notes", "text/plain", "# Head", "text/plain"),
            ("/notes", "application/octet-stream", "# Head", "text/plain"),
            ("/notes", "", "# Head", "text/plain"),
            ("/data", "application/json", "data", "application/json"),
            ("/", "text/css", "127.0.0.1", "text/x-css"),
        ],
    )
    async def test_the_format_is_what_the_server_or_the_name_says(
        self, web: WebServer, path: str, media_type: str, title: str, found: str
    ) -> None:
        document = await read(web, web.page(path, "# Head\n\nSome words.\n", media_type))
        assert (document.title, document.media_type, document.text) == (title, found, "# Head\n\nSome words.\n")

    async def test_pdf_and_word_files_are_read(self, web: WebServer, tmp_path: Path) -> None:
        pdf = FPDF()
        pdf.add_page()
        pdf.set_font("helvetica", size=12)
        pdf.cell(text="Readable words.")
        word = docx.Document()
        word.add_paragraph("Readable words.")
        word.save(str(tmp_path / "a.docx"))
        files = [
            (bytes(pdf.output()), "application/pdf"),
            ((tmp_path / "a.docx").read_bytes(), "application/octet-stream"),
        ]
        for (content, media_type), path in zip(files, ("/paper", "/paper.docx"), strict=True):
            assert (await read(web, web.page(path, content, media_type))).text == "Readable words."

    @pytest.mark.parametrize("charset", ["windows-1251", "iso-8859-5", '"utf-8"'])
    async def test_the_charset_of_the_server_counts(self, web: WebServer, charset: str) -> None:
        content = "<p>Привет, мир</p>".encode(charset.strip('"'))
        document = await read(web, web.page("/", content, f"text/html; charset={charset}"))
        assert document.text == "Привет, мир"

    async def test_packed_pages_are_unpacked(self, web: WebServer) -> None:
        packed = gzip.compress(b"first ") + gzip.compress(b"second") + bytes(9)
        document = await read(web, web.page("/", packed, "text/plain", Content_Encoding="gzip"))
        assert document.text == "first second"


class TestRedirects:
    async def test_the_url_is_the_last_one(self, web: WebServer) -> None:
        web.page("/b/rooks", ARTICLE)
        web.redirect("/b/old", "rooks#nests", 301)
        assert (await read(web, web.redirect("/a", "/b/old"))).url == f"{web.url}/b/rooks"

    async def test_too_many_are_not_followed(self, web: WebServer) -> None:
        with pytest.raises(SourceError, match="redirects more than 5 times"):
            await read(web, web.redirect("/a", "/a"))
        assert len(web.asked) == 6

    @pytest.mark.parametrize(
        "target",
        [
            "http://169.254.169.254/latest/meta-data/",
            "http://localhost/",
            "http://127.0.0.1/",
            "//127.0.0.1:9/",
            "http://127.1/",
            "http://0/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[fe80::1]/",
            "http://inside.test/",
            "http://public.test:8080/",
            "https://public.test:80/",
            "http://user:password@public.test/",
            "file:///etc/passwd",
            "ftp://public.test/",
            "gopher://public.test/",
        ],
    )
    async def test_no_redirect_leads_inside(self, web: WebServer, target: str) -> None:
        inside = {name: ["127.0.0.1"] for name in ("localhost", "127.0.0.1")}
        names = Names(inside_test=["10.0.0.7"], public_test=["1.1.1.1"], **inside)
        reader = reader_for(web, resolve=names)
        with pytest.raises(OutsideSandbox) as caught:
            await reader.read(web.redirect("/a", target))
        assert "password" not in str(caught.value).replace("user name or password", "")
        assert [asked.path for asked in web.asked] == ["/a"]


class TestGuard:
    @pytest.mark.parametrize(
        "address",
        [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:808:808::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1%eth0",
            "fec0::1",
            "ff02::1",
            "localhost",
        ],
    )
    async def test_what_is_not_on_the_public_internet(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize(
        "address",
        ["1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "192.0.1.1", "2606:4700::1111", "2a00:1450::1"],
    )
    async def test_what_is(self, address: str) -> None:
        assert is_public(address)

    async def test_only_public_addresses_of_a_name_are_used(self) -> None:
        guard = Guard((), Names(both_test=["10.0.0.1 1.1.1.1 ::1 2606:4700::1111"], inside_test=["10.0.0.1 ::1"]))
        assert await guard.addresses(guard.check("http://both.test/")) == ["1.1.1.1", "2606:4700::1111"]
        with pytest.raises(OutsideSandbox, match=r'add "inside\.test" to sources\.allow_hosts'):
            await guard.addresses(guard.check("http://inside.test/"))

    async def test_a_name_is_looked_up_once_and_the_connection_goes_where_it_led(self, web: WebServer) -> None:
        web.page("/", ARTICLE)
        names = Names(rebound_test=["127.0.0.1", "127.0.0.99"])
        reader = reader_for(web, f"rebound.test:{web.port}", resolve=names)
        await reader.read(f"http://rebound.test:{web.port}/")
        assert names.asked == ["rebound.test"]
        assert web.asked[0].headers["host"] == f"rebound.test:{web.port}"

    async def test_a_name_that_leads_inside_later_is_refused_then(self, web: WebServer) -> None:
        names = Names(rebound_test=["1.1.1.1", "127.0.0.1"])
        guard = Guard((), names)
        url = guard.check("http://rebound.test/")
        assert await guard.addresses(url) == ["1.1.1.1"]
        with pytest.raises(OutsideSandbox):
            await guard.addresses(url)

    async def test_the_next_address_is_tried_when_one_is_dead(self, web: WebServer) -> None:
        web.page("/", ARTICLE)
        reader = reader_for(web, f"two.test:{web.port}", resolve=Names(two_test=["127.0.0.99 127.0.0.1"]))
        assert isinstance(await reader.read(f"http://two.test:{web.port}/"), Document)

    @pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.1:1", "localhost", "wiki.test"])
    async def test_a_host_is_allowed_at_its_port_only(self, web: WebServer, allowed: str) -> None:
        reader = WebReader(Settings(allow_hosts=(allowed,)))
        with pytest.raises(OutsideSandbox, match=r"sources\.allow_hosts"):
            reader.check(web.url)
        with pytest.raises(OutsideSandbox):
            await reader.read(web.url)
        assert web.asked == []

    async def test_an_allowed_host_without_a_port_is_open_at_the_ports_of_the_web(self) -> None:
        guard = Guard(("WIKI.intern", "[::1]:8123"), Names(wiki_intern=["10.0.0.5"]))
        assert await guard.addresses(guard.check("https://wiki.INTERN/x")) == ["10.0.0.5"]
        guard.check("http://[::1]:8123/")
        with pytest.raises(OutsideSandbox):
            guard.check("http://wiki.intern:8080/")

    @pytest.mark.parametrize("variable", ["wiki:80, [::1]:8123", '["wiki:80", "[::1]:8123"]'])
    async def test_an_environment_variable_names_several(self, variable: str) -> None:
        assert Settings.from_section({"allow_hosts": variable}).allow_hosts == ("wiki:80", "[::1]:8123")

    @pytest.mark.parametrize("host", ["http://wiki", "wiki/x", "a b", "", "user@wiki"])
    async def test_a_wrong_entry_of_the_settings_is_named(self, host: str) -> None:
        with pytest.raises(ConfigurationError, match=r"sources\.allow_hosts"):
            Settings.from_section({"allow_hosts": [host]})

    @pytest.mark.parametrize(
        "location", ["http://", "https:///x", "http://0177.0.0.1/", "http://[::1", "http://x\x00y/"]
    )
    async def test_odd_addresses_are_source_errors(self, location: str) -> None:
        reader = ReaderByLocation.from_section({}, roots=[], resolve=Names())
        for attempt in (reader.expand, reader.read):
            with pytest.raises(SourceError):
                await attempt(location)

    async def test_an_unknown_host(self) -> None:
        with pytest.raises(SourceError, match=r"there is no host nowhere\.test"):
            await WebReader(Settings(), resolve=Names()).read("http://nowhere.test/")


class TestLimits:
    async def test_a_page_above_the_limit(self, web: WebServer) -> None:
        with pytest.raises(SourceTooLarge, match=r"more than the limit of 0\.1 MB; raise sources\.max_file_mb"):
            await read(web, web.page("/", b"x" * 100_001, "text/plain"), max_file_mb=0.1)

    async def test_a_page_without_an_end(self, web: WebServer) -> None:
        web.answers["/"] = Answer(b"x" * 200_000, stalls=True)
        with pytest.raises(SourceTooLarge):
            await read(web, web.url + "/", max_file_mb=0.1)

    async def test_a_gzip_bomb_is_counted_as_it_unpacks(self, web: WebServer) -> None:
        bomb = gzip.compress(bytes(300_000_000), compresslevel=1)
        web.page("/", bomb, "text/plain", Content_Encoding="gzip")
        with pytest.raises(SourceTooLarge, match="more than the limit of 2 MB"):
            await read(web, web.url + "/", max_file_mb=2)

    async def test_many_empty_parts_of_gzip_are_too_much_too(self, web: WebServer) -> None:
        web.page("/", gzip.compress(b"") * 10_000, "text/plain", Content_Encoding="gzip")
        with pytest.raises(SourceTooLarge):
            await read(web, web.url + "/", max_file_mb=0.1)

    @pytest.mark.parametrize("cut", [5, -10])
    async def test_what_breaks_off_is_not_taken_for_whole(self, web: WebServer, cut: int) -> None:
        packed = gzip.compress(b"Some words. " * 1000)[:cut]
        with pytest.raises(SourceError, match="broke off"):
            await read(web, web.page("/", packed, "text/plain", Content_Encoding="gzip"))

    async def test_a_packing_that_was_not_asked_for(self, web: WebServer) -> None:
        with pytest.raises(SourceError, match="comes packed as br"):
            await read(web, web.page("/", b"\x0b\x02\x80", "text/plain", Content_Encoding="br"))

    async def test_a_body_that_never_ends_is_given_up(self, web: WebServer) -> None:
        web.answers["/"] = Answer(b"Some words", stalls=True)
        with pytest.raises(SourceError, match=r"did not arrive within 0\.3 seconds; .*sources\.max_fetch_seconds"):
            await read(web, web.url + "/", max_fetch_seconds=0.3)

    @pytest.mark.parametrize(
        ("status", "complaint"),
        [
            (404, "there is no page at"),
            (410, "there is no page at"),
            (401, "save the page and pass the file"),
            (403, "save the page and pass the file"),
            (500, "answers with status 500 instead of a page"),
            (503, "try again later"),
            (206, "instead of a page"),
            (304, "was never read"),
            (302, "instead of a page"),
        ],
    )
    async def test_other_answers_say_what_to_do(self, web: WebServer, status: int, complaint: str) -> None:
        web.answers["/x"] = Answer(b"words" * (status != 304), status)
        with pytest.raises(SourceError, match=complaint):
            await read(web, web.url + "/x")

    @pytest.mark.parametrize(
        ("content", "media_type", "complaint"),
        [
            (b"\x89PNG", "image/png", "is image/png; Rookery reads"),
            (b"\0\1\2", "application/octet-stream", "is application/octet-stream; Rookery reads"),
            (b"", "text/plain", "is empty"),
            (b"<script>x()</script>", "text/html", "has no text"),
            (b"no pdf", "application/pdf", "damaged or no PDF"),
        ],
    )
    async def test_what_is_no_text(self, web: WebServer, content: bytes, media_type: str, complaint: str) -> None:
        with pytest.raises(SourceError, match=complaint):
            await read(web, web.page("/x", content, media_type))

    async def test_a_server_that_is_gone(self) -> None:
        with serve() as web:
            pass
        with pytest.raises(SourceError, match="cannot be reached"):
            await read(web, web.url)

    async def test_offline_nothing_is_asked_for(self, web: WebServer) -> None:
        reader = ReaderByLocation.from_section({"allow_hosts": [web.host]}, roots=None, offline=True)
        for attempt in (reader.expand, reader.read):
            with pytest.raises(SourceError, match=r"works offline; save the page.*--offline"):
                await attempt(web.url)
        assert web.asked == []


class TestAgain:
    async def test_the_same_bytes_are_unchanged(self, web: WebServer) -> None:
        location = web.page("/", ARTICLE)
        first = await read(web, location)
        known = {first.url: first.fingerprint}
        assert await reader_for(web).read(location, known) == Unchanged(url=first.url)
        web.page("/", ARTICLE.replace("elms", "oaks"))
        assert isinstance(await reader_for(web).read(location, known), Document)

    async def test_a_server_that_knows_the_page_need_not_send_it(self, web: WebServer) -> None:
        web.page("/new", ARTICLE, ETag='"v1"', Last_Modified="Sun, 22 Nov 2026 08:00:00 GMT")
        location = web.redirect("/old", "/new")
        first = await read(web, location)
        known = {first.url: first.fingerprint}
        assert await reader_for(web).read(location, known) == Unchanged(url=f"{web.url}/new")
        assert web.asked[-1].headers["if-none-match"] == '"v1"'
        assert web.asked[-1].headers["if-modified-since"] == "Sun, 22 Nov 2026 08:00:00 GMT"
        assert "if-none-match" not in web.asked[-2].headers


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server for wiki.test needs; whoever asks trusts it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    options = "-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=wiki.test -addext subjectAltName=DNS:wiki.test"
    command = [openssl, "req", *options.split(), "-keyout", str(key), "-out", str(chain)]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


async def test_tls_is_checked_against_the_name_although_the_address_is_pinned(certificate: ssl.SSLContext) -> None:
    asked_for: list[str | None] = []
    certificate.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    names = Names(wiki_test=["127.0.0.1"], other_test=["127.0.0.1"])
    with serve(certificate) as web:
        web.page("/", ARTICLE)
        reader = reader_for(web, f"wiki.test:{web.port}", f"other.test:{web.port}", resolve=names)
        assert isinstance(await reader.read(f"https://wiki.test:{web.port}/"), Document)
        with pytest.raises(SourceError, match="cannot be reached"):
            await reader.read(f"https://other.test:{web.port}/")
    assert asked_for == ["wiki.test", "other.test"]
    assert [asked.headers["host"] for asked in web.asked] == [f"wiki.test:{web.port}"]
