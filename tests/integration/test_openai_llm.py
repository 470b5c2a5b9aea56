"""A server that completes chats, and what can go wrong with it."""

import asyncio
import json
from collections.abc import Callable

import pytest

from rookery.adapters.llms.openai_compatible import OpenAILLM
from rookery.application.asking import ask
from rookery.domain.agents import Agent
from rookery.domain.errors import InvalidRequest, LLMError
from rookery.domain.reasoning import Plan, PlanJob, Reflection
from tests.support.openai_chat import Chat, Reply, completion, fault, says
from tests.support.openai_model import FOUND, KEY, asked, found, told
from tests.support.openai_server import HANG_UP, NO_ANSWER, OpenAIServer, openai_server

pytestmark = pytest.mark.anyio
Make = Callable[..., OpenAILLM]


async def test_a_request_carries_what_was_asked_and_the_key(make_llm: Make, chat_server: OpenAIServer) -> None:
    reply = await make_llm().complete(asked(temperature=0.5, seed=7, max_tokens=99))
    (received,) = chat_server.received
    assert received.headers["Authorization"] == f"Bearer {KEY}"
    assert [message.role for message in received.chat.messages] == ["system", "user"]
    assert (received.chat.model, received.chat.max_tokens) == ("rook-1", 99)
    assert (received.chat.temperature, received.chat.seed) == (0.5, 7)
    assert reply.text == "Rooks breed in colonies."
    assert reply.model == "rook-1"
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (24, 6)


async def test_the_tokens_of_a_prompt_that_came_from_the_cache_are_told(make_llm: Make) -> None:
    llm = make_llm()
    first = await llm.complete(asked())
    again = await llm.complete(asked())
    assert (first.usage.cached_prompt_tokens, again.usage.cached_prompt_tokens) == (0, 23)


async def test_a_llama_server_without_cached_tokens_tells_them_by_its_timings(make_llm: Make, chat: Chat) -> None:
    chat.kind = "llama-server"
    llm = make_llm()
    await llm.complete(asked())
    assert (await llm.complete(asked())).usage.cached_prompt_tokens == 23


async def test_the_server_is_asked_about_itself_once(make_llm: Make, chat_server: OpenAIServer) -> None:
    llm = make_llm(context_tokens=4096)
    for _ in range(3):
        await llm.complete(asked())
    assert chat_server.looked_up == ["/v1/models"]
    assert chat_server.connections == 1


async def test_a_server_with_several_models_wants_one_named(make_llm: Make, chat: Chat) -> None:
    chat.models = ["rook-1", "rook-2"]
    with pytest.raises(LLMError, match=r"set `model` under \[llms.openai\]; it has: rook-1, rook-2"):
        await make_llm().complete(asked())
    assert (await make_llm(model="rook-2").complete(asked())).model == "rook-2"


async def test_a_key_that_may_chat_and_not_list_the_models_is_enough(
    make_llm: Make, chat: Chat, chat_server: OpenAIServer
) -> None:
    chat.untold = {"/v1/models": 403, "/api/version": 403, "/api/v0/models": 503}
    assert (await make_llm(model="rook-1").complete(asked())).text
    with pytest.raises(LLMError, match="does not accept the key"):
        await make_llm().complete(asked())
    assert chat_server.looked_up == ["/v1/models", "/api/version", "/api/v0/models", "/v1/models"]


async def test_a_server_that_is_still_loading_is_waited_for(make_llm: Make, chat: Chat, waits: list[float]) -> None:
    chat.kind, chat.untold = "llama-server", {"/v1/models": 503}
    llm = make_llm()
    with pytest.raises(LLMError, match="status 503"):
        await llm.complete(asked())
    assert len(waits) == 4
    chat.untold = {}
    assert (await llm.complete(asked())).text


async def test_fields_that_a_server_does_not_know_are_left_out_or_named_otherwise(
    make_llm: Make, chat_server: OpenAIServer
) -> None:
    await make_llm(omit=["seed", "temperature"], limit_field="max_completion_tokens").complete(asked(max_tokens=50))
    body = json.loads(chat_server.received[0].body)
    assert "seed" not in body
    assert "temperature" not in body
    assert "max_tokens" not in body
    assert body["max_completion_tokens"] == 50


