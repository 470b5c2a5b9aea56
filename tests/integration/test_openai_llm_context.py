"""Prompts near and beyond what a server's model holds: counted, refused, never cut."""

from collections.abc import Callable

import pytest

from rookery.adapters.llms.openai_compatible import OpenAILLM
from rookery.domain.errors import ContextOverflow, LLMError
from rookery.domain.inference import LLMRequest
from tests.support.openai_chat import Chat, Kind, fault, says
from tests.support.openai_model import asked, message, told, words
from tests.support.openai_server import OpenAIServer

pytestmark = pytest.mark.anyio
Make = Callable[..., OpenAILLM]
KINDS: list[Kind] = ["openai", "llama-server", "ollama", "vllm", "lm-studio"]


def lengthened(request: LLMRequest, reply: str, question: str) -> LLMRequest:
    """Return the next request of an agent: the whole conversation so far, and one more question."""
    turns = [*request.messages, message(reply).model_copy(update={"role": "assistant"}), message(question)]
    return request.model_copy(update={"messages": turns})


@pytest.mark.parametrize("kind", ["llama-server", "ollama", "vllm", "lm-studio"])
async def test_the_context_is_what_the_server_says(make_llm: Make, chat: Chat, kind: Kind) -> None:
    chat.kind, chat.context = kind, 3000
    llm = make_llm()
    assert llm.capabilities().context_tokens is None
    await llm.complete(asked())
    assert llm.capabilities().context_tokens == 3000
    assert make_llm(context_tokens=100).capabilities().context_tokens == 100


async def test_a_context_that_is_known_once_the_model_is_loaded_is_asked_for_then(
    make_llm: Make, chat: Chat, chat_server: OpenAIServer
) -> None:
    chat.kind, chat.context, chat.tells_context = "ollama", 3000, False
    llm = make_llm()
    await llm.complete(asked())
    await llm.complete(asked())
    assert llm.capabilities().context_tokens == 3000
    assert chat_server.looked_up.count("/api/ps") == 2


async def test_a_server_that_does_not_tell_its_context_leaves_it_unknown(make_llm: Make) -> None:
    llm = make_llm()
    await llm.complete(asked())
    assert llm.capabilities().context_tokens is None


async def test_a_server_that_is_closed_and_asked_again_may_have_another_context(make_llm: Make, chat: Chat) -> None:
    chat.kind = "vllm"
    llm = make_llm()
    await llm.complete(asked())
    await llm.close()
    chat.context = 9000
    await llm.complete(asked())
    assert llm.capabilities().context_tokens == 9000


@pytest.mark.parametrize("kind", ["llama-server", "vllm"])
async def test_servers_with_a_tokenizer_count_exactly(make_llm: Make, chat: Chat, kind: Kind) -> None:
    chat.kind = kind
    llm, request = make_llm(), asked("Be brief.", f"Möwe, Krähe & Co.:\n{words(200)}")
    assert await llm.count_tokens(request.messages) == (await llm.complete(request)).usage.prompt_tokens
    assert llm.capabilities().counts_exactly


@pytest.mark.parametrize("kind", ["openai", "ollama", "lm-studio"])
@pytest.mark.parametrize(
    "text", ["Rooks breed in colonies, high up in trees. " * 20, "Грачи гнездятся колониями. " * 20]
)
async def test_servers_without_a_tokenizer_estimate_rather_too_high(
    make_llm: Make, chat: Chat, kind: Kind, text: str
) -> None:
    chat.kind = kind
    llm, request = make_llm(), asked("Be brief.", text)
    used = (await llm.complete(request)).usage.prompt_tokens
    assert used <= await llm.count_tokens(request.messages) <= 4 * used
    assert not llm.capabilities().counts_exactly


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("streams", [False, True])
async def test_a_prompt_that_does_not_fit_is_an_overflow_with_both_numbers(
    make_llm: Make, chat: Chat, kind: Kind, *, streams: bool
) -> None:
    chat.kind, chat.context = kind, 500
    llm, request = make_llm(), asked("Be brief.", words(600))
    with pytest.raises(ContextOverflow) as caught:
        await (told(llm, request) if streams else llm.complete(request))
    assert caught.value.context_tokens == 500
    assert caught.value.prompt_tokens >= 500
    assert not caught.value.retryable


