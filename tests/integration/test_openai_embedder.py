"""A server that speaks OpenAI's embeddings, and what can go wrong with it."""

import asyncio
import math
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr, ValidationError

from rookery.adapters.embedders.openai_compatible import OpenAIEmbedder, Settings
from rookery.domain.errors import EmbedderError
from tests.support.openai_server import HANG_UP, NO_ANSWER, OpenAIServer, Reply, answer, fault, openai_server

pytestmark = pytest.mark.anyio

KEY = "sk-not-a-real-key"
DATE = "Wed, 04 Nov 2026 10:00:00 GMT"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with openai_server(KEY) as server:
        yield server


@pytest.fixture
def waited() -> list[float]:
    """The seconds that the embedder waited between its tries."""
    return []


@pytest.fixture
def make(server: OpenAIServer, waited: list[float]) -> Callable[..., OpenAIEmbedder]:
    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    def one(*, offline: bool = False, **settings: object) -> OpenAIEmbedder:
        values = {"base_url": server.url, "api_key": KEY} | settings
        return OpenAIEmbedder(
            Settings.model_validate(values), offline=offline, sleep=sleep, uniform=lambda low, high: (low + high) / 2
        )

    return one


async def test_a_request_names_the_model_and_carries_the_key(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer
) -> None:
    await make().embed(["one", "two"])
    (received,) = server.received
    assert received.path == "/v1/embeddings"
    assert received.headers["Authorization"] == f"Bearer {KEY}"
    assert received.asked.input == ["one", "two"]
    assert received.asked.model == "text-embedding-3-small"
    assert received.asked.dimensions is None


async def test_a_server_without_keys_is_sent_none(make: Callable[..., OpenAIEmbedder], server: OpenAIServer) -> None:
    server.key = None
    await make(api_key=None).embed(["one"])
    assert "Authorization" not in server.received[0].headers


async def test_vectors_in_base64_are_those_in_numbers(make: Callable[..., OpenAIEmbedder]) -> None:
    texts = ["rooks breed in colonies", "interest rates rose"]
    numbers, base64 = [await make(encoding_format=form).embed(texts) for form in ("float", "base64")]
    for one, other in zip(numbers, base64, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


async def test_base64_is_understood_from_a_server_that_was_not_asked_for_it(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer
) -> None:
    server.replies.append(answer(["AABAQAAAgEA="]))  # 3 and 4
    assert await make().embed(["one"]) == [pytest.approx([0.6, 0.8])]


async def test_fewer_dimensions_are_asked_for_and_are_part_of_the_identity(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer
) -> None:
    short = make(dimensions=16)
    assert short.dimension == 16
    (vector,) = await short.embed(["rooks breed"])
    assert len(vector) == 16
    assert math.hypot(*vector) == pytest.approx(1.0)
    assert server.received[0].asked.dimensions == 16
    assert short.identity != make().identity


async def test_the_dimension_is_known_after_the_first_answer(make: Callable[..., OpenAIEmbedder]) -> None:
    embedder = make()
    with pytest.raises(EmbedderError, match="known after its first answer"):
        _ = embedder.dimension
    await embedder.embed(["one"])
    assert embedder.dimension == 48


async def test_the_identity_tells_models_and_servers_apart(make: Callable[..., OpenAIEmbedder]) -> None:
    assert make(base_url="https://API.openai.com/v1/").identity == "openai:text-embedding-3-small@api.openai.com/v1"
    embedders = [
        make(),
        make(model="text-embedding-3-large"),
        make(base_url="http://localhost:1234/v1"),
        make(base_url="http://localhost:1234/other"),
    ]
    assert len({embedder.identity for embedder in embedders}) == len(embedders)


async def test_many_and_long_texts_are_sent_in_several_requests(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer
) -> None:
    assert len(await make(batch_size=4).embed(["short"] * 10)) == 10
    assert [len(received.asked.input) for received in server.received] == [4, 4, 2]
    server.received.clear()
    assert len(await make(max_characters=90_000).embed(["word " * 30_000] * 5)) == 5
    assert [len(received.asked.input) for received in server.received] == [2, 2, 1]
    assert [len(text) for text in server.received[0].asked.input] == [90_000, 90_000]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_busy_server_is_asked_again_after_a_while_that_grows(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer, waited: list[float], status: int
) -> None:
    server.replies.extend([fault(status, "busy")] * 3)
    assert len(await make().embed(["one"])) == 1
    assert waited == [0.25, 0.5, 1.0]  # the middle of 0 to 0.5, to 1 and to 2 s


async def test_a_connection_that_breaks_is_tried_again(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer
) -> None:
    server.replies.append(Reply(HANG_UP))
    assert len(await make().embed(["one"])) == 1
    assert len(server.received) == 2


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Wed, 04 Nov 2026 10:00:30 GMT", "Date": DATE}, 30.0),
        ({"Retry-After": "Wed, 04 Nov 2026 09:00:00 GMT", "Date": DATE}, 0.0),
        ({"Retry-After": "Wed, 04 Nov 2026 10:00:30 GMT"}, 0.0),
        ({"Retry-After": "-5"}, 0.0),
        ({"Retry-After": "soon"}, 0.0),
    ],
)
async def test_the_wait_that_a_server_asks_for_is_kept(
    make: Callable[..., OpenAIEmbedder],
    server: OpenAIServer,
    waited: list[float],
    headers: dict[str, str],
    asked: float,
) -> None:
    server.replies.append(Reply(429, "{}", headers))
    await make().embed(["one"])
    assert waited == [asked + 0.25]