async def test_a_lora_adapter_is_chosen_by_number_or_as_a_model(
    make_llm: Make, chat: Chat, chat_server: OpenAIServer
) -> None:
    chat.kind, chat.models = "llama-server", ["rook-1"]
    llm = make_llm(loras={"critic": 2, "writer": "rook-writer"})
    await llm.complete(asked(lora="critic"))
    await llm.complete(asked(lora="writer"))
    assert chat_server.received[0].chat.lora == [{"id": 2, "scale": 1.0}]
    assert chat_server.received[1].chat.model == "rook-writer"
    with pytest.raises(LLMError, match=r"no LoRA adapter 'poet'.*there are: critic, writer"):
        await llm.complete(asked(lora="poet"))


async def test_half_a_surrogate_pair_becomes_a_question_mark(make_llm: Make, chat_server: OpenAIServer) -> None:
    await make_llm().complete(asked("Answer.", "half \ud83d of a bird"))
    assert chat_server.received[0].chat.messages[1].content == "half ? of a bird"


@pytest.mark.parametrize("allowed", [None, ["p1", "p2"], []])
async def test_a_schema_is_sent_in_the_strict_form_with_the_sources_locked(
    make_llm: Make, chat: Chat, chat_server: OpenAIServer, allowed: list[str] | None
) -> None:
    chat.say = says('{"quotes": []}')
    assert (await make_llm().complete(found(allowed=allowed))).text == '{"quotes": []}'
    schema = chat_server.received[0].chat.schema_asked
    quotes = schema["properties"]["quotes"]
    if allowed == []:
        assert quotes["maxItems"] == 0
    else:
        assert schema["$defs"]["Quote"]["properties"]["passage_id"].get("enum") == allowed


async def test_a_schema_with_defaults_is_made_strict(make_llm: Make, chat: Chat, chat_server: OpenAIServer) -> None:
    chat.say = says('{"gaps": [], "contradictions": [], "follow_ups": [], "notes": ""}')
    await make_llm().complete(asked(json_schema=Reflection.model_json_schema()))
    assert chat_server.received[0].chat.schema_asked["required"] == ["gaps", "contradictions", "follow_ups", "notes"]


async def test_a_schema_with_free_keys_is_sent_as_it_is(make_llm: Make, chat: Chat, chat_server: OpenAIServer) -> None:
    chat.kind, chat.say = "llama-server", says('{"any": 1}')
    free = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert (await make_llm().complete(asked(json_schema=free))).text == '{"any": 1}'
    assert chat_server.received[0].chat.schema_asked == free
    assert (chat_server.received[0].chat.response_format or {})["json_schema"]["strict"] is False


async def test_what_is_no_schema_is_the_callers_fault(make_llm: Make, chat_server: OpenAIServer) -> None:
    with pytest.raises(InvalidRequest, match="json_schema is no JSON schema"):
        await make_llm().complete(asked(json_schema={"type": "colony"}))
    assert chat_server.received == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The rooks breed in colonies.", "gave no JSON"),
        ('{"quotes": [', "gave no JSON"),
        ('{"quotes": [], "score": NaN}', "gave no JSON"),
        ("{}", "broke the schema of its reply at the reply: 'quotes' is a required property"),
        (FOUND.replace("p1", "p9"), r"broke the schema of its reply at quotes.0.passage_id: 'p9' is not one of"),
        (FOUND.replace("0.9", "9"), r"broke the schema of its reply at quotes.0.score: 9 is greater than"),
    ],
)
async def test_a_reply_that_breaks_what_binds_it_is_refused(make_llm: Make, chat: Chat, text: str, said: str) -> None:
    chat.say = says(text)
    llm = make_llm()
    with pytest.raises(LLMError, match=said) as caught:
        await llm.complete(found(allowed=["p1", "p2"]))
    assert not caught.value.retryable
    with pytest.raises(LLMError, match=said):
        await told(llm, found(allowed=["p1", "p2"]))


