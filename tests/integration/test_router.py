"""Several models in order of preference, some of which fail."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.llms.extractive import ExtractiveLLM
from rookery.adapters.llms.openai_compatible import OpenAILLM, Settings
from rookery.adapters.llms.router import Option, Router
from rookery.domain.errors import ConfigurationError, ContextOverflow, InvalidRequest, LLMError, NotFound
from rookery.domain.inference import Capabilities, LLMReply, LLMRequest, Message
from rookery.domain.ports.llm import LLMPort
from rookery.domain.reasoning import Plan, PlanJob
from tests.support.openai_chat import Chat
from tests.support.openai_model import asked, does_the_job, words
from tests.support.openai_server import openai_server

pytestmark = pytest.mark.anyio
BUSY = LLMError("the server is busy", retryable=True)


class Voice(LLMPort):
    """Says its name, or raises what it is given; a `gate` holds its replies back."""

    def __init__(self, name: str, *, context: int | None = None) -> None:
        self.name = name
        self.context = context
        self.error: Exception | None = None
        self.fails_after = 0
        self.gate: asyncio.Event | None = None
        self.asked = 0
        self.is_closed = False

    async def complete(self, request: LLMRequest) -> LLMReply:
        return LLMReply(text="".join([piece async for piece in self.stream(request)]))

    async def stream(self, request: LLMRequest) -> AsyncIterator[str]:
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        for place, piece in enumerate(self.name):
            if self.error is not None and place == self.fails_after:
                raise self.error
            yield piece

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        if self.error is not None:
            raise self.error
        return len(self.name)

    def capabilities(self) -> Capabilities:
        return Capabilities(name=self.name, context_tokens=self.context, binds_schema=False, generative=True)

    async def release(self) -> None:
        """Nothing is held."""

    async def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 4, tzinfo=UTC))


@pytest.fixture
def voices() -> list[Voice]:
    return [Voice("first", context=1000), Voice("second", context=2000), Voice("third")]


@pytest.fixture
def router(voices: list[Voice], clock: ManualClock) -> Router:
    return Router([Option(voice.name, lambda voice=voice: voice) for voice in voices], clock)


def statuses(router: Router) -> list[str]:
    return [state.status for state in router.state()]


async def test_the_first_model_answers_while_it_is_well(router: Router, voices: list[Voice]) -> None:
    reply = await router.complete(asked())
    assert (reply.text, reply.model, reply.notices) == ("first", "first", [])
    assert voices[1].asked == 0
    assert statuses(router) == ["ready", "untried", "untried"]


async def test_the_next_model_answers_for_one_that_fails_and_that_is_told_once(
    router: Router, voices: list[Voice]
) -> None:
    voices[0].error = BUSY
    first, again = [await router.complete(asked()) for _ in range(2)]
    assert (first.text, first.model) == ("second", "second")
    assert first.notices == ["first: the server is busy; second answers instead"]
    assert again.notices == []
    assert voices[0].asked == 1
    assert router.state()[0].status == "set_aside"
    assert router.state()[0].reason == "the server is busy"
    assert router.capabilities().name == "second"


async def test_a_model_is_tried_again_after_a_while_and_its_return_is_told(
    router: Router, voices: list[Voice], clock: ManualClock
) -> None:
    voices[0].error = BUSY
    await router.complete(asked())
    voices[0].error = None
    clock.advance(timedelta(seconds=14))
    assert (await router.complete(asked())).model == "second"
    clock.advance(timedelta(seconds=1))
    back = await router.complete(asked())
    assert (back.model, back.notices) == ("first", ["first answers"])
    assert statuses(router)[0] == "ready"


async def test_a_model_that_fails_again_rests_twice_as_long(
    router: Router, voices: list[Voice], clock: ManualClock
) -> None:
    voices[0].error = BUSY
    rests = []
    for _ in range(8):
        assert (await router.complete(asked())).model == "second"
        rest = router.state()[0].retry_in_seconds
        assert rest is not None
        rests.append(rest)
        clock.advance(timedelta(seconds=rest))
    assert rests == [15, 30, 60, 120, 240, 480, 600, 600]


async def test_many_failures_at_once_count_as_one(router: Router, voices: list[Voice]) -> None:
    voices[0].error, voices[0].gate = BUSY, asyncio.Event()
    asking = [asyncio.create_task(router.complete(asked())) for _ in range(20)]
    await asyncio.sleep(0)
    voices[0].gate.set()
    replies = await asyncio.gather(*asking)
    assert {reply.model for reply in replies} == {"second"}
    assert sum(len(reply.notices) for reply in replies) == 1
    assert router.state()[0].retry_in_seconds == 15
    assert router.state()[0].failed == 20


async def test_one_request_alone_tries_a_model_that_was_set_aside(
    router: Router, voices: list[Voice], clock: ManualClock
) -> None:
    voices[0].error = BUSY
    await router.complete(asked())
    clock.advance(timedelta(seconds=15))
    voices[0].error, voices[0].gate = None, asyncio.Event()
    trying = asyncio.create_task(router.complete(asked()))
    await asyncio.sleep(0)
    assert statuses(router)[0] == "on_trial"
    assert [(await router.complete(asked())).model for _ in range(3)] == ["second"] * 3
    voices[0].gate.set()
    assert (await trying).model == "first"


async def test_a_trial_that_is_cancelled_leaves_the_next_one_free(
    router: Router, voices: list[Voice], clock: ManualClock
) -> None:
    voices[0].error = BUSY
    await router.complete(asked())
    clock.advance(timedelta(seconds=15))
    voices[0].error, voices[0].gate = None, asyncio.Event()
    trying = asyncio.create_task(router.complete(asked()))
    await asyncio.sleep(0)
    trying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trying
    voices[0].gate = None
    assert (await router.complete(asked())).model == "first"


@pytest.mark.parametrize("error", [LLMError("it gave no JSON"), InvalidRequest("that is no schema")])
async def test_a_request_that_is_wrong_in_itself_is_not_sent_elsewhere(
    router: Router, voices: list[Voice], error: Exception
) -> None:
    voices[0].error = error
    with pytest.raises(type(error), match=str(error)):
        await router.complete(asked())
    assert voices[1].asked == 0
    assert statuses(router)[0] != "set_aside"


async def test_when_no_model_answers_all_reasons_are_told_and_all_are_tried_next_time(
    router: Router, voices: list[Voice]
) -> None:
    for voice in voices:
        voice.error = BUSY
    with pytest.raises(
        LLMError, match=r"no model answers \(first: .* busy; second: .* busy; third: .* busy\)"
    ) as caught:
        await router.complete(asked())
    assert caught.value.retryable
    voices[2].error = None
    reply = await router.complete(asked())
    assert reply.model == "third"
    assert reply.notices == ["first: the server is busy; second: the server is busy; third answers instead"]


async def test_an_error_of_the_model_that_stands_in_names_both(router: Router, voices: list[Voice]) -> None:
    voices[0].error, voices[1].error = BUSY, LLMError("it gave no JSON")
    with pytest.raises(LLMError, match=r"first: the server is busy; second: it gave no JSON") as caught:
        await router.complete(asked())
    assert caught.value.retryable
    assert voices[2].asked == 0


async def test_a_prompt_too_long_goes_to_a_larger_context_only(router: Router, voices: list[Voice]) -> None:
    overflow = ContextOverflow(prompt_tokens=1500, context_tokens=1000)
    voices[0].error = overflow
    reply = await router.complete(asked())
    assert reply.model == "second"
    assert reply.notices == [
        "second answers this request, for its context is larger: the prompt has 1500 tokens and the context holds 1000"
    ]
    assert statuses(router)[0] != "set_aside"
    voices[1].context = 900
    with pytest.raises(ContextOverflow):
        await router.complete(asked())
    assert voices[2].asked == 0


@pytest.mark.parametrize("kind", [ConfigurationError, NotFound])
async def test_a_model_that_cannot_be_made_is_stood_in_for(
    voices: list[Voice], clock: ManualClock, kind: type[InvalidRequest]
) -> None:
    def fail() -> LLMPort:
        raise kind("llama_cpp needs a library that is not installed")

    router = Router([Option("local", fail), Option("second", lambda: voices[1])], clock)
    assert router.capabilities().name == "second"
    reply = await router.complete(asked())
    assert reply.notices == ["local: llama_cpp needs a library that is not installed; second answers instead"]
    with pytest.raises(ConfigurationError, match="llama_cpp needs"):
        Router([Option("local", fail)], clock).capabilities()
    with pytest.raises(ConfigurationError, match="at least one"):
        Router([], clock)


async def test_a_stream_is_taken_over_before_its_first_piece_only(router: Router, voices: list[Voice]) -> None:
    voices[0].error = BUSY
    assert [piece async for piece in router.stream(asked())] == list("second")
    voices[1].error, voices[1].fails_after = BUSY, 3
    pieces: list[str] = []
    with pytest.raises(LLMError, match="the server is busy"):
        await _collect(router, pieces)
    assert pieces == list("sec")
    assert statuses(router) == ["set_aside", "set_aside", "untried"]
    assert (await router.complete(asked())).model == "third"


async def _collect(router: Router, pieces: list[str]) -> None:
    async for piece in router.stream(asked()):
        pieces.append(piece)  # noqa: PERF401 (what came before an error is wanted)


async def test_tokens_are_counted_by_the_model_that_would_answer(router: Router, voices: list[Voice]) -> None:
    assert await router.count_tokens([]) == len("first")
    voices[0].error = BUSY
    assert await router.count_tokens([]) == len("second")


async def test_closing_closes_the_models_that_were_made(router: Router, voices: list[Voice]) -> None:
    await router.complete(asked())
    await router.close()
    assert [voice.is_closed for voice in voices] == [True, False, False]


async def test_a_server_that_is_gone_is_stood_in_for_by_another_and_at_last_by_rule(clock: ManualClock) -> None:
    job = PlanJob(question="Who built the tide gauge?", max_sub_questions=2)
    request = LLMRequest(
        messages=[Message(role="user", content=job.model_dump_json())], job=job, json_schema=Plan.model_json_schema()
    )
    with openai_server(chat=Chat(say=does_the_job)) as server:
        with openai_server() as gone:
            urls = {"local": gone.url, "server": server.url}
        options = [Option(name, lambda url=url: _openai(url)) for name, url in urls.items()]
        router = Router([*options, Option("extractive", lambda: ExtractiveLLM(SnowballAnalyzer()))], clock)
        reply = await router.complete(request)
        assert reply.model == "rook-1"
        assert "cannot be reached" in reply.notices[0]
        assert reply.notices[0].endswith("; server answers instead")
    last = await router.complete(request)
    assert last.model == "extractive"
    assert Plan.model_validate_json(last.text).sub_questions
    await router.close()


async def test_a_prompt_too_long_for_one_server_is_answered_by_a_larger_one(clock: ManualClock) -> None:
    small, large = Chat(kind="llama-server", context=200), Chat(kind="vllm", context=9000, models=["rook-2"])
    with openai_server(chat=small) as one, openai_server(chat=large) as other:
        urls = {"small": one.url, "large": other.url}
        router = Router([Option(name, lambda url=url: _openai(url)) for name, url in urls.items()], clock)
        reply = await router.complete(asked("Be brief.", words(500)))
        assert reply.model == "rook-2"
        assert one.received == []
        await router.close()


def _openai(url: str) -> LLMPort:
    return OpenAILLM(Settings(base_url=url, api_key=None, max_retries=0))


async def test_a_prompt_too_long_for_every_model_is_answered_by_rule(clock: ManualClock) -> None:
    job = PlanJob(question="Who built the tide gauge?", max_sub_questions=2)
    long = Message(role="user", content="Where do rooks nest? " * 300)
    request = LLMRequest(messages=[long], job=job, json_schema=Plan.model_json_schema())
    with openai_server(chat=Chat(kind="llama-server", context=200)) as server:
        url = server.url
        rule = Option("extractive", lambda: ExtractiveLLM(SnowballAnalyzer()))
        router = Router([Option("small", lambda: _openai(url)), rule], clock)
        reply = await router.complete(request)
        await router.close()
    assert reply.model == "extractive"
    assert reply.notices[0].startswith("extractive answers this request, for it reads no prompt: ")