async def test_a_server_that_stays_busy_is_left_after_the_retries(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer
) -> None:
    server.replies.extend([fault(503, "loading the model")] * 9)
    with pytest.raises(EmbedderError, match=r"status 503: loading the model \(3 tries\)") as caught:
        await make(max_retries=2).embed(["one"])
    assert caught.value.retryable
    assert len(server.received) == 3


async def test_a_server_that_asks_for_an_hour_is_not_waited_for(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer, waited: list[float]
) -> None:
    server.replies.append(Reply(429, "{}", {"Retry-After": "3600"}))
    with pytest.raises(EmbedderError, match="left alone for 3600 s") as caught:
        await make().embed(["one"])
    assert caught.value.retryable
    assert waited == []


async def test_a_quota_that_is_used_up_does_not_come_back_by_asking(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer
) -> None:
    server.replies.append(fault(429, "check your plan", code="insufficient_quota"))
    with pytest.raises(EmbedderError, match="quota is used up: check your plan") as caught:
        await make().embed(["one"])
    assert not caught.value.retryable
    assert len(server.received) == 1


async def test_a_wrong_key_names_the_setting_and_never_the_key(make: Callable[..., OpenAIEmbedder]) -> None:
    with pytest.raises(EmbedderError, match=r"does not accept the key.*OPENAI_API_KEY.*api_key") as caught:
        await make(api_key="sk-wrong").embed(["one"])
    assert "sk-wrong" not in str(caught.value)
    assert not caught.value.retryable
    with pytest.raises(EmbedderError, match="asks for a key"):
        await make(api_key=None).embed(["one"])


@pytest.mark.parametrize("status", [400, 418, 500])
async def test_a_server_that_repeats_the_key_does_not_get_it_into_the_message(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer, status: int
) -> None:
    server.replies.append(fault(status, f"header was: {'x' * 280} {KEY}"))
    with pytest.raises(EmbedderError) as caught:
        await make(max_retries=0).embed(["one"])
    assert "sk-not" not in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (fault(404, "model 'nomic' not found"), "check `base_url` and `model`: model 'nomic' not found"),
        (fault(400, "maximum context length"), r"maximum context length; .*lower `max_characters`"),
        (Reply(400, '{"error": "input is too large"}'), "input is too large; "),
        (Reply(400, "too large to process"), "too large to process; "),
        (Reply(404, "<h1>nginx</h1>", {"Content-Type": "text/html"}), "check `base_url` and `model`$"),
        (Reply(501, ""), "status 501$"),
    ],
)
async def test_a_refusal_says_what_to_do_and_is_not_repeated(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer, reply: Reply, said: str
) -> None:
    server.replies.append(reply)
    with pytest.raises(EmbedderError, match=said) as caught:
        await make().embed(["one"])
    assert not caught.value.retryable
    assert len(server.received) == 1


