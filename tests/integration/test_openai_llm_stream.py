"""Replies that come piece by piece, and streams that break."""

import json
from collections.abc import Callable

import pytest

from rookery.adapters.llms.openai_compatible import OpenAILLM
from rookery.domain.errors import ContextOverflow, LLMError
from tests.support.openai_chat import Chat, Reply, delta, events, fault, says
from tests.support.openai_model import FOUND, asked, found, told
from tests.support.openai_server import OpenAIServer

pytestmark = pytest.mark.anyio
Make = Callable[..., OpenAILLM]
USAGE = {"choices": [], "usage": {"prompt_tokens": 24, "completion_tokens": 6}}


def stream(*pieces: bytes, breaks_off: bool = False) -> Reply:
    return Reply(200, pieces=pieces, breaks_off=breaks_off)


async def collect(llm: OpenAILLM, pieces: list[str]) -> None:
    async for piece in llm.stream(asked()):
        pieces.append(piece)  # noqa: PERF401 (what came before an error is wanted)


async def test_the_pieces_add_up_to_the_reply_and_the_usage_is_asked_for(
    make_llm: Make, chat: Chat, chat_server: OpenAIServer
) -> None:
    chat.say = says("Rooks — Saatkrähen, 🐦‍⬛ — breed in colonies.")
    llm = make_llm()
    pieces = await told(llm, asked())
    assert len(pieces) > 3
    assert "".join(pieces) == (await llm.complete(asked())).text
    assert chat_server.received[0].chat.stream_options == {"include_usage": True}


async def test_a_connection_serves_again_after_a_stream(make_llm: Make, chat_server: OpenAIServer) -> None:
    llm = make_llm()
    for _ in range(3):
        await told(llm, asked())
    assert chat_server.connections == 1


async def test_a_bound_reply_comes_in_pieces_too(make_llm: Make, chat: Chat) -> None:
    chat.say = says(FOUND)
    pieces = await told(make_llm(), found(allowed=["p1"]))
    assert len(pieces) > 3
    assert "".join(pieces) == FOUND


async def test_characters_and_events_may_be_cut_anywhere(make_llm: Make, chat_server: OpenAIServer) -> None:
    whole = b": hello\n\n" + events(delta("Saatkrähen "), delta("🐦‍⬛ "), delta("nisten."), delta(None, "stop"), USAGE)
    chat_server.replies.append(stream(*(whole[at : at + 1] for at in range(len(whole)))))
    assert await told(make_llm(), asked()) == ["Saatkrähen ", "🐦‍⬛ ", "nisten."]


@pytest.mark.parametrize(
    "end",
    [events(delta(None, "stop"), USAGE, done=False), events(USAGE), events(delta("", "stop"), USAGE)[:-2]],
)
async def test_a_stream_is_over_when_it_says_so_in_one_way_or_the_other(
    make_llm: Make, chat_server: OpenAIServer, end: bytes
) -> None:
    chat_server.replies.append(stream(events(delta("Rooks."), done=False), end))
    assert await told(make_llm(), asked()) == ["Rooks."]


@pytest.mark.parametrize("breaks_off", [False, True])
async def test_a_stream_that_breaks_off_is_never_half_an_answer_and_is_not_begun_again(
    make_llm: Make, chat_server: OpenAIServer, waits: list[float], *, breaks_off: bool
) -> None:
    chat_server.replies.append(stream(events(delta("Rooks "), done=False), breaks_off=breaks_off))
    pieces: list[str] = []
    with pytest.raises(LLMError) as caught:
        await collect(make_llm(), pieces)
    assert pieces == ["Rooks "]
    assert caught.value.retryable
    assert len(chat_server.received) == 1
    assert waits == []


@pytest.mark.parametrize(
    "failure",
    [
        fault(503, "busy"),
        stream(breaks_off=True),
        stream(events(delta(None, role="assistant"), done=False)),
        stream(events({"error": {"message": "out of memory", "code": 500}})),
    ],
)
async def test_a_stream_that_fails_before_its_first_piece_is_begun_again(
    make_llm: Make, chat_server: OpenAIServer, waits: list[float], failure: Reply
) -> None:
    chat_server.replies.append(failure)
    assert "".join(await told(make_llm(), asked())) == "Rooks breed in colonies."
    assert waits == [0.25]


async def test_a_stream_that_always_fails_is_left_after_the_retries(make_llm: Make, chat_server: OpenAIServer) -> None:
    chat_server.replies.extend([fault(503, "busy")] * 9)
    with pytest.raises(LLMError, match=r"busy \(3 tries\)") as caught:
        await told(make_llm(max_retries=2), asked())
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("event", "said", "retryable"),
    [
        ({"error": {"message": "the GPU is gone", "code": 500}}, "failed: the GPU is gone", True),
        ({"error": "the GPU is gone"}, "failed: the GPU is gone", True),
        ({"error": {"message": "no such voice", "code": 400}}, "failed: no such voice", False),
        ("{half", "an event that cannot be read", False),
        (delta(None, "length"), "cut off after max_tokens", False),
        (delta(None, "content_filter"), "withheld", False),
        (delta(None, refusal="I will not."), "refused: I will not.", False),
    ],
)
async def test_an_error_in_the_midst_of_a_stream_is_an_error(
    make_llm: Make, chat_server: OpenAIServer, event: object, said: str, *, retryable: bool
) -> None:
    chat_server.replies.append(stream(events(delta("Rooks "), event, USAGE)))
    with pytest.raises(LLMError, match=said) as caught:
        await told(make_llm(), asked())
    assert caught.value.retryable is retryable


async def test_tools_that_are_called_in_a_stream_are_an_error(make_llm: Make, chat_server: OpenAIServer) -> None:
    calls = delta(None, tool_calls=[{"index": 0, "function": {"name": "search", "arguments": "{}"}}])
    chat_server.replies.append(stream(events(calls, delta(None, "tool_calls"), USAGE)))
    with pytest.raises(LLMError, match="wants to call tools"):
        await told(make_llm(), asked())


async def test_an_overflow_in_a_stream_has_both_numbers(make_llm: Make, chat_server: OpenAIServer) -> None:
    error = {"code": 400, "message": "request exceeds the context", "n_prompt_tokens": 900, "n_ctx": 512}
    chat_server.replies.append(stream(f"error: {json.dumps(error)}\n\n".encode()))
    with pytest.raises(ContextOverflow) as caught:
        await told(make_llm(), asked())
    assert (caught.value.prompt_tokens, caught.value.context_tokens) == (900, 512)


async def test_a_model_that_never_ends_is_stopped(make_llm: Make, chat_server: OpenAIServer) -> None:
    chat_server.replies.append(stream(*[events(delta("caw " * 2500), done=False)] * 20))
    with pytest.raises(LLMError, match="writes on and on beyond max_tokens"):
        await told(make_llm(), asked(max_tokens=10))


async def test_a_stream_that_is_left_early_hangs_up_and_the_next_one_works(make_llm: Make, chat: Chat) -> None:
    chat.say = says("caw " * 500)
    llm = make_llm()
    pieces = llm.stream(asked())
    assert await anext(pieces) == "caw caw"
    await pieces.aclose()  # type: ignore[attr-defined]
    assert "".join(await told(llm, asked())) == "caw " * 500