@pytest.mark.parametrize("kind", ["llama-server", "vllm"])
async def test_a_prompt_that_is_counted_and_too_long_is_not_sent(
    make_llm: Make, chat: Chat, chat_server: OpenAIServer, kind: Kind
) -> None:
    chat.kind, chat.context = kind, 500
    llm, request = make_llm(), asked("Be brief.", words(600))
    with pytest.raises(ContextOverflow) as caught:
        await llm.complete(request)
    assert caught.value.prompt_tokens == await llm.count_tokens(request.messages)
    assert chat_server.received == []


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "This model's maximum context length is 8192 tokens. However, you requested 9100 tokens (9000 in the messages, "
        "100 in the completion). Please reduce the length.",
        "'max_tokens' or 'max_completion_tokens' is too large: 100. This model's maximum context length is 8192 tokens "
        "and your request has 9000 input tokens (100 > 8192 - 9000).",
    ],
)
async def test_an_overflow_is_known_by_the_words_of_each_server(
    make_llm: Make, chat_server: OpenAIServer, said: str
) -> None:
    chat_server.replies.append(fault(400, said))
    with pytest.raises(ContextOverflow) as caught:
        await make_llm().complete(asked())
    assert (caught.value.prompt_tokens, caught.value.context_tokens) == (9000, 8192)


@pytest.mark.parametrize("tells", [True, False])
async def test_a_prompt_that_the_server_cut_to_its_context_is_noticed(
    make_llm: Make, chat: Chat, *, tells: bool
) -> None:
    chat.kind, chat.context, chat.tells_context = "ollama", 500, tells
    with pytest.raises(ContextOverflow, match=r"used 500 tokens for a prompt of about \d+, .*cut the prompt.*num_ctx"):
        await make_llm().complete(asked("Be brief.", words(520)))


async def test_a_prompt_whose_older_messages_the_server_dropped_is_noticed_by_its_length(
    make_llm: Make, chat: Chat
) -> None:
    chat.kind, chat.context = "ollama", 500
    request = asked("Be brief.", "corvidaeology " * 400, "I see.", "And where?")
    with pytest.raises(ContextOverflow, match=r"used 31 tokens of a prompt that has at least 7\d\d"):
        await make_llm(context_tokens=100_000).complete(request)


@pytest.mark.parametrize("streams", [False, True])
async def test_a_conversation_that_grew_and_used_fewer_tokens_was_cut(
    make_llm: Make, chat: Chat, *, streams: bool
) -> None:
    chat.kind, chat.context, chat.say = "ollama", 500, says("In trees.")
    llm, first = make_llm(), asked("Be brief.", words(400), session="one")
    await llm.complete(first)
    longer = lengthened(first, "In trees.", words(90))
    with pytest.raises(ContextOverflow, match=r"used 118 tokens of a prompt that has at least 3\d\d"):
        await (told(llm, longer) if streams else llm.complete(longer))


async def test_a_conversation_that_grows_within_the_context_goes_on(make_llm: Make, chat: Chat) -> None:
    chat.kind, chat.context, chat.say = "ollama", 2000, says("In trees.")
    llm, request = make_llm(), asked("Be brief.", words(100), session="one")
    for turn in range(8):
        used = (await llm.complete(request)).usage.prompt_tokens
        assert used >= 100 * (turn + 1)
        request = lengthened(request, "In trees.", words(100))


async def test_runs_of_one_character_are_not_taken_for_a_prompt_that_was_cut(make_llm: Make) -> None:
    ruled = f"| a | b |\n|{'-' * 4000}|{' ' * 4000}|\n" + "~" * 4000
    assert (await make_llm().complete(asked("Be brief.", ruled))).usage.prompt_tokens < 50


async def test_a_context_that_fills_while_the_reply_is_written_is_noticed(make_llm: Make, chat: Chat) -> None:
    chat.kind, chat.context, chat.say = "ollama", 500, says(words(200))
    with pytest.raises(ContextOverflow, match="its context holds 500 with the reply"):
        await make_llm().complete(asked("Be brief.", words(400)))


async def test_a_server_that_does_not_say_what_it_used_is_trusted_only_with_room_to_spare(
    make_llm: Make, chat: Chat
) -> None:
    chat.kind, chat.counts, chat.context = "lm-studio", False, 2000
    llm = make_llm()
    assert (await llm.complete(asked())).usage.prompt_tokens == 0
    with pytest.raises(LLMError, match=r"does not say how many tokens it used.*its context of 2000 tokens"):
        await llm.complete(asked("Be brief.", words(900)))
    chat.kind = "openai"
    with pytest.raises(LLMError, match="its unknown context"):
        await make_llm().complete(asked())