@pytest.mark.parametrize("around", ["```json\n{}\n```", "```json {}```", "<think>Colonies?\n</think>\n\n{}"])
async def test_a_fence_or_a_thought_around_the_json_is_taken_away(make_llm: Make, chat: Chat, around: str) -> None:
    chat.say = says(around.replace("{}", FOUND))
    llm = make_llm()
    assert (await llm.complete(found(allowed=["p1"]))).text == FOUND
    assert await told(llm, found(allowed=["p1"])) == [FOUND]


async def test_a_server_that_takes_no_schema_is_told_it_in_words_and_that_is_noted_once(
    make_llm: Make, chat: Chat, chat_server: OpenAIServer
) -> None:
    chat.forms, chat.say = ["json_object"], says(FOUND)
    llm = make_llm()
    assert llm.capabilities().binds_schema
    first, again = [await llm.complete(found(allowed=["p1"])) for _ in range(2)]
    assert [note.partition(" (")[0] for note in first.notices] == ["rook-1 is not bound by json_schema"]
    assert again.notices == []
    assert chat_server.received[-1].chat.response_format == {"type": "json_object"}
    assert '"enum":["p1"]' in chat_server.received[-1].chat.messages[-1].content
    assert not llm.capabilities().binds_schema


async def test_a_server_that_takes_no_form_at_all_is_only_checked(
    make_llm: Make, chat: Chat, chat_server: OpenAIServer
) -> None:
    chat.forms, chat.say = [], says(FOUND)
    llm = make_llm()
    assert await told(llm, found(allowed=["p1"])) == [FOUND]
    assert chat_server.received[-1].chat.response_format is None
    assert len((await llm.complete(found(allowed=["p1"]))).notices + (await llm.complete(asked())).notices) <= 2


async def test_a_form_that_the_settings_choose_is_kept_to(
    make_llm: Make, chat: Chat, chat_server: OpenAIServer
) -> None:
    chat.forms, chat.say = [], says(FOUND)
    with pytest.raises(LLMError, match=r"refused the request .*unavailable now: json_object"):
        await make_llm(binding="json_object").complete(found())
    chat.kind = "llama-server"
    await make_llm(binding="llama_grammar").complete(found(allowed=["p1"]))
    assert chat_server.received[-1].chat.json_schema is not None
    assert chat_server.received[-1].chat.response_format is None


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (completion("Rooks br", "length"), r"cut off after max_tokens \(1024\).*raise max_tokens"),
        (completion(None, refusal="I will not."), "refused: I will not."),
        (completion("", "content_filter"), "withheld"),
        (completion(None, "tool_calls", tool_calls=[{"id": "1"}]), "wants to call tools"),
        (completion(None, reasoning_content="Well…"), "thought and then said nothing; raise max_tokens"),
        (completion("  "), "said nothing"),
        (Reply(200, '{"choices": []}'), "without a choice"),
        (Reply(200, "<html>"), "no completion that can be read; does `base_url`"),
        (Reply(200, '{"error": {"message": "no such thing", "code": 400}}'), "failed: no such thing"),
    ],
)
async def test_an_answer_that_is_no_whole_reply_is_an_error(
    make_llm: Make, chat_server: OpenAIServer, reply: Reply, said: str
) -> None:
    chat_server.replies.append(reply)
    with pytest.raises(LLMError, match=said) as caught:
        await make_llm().complete(asked())
    assert not caught.value.retryable
    assert len(chat_server.received) == 1


async def test_content_in_parts_is_put_together(make_llm: Make, chat_server: OpenAIServer) -> None:
    parts = [{"type": "text", "text": "Rooks "}, {"type": "reference", "ids": [1]}, {"type": "text", "text": "breed."}]
    chat_server.replies.append(completion(parts))  # type: ignore[arg-type]
    assert (await make_llm().complete(asked())).text == "Rooks breed."