async def test_a_redirect_is_not_followed(make: Callable[..., OpenAIEmbedder], server: OpenAIServer) -> None:
    with openai_server() as elsewhere:
        server.replies.append(Reply(307, "", {"Location": f"{elsewhere.url}/embeddings"}))
        with pytest.raises(EmbedderError, match=r"leads elsewhere .*set `base_url`"):
            await make().embed(["one"])
        assert elsewhere.received == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(200, "<html>"), "no embeddings that can be read"),
        (Reply(200, '{"object": "list"}'), "no embeddings that can be read"),
        (answer(["not base64!", "AAAA"]), "no embeddings that can be read"),
        (answer(["AAAA", "AAAA"]), "no embeddings that can be read"),
        (answer([None, [1.0]]), "no embeddings that can be read"),
        (answer([[1.0, 2.0]]), "1 vectors for 2 texts"),
        (answer([[1.0], [1.0], [1.0]]), "3 vectors for 2 texts"),
        (answer([[1.0], [1.0]], [1, 1]), "2 vectors for 2 texts"),
        (answer([[1.0], [1.0]], [1, 2]), "2 vectors for 2 texts"),
        (answer([[1.0, 0.0], [1.0]]), "dimension 1 instead of 2"),
        (answer([[1.0, math.nan], [1.0, 0.0]]), "a vector of length nan"),
        (answer([[1.0, math.inf], [1.0, 0.0]]), "a vector of length inf"),
        (answer([[0.0, 0.0], [1.0, 0.0]]), "a vector of length 0"),
        (answer([[], []]), "a vector of length 0"),
    ],
)
async def test_an_answer_that_is_of_no_use_is_an_error(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer, reply: Reply, said: str
) -> None:
    server.replies.append(reply)
    with pytest.raises(EmbedderError, match=said) as caught:
        await make().embed(["one", "two"])
    assert not caught.value.retryable


async def test_vectors_of_two_dimensions_are_never_mixed(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer
) -> None:
    embedder = make()
    await embedder.embed(["one"])
    server.replies.append(answer([[1.0, 0.0]]))
    with pytest.raises(EmbedderError, match="dimension 2 instead of 48"):
        await embedder.embed(["one"])
    server.replies.append(answer([[1.0] * 48]))
    with pytest.raises(EmbedderError, match="dimension 48 instead of 16"):
        await make(dimensions=16).embed(["one"])


async def test_a_server_that_is_not_there_is_named(make: Callable[..., OpenAIEmbedder], waited: list[float]) -> None:
    with openai_server() as server:
        url = server.url
    with pytest.raises(EmbedderError, match=f"{url}/embeddings cannot be reached: .*running.*2 tries") as caught:
        await make(base_url=url, max_retries=1).embed(["one"])
    assert caught.value.retryable
    assert len(waited) == 1


async def test_a_server_that_never_answers_is_given_up(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer
) -> None:
    server.replies.append(Reply(NO_ANSWER))
    with pytest.raises(EmbedderError, match=r"nothing came for 0\.2 s") as caught:
        await make(timeout_seconds=0.2, max_retries=0).embed(["one"])
    assert caught.value.retryable


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "http://192.0.2.1/v1", "http://127.0.0.1.example.com/v1"])
async def test_no_other_machine_is_asked_while_offline(make: Callable[..., OpenAIEmbedder], url: str) -> None:
    with pytest.raises(EmbedderError, match=r"Rookery is offline, and .* is not on this machine") as caught:
        await make(base_url=url, offline=True).embed(["one"])
    assert not caught.value.retryable


async def test_a_server_on_this_machine_is_asked_while_offline_and_through_no_proxy(
    make: Callable[..., OpenAIEmbedder], server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    for host in ("127.0.0.1", "localhost"):
        url = f"http://{host}:{server.server_port}/v1"
        assert len(await make(base_url=url, offline=True, max_retries=0).embed(["one"])) == 1


async def test_a_closed_embedder_connects_again(make: Callable[..., OpenAIEmbedder]) -> None:
    embedder = make()
    expected = await embedder.embed(["one"])
    await embedder.close()
    await embedder.close()
    assert await embedder.embed(["one"]) == expected


def test_one_embedder_serves_several_event_loops(make: Callable[..., OpenAIEmbedder]) -> None:
    embedder = make()

    async def embed_and_close() -> list[list[float]]:
        vectors = await embedder.embed(["one"])
        await embedder.close()
        return vectors

    assert (
        asyncio.run(embedder.embed(["one"])) == asyncio.run(embed_and_close()) == asyncio.run(embedder.embed(["one"]))
    )


def test_the_environment_gives_address_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (Settings().base_url, Settings().api_key) == ("https://api.openai.com/v1", None)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:11434/v1/")
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
    assert (Settings().base_url, Settings().api_key) == ("http://localhost:11434/v1", SecretStr(KEY))


@pytest.mark.parametrize(
    "url", ["", "localhost:11434", "ftp://host/v1", "http://", "http://me:secret@host/v1", "http://host/v1?key=secret"]
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="give an address like") as caught:
        Settings(base_url=url)
    assert all("secret" not in fault["msg"] for fault in caught.value.errors())


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValidationError, match="a key has no spaces") as caught:
        Settings(api_key=SecretStr(key))
    assert key not in str(caught.value)
