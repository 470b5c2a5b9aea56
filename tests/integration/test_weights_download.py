"""Downloading the weights from a hub, here a server on this machine that sends the real files."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import SecretStr

from rookery.adapters.embedders.minilm import MiniLMEmbedder, Settings
from rookery.adapters.embedders.sentence_bert.weights import MODEL, TOKENIZER, carrier_folder
from rookery.adapters.support.download import Progress
from rookery.domain.errors import EmbedderError

pytestmark = pytest.mark.anyio

PREFIX = "/sentence-transformers/all-MiniLM-L6-v2/resolve/main/"
SECRET = "hf_not_a_real_token"


class Server(ThreadingHTTPServer):
    """Remembers each request's path and Authorization, and answers as it is told to."""

    def __init__(self, answer: Callable[["Request", str], None]) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.answer = answer
        self.requests: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Request(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.requests.append((self.path, self.headers["Authorization"]))
        self.server.answer(self, self.path.rpartition("/")[2])

    def send(self, status: int, body: bytes = b"", *, length: int | None = None, location: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet."""


def published(name: str) -> bytes:
    folder = carrier_folder()
    assert folder is not None
    return (folder / name).read_bytes()


def send_published(request: Request, name: str) -> None:
    request.send(200, published(name))


@contextmanager
def serving(answer: Callable[[Request, str], None]) -> Iterator[Server]:
    with Server(answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def embedder(url: str, models: Path, progress: Callable[[Progress], None] = lambda _: None) -> MiniLMEmbedder:
    settings = Settings(hub_url=url, hub_token=SecretStr(SECRET), carrier="no_such_package_of_weights")
    return MiniLMEmbedder(settings, models=models, progress=progress)


def left_behind(models: Path) -> list[str]:
    return sorted(path.name for path in models.rglob("*") if path.is_file() or path.name.startswith("."))


async def test_the_weights_are_downloaded_once_and_the_model_built(tmp_path: Path) -> None:
    told: list[Progress] = []
    with serving(send_published) as hub:
        (vector,) = await embedder(hub.url, tmp_path, told.append).embed(["rooks"])
        (again,) = await embedder(hub.url, tmp_path).embed(["rooks"])
    assert hub.requests == [(PREFIX + name, f"Bearer {SECRET}") for name in (TOKENIZER.name, MODEL.name)]
    assert vector == again
    (from_carrier,) = await MiniLMEmbedder(Settings(), models=tmp_path / "other", offline=True).embed(["rooks"])
    assert vector == from_carrier
    assert left_behind(tmp_path / "all-MiniLM-L6-v2") == ["model.onnx", "receipt.json", "tokenizer.json"]
    of_model = [step for step in told if step.file == MODEL.name]
    assert all(first.received < second.received for first, second in pairwise(of_model))
    assert of_model[-1] == Progress(MODEL.name, MODEL.size, MODEL.size)


async def test_the_token_does_not_follow_a_redirect_to_another_host(tmp_path: Path) -> None:
    with (
        serving(send_published) as store,
        serving(lambda request, name: request.send(302, location=f"{store.url}/blobs/{name}")) as hub,
    ):
        await embedder(hub.url, tmp_path).embed(["rooks"])
    assert {token for _, token in hub.requests} == {f"Bearer {SECRET}"}
    assert store.requests == [(f"/blobs/{name}", None) for name in (TOKENIZER.name, MODEL.name)]


async def test_the_hub_and_the_token_of_the_environment_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_environment")
    with serving(lambda request, _: request.send(404)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        settings = Settings(carrier="no_such_package_of_weights")
        assert "hf_of_the_environment" not in repr(settings)
        with pytest.raises(EmbedderError):
            await MiniLMEmbedder(settings, models=tmp_path).embed(["rooks"])
    assert hub.requests[0][1] == "Bearer hf_of_the_environment"


async def test_without_a_token_none_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with serving(lambda request, _: request.send(404)) as hub:
        settings = Settings(hub_url=hub.url, carrier="no_such_package_of_weights")
        with pytest.raises(EmbedderError):
            await MiniLMEmbedder(settings, models=tmp_path).embed(["rooks"])
    assert hub.requests[0][1] is None


def _cut_off(request: Request, name: str) -> None:
    body = published(name)
    cut = body[: len(body) // 2] if name == MODEL.name else body
    request.send(200, cut, length=len(body))
    request.close_connection = True


def _cut_off_without_a_length(request: Request, name: str) -> None:
    request.send_response(200)
    request.end_headers()
    request.wfile.write(published(name)[:100_000])
    request.close_connection = True


def _altered_model(request: Request, name: str) -> None:
    body = published(name)
    request.send(200, body[:-1] + b"?" if name == MODEL.name else body)


def _altered_tokenizer(request: Request, name: str) -> None:
    request.send(200, published(name).replace(b"rook", b"r00k", 1))


def _too_large(request: Request, name: str) -> None:
    request.send(200, published(name) + b"\0" * 1000)


@pytest.mark.parametrize(
    ("answer", "message", "retryable"),
    [
        (_cut_off, "could not be downloaded", True),
        (_cut_off_without_a_length, "broke off after 100000 of 466247 bytes", True),
        (_altered_model, r"model\.safetensors is not the published file", False),
        (_altered_tokenizer, r"tokenizer\.json is not the published file", False),
        (_too_large, "is larger than the published file", False),
        (lambda request, _: request.send(401), "status 401; is HF_TOKEN right", False),
        (lambda request, _: request.send(404), "status 404; check hub_url", False),
        (lambda request, _: request.send(429), "status 429", True),
        (lambda request, _: request.send(503), "status 503", True),
        (lambda request, name: request.send(302, location=f"/again/{name}"), "could not be downloaded", True),
    ],
)
async def test_a_bad_download_is_a_clear_error_and_leaves_nothing_behind(
    tmp_path: Path, answer: Callable[[Request, str], None], message: str, *, retryable: bool
) -> None:
    with serving(answer) as hub, pytest.raises(EmbedderError, match=message) as caught:
        await embedder(hub.url, tmp_path).embed(["rooks"])
    assert caught.value.retryable is retryable
    assert caught.value.__cause__ is not None
    assert SECRET not in str(caught.value)
    assert left_behind(tmp_path) == []


async def test_a_hub_that_does_not_answer_is_worth_another_try(tmp_path: Path) -> None:
    with serving(send_published) as gone:
        url = gone.url
    with pytest.raises(EmbedderError, match="go online once") as caught:
        await embedder(url, tmp_path).embed(["rooks"])
    assert caught.value.retryable


async def test_a_download_succeeds_after_one_that_failed(tmp_path: Path) -> None:
    with serving(lambda request, _: request.send(503)) as hub:
        tried = embedder(hub.url, tmp_path)
        with pytest.raises(EmbedderError):
            await tried.embed(["rooks"])
        hub.answer = send_published
        assert len(await tried.embed(["rooks"])) == 1


async def test_offline_nothing_is_asked_of_the_hub(tmp_path: Path) -> None:
    with serving(send_published) as hub:
        settings = Settings(hub_url=hub.url, carrier="no_such_package_of_weights")
        with pytest.raises(EmbedderError, match="offline"):
            await MiniLMEmbedder(settings, models=tmp_path, offline=True).embed(["rooks"])
    assert hub.requests == []


async def test_calls_that_wait_together_share_one_failed_download(tmp_path: Path) -> None:
    asked, all_wait = threading.Event(), threading.Event()

    def refuse_when_all_wait(request: Request, _: str) -> None:
        asked.set()
        all_wait.wait(timeout=30)
        request.send(404)

    with serving(refuse_when_all_wait) as hub:
        shared = embedder(hub.url, tmp_path)
        calls = [asyncio.ensure_future(shared.embed(["rooks"])) for _ in range(6)]
        assert await asyncio.to_thread(asked.wait, 30)
        all_wait.set()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [EmbedderError] * 6
        assert len(hub.requests) == 1
        with pytest.raises(EmbedderError):
            await shared.embed(["rooks"])
        assert len(hub.requests) == 2