@pytest.mark.parametrize("reply", [fault(429, "busy"), fault(500, "busy"), fault(503, "busy")])
async def test_what_may_pass_is_tried_again_after_a_while_that_grows(
    make_llm: Make, chat_server: OpenAIServer, waits: list[float], reply: Reply
) -> None:
    chat_server.replies.extend([reply] * 3)
    assert (await make_llm().complete(asked())).text
    assert waits == [0.25, 0.5, 1.0]


async def test_a_connection_that_the_server_had_closed_is_replaced_at_once(
    make_llm: Make, chat_server: OpenAIServer, waits: list[float]
) -> None:
    chat_server.replies.append(Reply(HANG_UP))
    assert (await make_llm().complete(asked())).text
    assert waits == []
    chat_server.replies.extend([Reply(HANG_UP)] * 2)
    assert (await make_llm().complete(asked())).text
    assert waits == [0.25]


@pytest.mark.parametrize("inside", [False, True])
async def test_a_reply_that_llama_server_cannot_read_is_not_asked_for_again(
    make_llm: Make, chat_server: OpenAIServer, *, inside: bool
) -> None:
    said = "The model produced output that does not match the expected peg-native format"
    error = {"error": {"code": 500, "message": said, "type": "server_error"}}
    chat_server.replies.append(Reply(200 if inside else 500, json.dumps(error)))
    with pytest.raises(LLMError, match=r"llama-server cannot read.*raise max_tokens") as caught:
        await make_llm().complete(asked())
    assert not caught.value.retryable
    assert len(chat_server.received) == 1


async def test_a_server_that_stays_busy_is_left_after_the_retries(make_llm: Make, chat_server: OpenAIServer) -> None:
    chat_server.replies.extend([fault(503, "loading the model", retry_after="2")] * 9)
    with pytest.raises(
        LLMError, match=r"503: loading the model \(3 tries; it asks to be left alone for 2 s\)"
    ) as caught:
        await make_llm(max_retries=2).complete(asked())
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (fault(429, "check your plan", code="insufficient_quota"), "quota is used up: check your plan"),
        (
            fault(400, "no such field: seed"),
            "no such field: seed; what the server does not take can be named in `omit`",
        ),
        (fault(404, "gone"), "check `base_url` and `model`: gone"),
        (Reply(422, '{"detail": "seed is no field"}'), "seed is no field"),
        (Reply(307, "", {"Location": "http://127.0.0.1:9/v1/chat/completions"}), "leads elsewhere"),
    ],
)
async def test_a_refusal_says_what_to_do_and_is_not_repeated(
    make_llm: Make, chat_server: OpenAIServer, reply: Reply, said: str
) -> None:
    chat_server.replies.append(reply)
    with pytest.raises(LLMError, match=said) as caught:
        await make_llm().complete(asked())
    assert not caught.value.retryable
    assert len(chat_server.received) == 1


async def test_a_wrong_key_names_the_setting_and_never_the_key(make_llm: Make) -> None:
    with pytest.raises(LLMError, match=r"does not accept the key.*OPENAI_API_KEY.*\[llms.openai\]") as caught:
        await make_llm(api_key="sk-wrong").complete(asked())
    assert "sk-wrong" not in str(caught.value)
    with pytest.raises(LLMError, match="asks for a key"):
        await make_llm(api_key=None).complete(asked())


@pytest.mark.parametrize("reply", [fault(418, f"{'x' * 280} {KEY}"), completion(None, refusal=f"not for {KEY}")])
async def test_a_server_that_repeats_the_key_does_not_get_it_into_the_message(
    make_llm: Make, chat_server: OpenAIServer, reply: Reply
) -> None:
    chat_server.replies.append(reply)
    with pytest.raises(LLMError) as caught:
        await make_llm().complete(asked())
    assert "sk-not" not in str(caught.value)


