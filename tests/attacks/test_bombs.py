"""What is small on the wire and large, deep, endless or slow inside costs bounded memory and time, and is told."""

import gzip
import json
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rookery.adapters.readers.documents import Settings
from rookery.adapters.readers.web import WebReader
from rookery.domain.errors import OutsideSandbox, SourceError, SourceTooLarge
from rookery.domain.runs import RunStatus
from rookery.testing.web import Entry, Searxng
from tests.support import bombs
from tests.support.colony import ask
from tests.support.tool_bench import a_container
from tests.support.web_server import Answer, WebServer

pytestmark = pytest.mark.anyio
_MEMORY = 1500  # MiB that a document of at most 20 MB may take

CHILD = """
import json, resource, sys
from pathlib import PurePath
from rookery.adapters.readers import formats
from rookery.adapters.readers.documents import File, Settings
from rookery.domain.errors import SourceError
from tests.support import bombs

kind, name = sys.argv[1:]
found = {"PDFS": formats.PDF, "WORDS": formats.DOCX, "PAGES": formats.HTML}[kind]
data = getattr(bombs, kind)[name]()
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))  # of work, beside what the product itself allows
try:
    said = found.read(File(PurePath("bomb"), "the bomb", data), Settings(max_read_seconds=4)).text[:99]
except SourceError as error:
    said = "refused: " + str(error)
with open("/proc/self/status") as status:
    most = max(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
grandchild = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"said": said, "mib": max(most, grandchild) // 1024, "size": len(data)}))
"""


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in ("PDFS", "WORDS", "PAGES") for name in getattr(bombs, kind)]
)
def test_a_document_is_read_or_refused_within_bounds(kind: str, name: str) -> None:
    done = subprocess.run([sys.executable, "-c", CHILD, kind, name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    told = json.loads(done.stdout)
    assert told["size"] <= 20_000_000
    assert told["mib"] <= _MEMORY
    if told["said"].startswith("refused: "):
        assert "the bomb" in told["said"]
    else:
        assert "haha" not in told["said"]


def reader(web: WebServer, **settings: float) -> WebReader:
    return WebReader(Settings(allow_hosts=(web.host,), **settings))


class TestBodies:
    @pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
    async def test_gzip_is_counted_as_it_unpacks(self, encoding: str, web: WebServer) -> None:
        bomb = gzip.compress(bytes(200_000_000), compresslevel=1)
        with pytest.raises(SourceTooLarge):
            await reader(web, max_file_mb=2).read(web.page("/", bomb, "text/html", Content_Encoding=encoding))

    @pytest.mark.parametrize(
        "encoding", ["br", "zstd", "deflate", "compress", "gzip, gzip", "identity, gzip", "aes128gcm"]
    )
    async def test_packings_that_nobody_asked_for_are_not_unpacked(self, encoding: str, web: WebServer) -> None:
        body = zlib.compress(bytes(50_000_000))
        with pytest.raises(SourceError, match="which nobody asked for"):
            await reader(web).read(web.page("/", body, "text/html", Content_Encoding=encoding))

    async def test_what_is_packed_twice_is_no_text(self, web: WebServer) -> None:
        body = gzip.compress(gzip.compress(bytes(50_000_000)))
        with pytest.raises(SourceError):
            await reader(web).read(web.page("/", body, "text/html", Content_Encoding="gzip"))

    async def test_a_body_without_an_end(self, web: WebServer) -> None:
        web.answers["/"] = Answer(b"words " * 100_000, stalls=True)
        with pytest.raises(SourceTooLarge):
            await reader(web, max_file_mb=0.5).read(web.url + "/")

    async def test_a_circle_of_redirects_between_two_pages(self, web: WebServer) -> None:
        web.redirect("/b", "/a")
        with pytest.raises(SourceError, match="redirects more than 5 times"):
            await reader(web).read(web.redirect("/a", "/b"))

    @pytest.mark.parametrize(
        "charset", ["utf-7", "unicode_escape", "zip", "hex", "rot13", "undefined", "x" * 40, "klingon"]
    )
    async def test_charsets_that_are_none(self, charset: str, web: WebServer) -> None:
        document = await reader(web).read(
            web.page("/", "<p>Rooks über alles</p>".encode("cp1252"), f"text/html; charset={charset}")
        )
        assert "Rooks" in document.text  # type: ignore[union-attr]

    async def test_another_media_type_than_it_is(self, web: WebServer) -> None:
        for body, media_type in ((b"%PDF-1.7 no", "application/pdf"), (b"PK\3\4", "text/html"), (b"<p>x", "image/png")):
            with pytest.raises(SourceError):
                await reader(web).read(web.page("/x", body, media_type))


@contextmanager
def raw(*pieces: bytes, stalls: bool = False) -> Iterator[int]:
    """Serve these bytes to whoever connects, whatever is asked; then hang up, or say nothing more."""
    ear = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while True:
            try:
                visitor, _ = ear.accept()
            except OSError:
                return
            with visitor:
                visitor.recv(65536)
                for piece in pieces:
                    visitor.sendall(piece)
                if stalls:
                    over.wait()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield ear.getsockname()[1]
    finally:
        over.set()
        ear.shutdown(socket.SHUT_RDWR)
        ear.close()
        thread.join()


_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@pytest.mark.parametrize(
    ("pieces", "stalls", "why"),
    [
        ([b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n"], True, "did not arrive within"),
        ([_OK + b"Content-Length: 100\r\n\r\n", b"few words"], True, "did not arrive within"),
        ([_OK + b"Content-Length: 100\r\n\r\nfew words"], False, "broke off"),
        ([_OK + b"Content-Length: 5\r\n\r\nmore words than that"], False, None),
        ([_OK + b"Content-Length: -1\r\n\r\nwords"], False, "cannot be fetched"),
        ([_OK + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\nwords"], False, "cannot be fetched"),
        ([_OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nwords\r\n"], False, "broke off"),
        ([_OK + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nwords\r\n"], False, "broke off"),
        ([_OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nwords"], False, "broke off"),
        ([b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 1_000_000 + b"\r\n\r\n"], False, "cannot be fetched"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n" * 100], False, "cannot be fetched"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], False, "cannot be fetched"),
        ([b""], False, "cannot be fetched"),
        ([b"HTTP/1.1 200 OK\r\nLocation: \xff\xfe\r\n\r\n"], False, "is empty"),
        ([b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe://\r\n\r\n"], False, "redirect|no page|address|instead"),
    ],
)
async def test_a_server_that_breaks_the_rules_or_stalls(
    pieces: list[bytes],
    stalls: bool,  # noqa: FBT001
    why: str | None,
) -> None:
    with raw(*pieces, stalls=stalls) as port:
        settings = Settings(allow_hosts=(f"127.0.0.1:{port}",), max_fetch_seconds=0.5 if stalls else 20)
        reading = WebReader(settings).read(f"http://127.0.0.1:{port}/")
        if why is None:
            assert (await reading).text == "more "  # type: ignore[union-attr]
            return
        with pytest.raises((SourceError, OutsideSandbox), match=why):
            await reading


async def test_a_run_goes_on_with_the_good_pages_among_bad_ones(web: WebServer, tmp_path) -> None:
    sentence = "The lighthouse of Kittiwake Point is 41 metres tall."
    gzip_bomb = gzip.compress(bytes(30_000_000), compresslevel=9)
    pages = [
        web.page("/bomb", gzip_bomb, "text/html", Content_Encoding="gzip"),
        web.page("/pdf", bombs.deflate_twice(), "application/pdf"),
        web.redirect("/circle", "/circle"),
        web.page("/good", f"<title>The light</title><p>{sentence}</p>"),
    ]
    entries = [Entry(page, "The lighthouse of Kittiwake Point", "A tall lighthouse.") for page in pages]
    with Searxng(entries) as searxng:
        tools = {"web_search": {"searxng": {"base_url": searxng.url}, "read": 4}}
        container = a_container(tmp_path, tools=tools, network={"allow_hosts": [web.host]})
        run = await ask(container, "How tall is the lighthouse of Kittiwake Point?")
    assert run.status is RunStatus.SUCCEEDED
    assert run.result is not None
    assert run.result.citations[0].quote == sentence