async def test_a_server_that_is_not_there_is_named(make_llm: Make, waits: list[float]) -> None:
    with openai_server() as gone:
        url = gone.url
    with pytest.raises(LLMError, match=f"{url}/models cannot be reached: .*running.*2 tries") as caught:
        await make_llm(base_url=url, max_retries=1).complete(asked())
    assert caught.value.retryable
    assert len(waits) == 1


async def test_a_server_that_never_answers_is_given_up(make_llm: Make, chat_server: OpenAIServer) -> None:
    chat_server.replies.append(Reply(NO_ANSWER))
    with pytest.raises(LLMError, match=r"nothing came for 0\.2 s") as caught:
        await make_llm(timeout_seconds=0.2, max_retries=0).complete(asked())
    assert caught.value.retryable


async def test_cancelling_hangs_up(make_llm: Make, chat_server: OpenAIServer) -> None:
    llm = make_llm()
    await llm.complete(asked())
    chat_server.replies.append(Reply(NO_ANSWER))
    asking = asyncio.create_task(llm.complete(asked()))
    assert await asyncio.to_thread(chat_server.is_silent.wait, 10)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await asyncio.to_thread(chat_server.was_left.wait, 10)
    assert (await llm.complete(asked())).text


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "http://192.0.2.1/v1", "http://127.0.0.1.example.com/v1"])
async def test_no_other_machine_is_asked_while_offline(make_llm: Make, url: str) -> None:
    for asking in (
        make_llm(base_url=url, offline=True).complete(asked()),
        make_llm(base_url=url, offline=True).count_tokens([]),
    ):
        with pytest.raises(LLMError, match=r"Rookery is offline, and .* is not on this machine"):
            await asking


async def test_a_server_on_this_machine_is_asked_while_offline_and_through_no_proxy(
    make_llm: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert (await make_llm(offline=True, max_retries=0).complete(asked())).text


async def test_another_machine_is_asked_through_the_proxy_unless_it_is_excepted(
    make_llm: Make, chat_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{chat_server.server_port}")
    with pytest.raises(LLMError, match="several models"):  # the proxy knows no such address, which is how it is told
        await make_llm(base_url="http://rooks.invalid/v1", max_retries=0).complete(asked())
    assert chat_server.looked_up == ["http://rooks.invalid/v1/models"]
    monkeypatch.setenv("NO_PROXY", "rooks.invalid")
    with pytest.raises(LLMError, match="cannot be reached"):
        await make_llm(base_url="http://rooks.invalid/v1", max_retries=0).complete(asked())


def test_one_model_serves_several_event_loops(make_llm: Make) -> None:
    llm = make_llm()

    async def ask_and_close() -> str:
        reply = await llm.complete(asked())
        await llm.close()
        return reply.text

    assert asyncio.run(llm.complete(asked())).text == asyncio.run(ask_and_close())
    assert asyncio.run(llm.complete(asked())).text == asyncio.run(ask_and_close())


async def test_many_requests_at_once_are_all_answered(make_llm: Make, chat: Chat) -> None:
    chat.say = lambda request: request.messages[-1].content.upper()
    llm = make_llm()
    replies = await asyncio.gather(*(llm.complete(asked("Answer.", f"question {n}")) for n in range(64)))
    assert [reply.text for reply in replies] == [f"QUESTION {n}" for n in range(64)]


async def test_a_reply_that_breaks_its_schema_is_sent_back_once_by_who_asked(make_llm: Make, chat: Chat) -> None:
    plan = '{"sub_questions":["Where do rooks nest?"]}'
    chat.say = lambda asked: plan if "That is not valid" in asked.messages[-1].content else '{"sub_questions":3}'
    agent = Agent(id="planner", role="planner", goal="Plan.")
    job = PlanJob(question="Where do rooks nest?", max_sub_questions=2)
    answer, spoken = await ask(make_llm(), job, Plan, agent=agent)
    assert answer.sub_questions == ["Where do rooks nest?"]
    assert spoken.models == ["rook-1"]
    chat.say = says("I cannot do that.")
    with pytest.raises(LLMError, match="rook-1 gave no valid plan in two tries"):
        await ask(make_llm(), job, Plan, agent=agent)
