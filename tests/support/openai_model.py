"""A language model behind a server on this machine, and requests to it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from pydantic import TypeAdapter

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.llms.extractive import ExtractiveLLM
from rookery.adapters.llms.openai_compatible import OpenAILLM, Settings
from rookery.domain.inference import LLMRequest, Message
from rookery.domain.reasoning import Findings, Job
from tests.support.openai_chat import Chat, ChatAsked
from tests.support.openai_server import OpenAIServer, openai_server

KEY = "sk-not-a-real-key"
FOUND = '{"quotes":[{"passage_id":"p1","quote":"Rooks breed in colonies.","score":0.9}]}'


@pytest.fixture
def chat() -> Chat:
    """What the server is; a test may change it before it asks."""
    return Chat()


@pytest.fixture
def chat_server(chat: Chat) -> Iterator[OpenAIServer]:
    with openai_server(KEY, chat) as server:
        yield server


@pytest.fixture
def waits() -> list[float]:
    """The seconds that were waited between tries."""
    return []


@pytest.fixture
def make_llm(
    chat_server: OpenAIServer, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., OpenAILLM]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    def one(*, offline: bool = False, **settings: object) -> OpenAILLM:
        values = {"base_url": chat_server.url, "api_key": KEY} | settings
        return OpenAILLM(
            Settings.model_validate(values), offline=offline, sleep=sleep, uniform=lambda low, high: (low + high) / 2
        )

    return one


def asked(*contents: str, **more: object) -> LLMRequest:
    """Return a request: a system message and then turns, which begin and end with the user's."""
    roles = ["system", "user", "assistant", "user", "assistant", "user"]
    texts = contents or ("Answer.", "Where do rooks breed?")
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    return LLMRequest.model_validate({"messages": messages} | more)


def found(*contents: str, allowed: list[str] | None = None, **more: object) -> LLMRequest:
    """Return a request whose reply must be findings."""
    return asked(*contents, json_schema=Findings.model_json_schema(), allowed_sources=allowed, **more)


def words(count: int) -> str:
    """Return so many short words, each of them a token of the server's."""
    return " ".join(f"w{number % 97}" for number in range(count))


def message(content: str) -> Message:
    return Message(role="user", content=content)


def does_the_job(asked: ChatAsked) -> str:
    """Do the job that the last message is, by rule, and name no source that the schema does not allow."""
    job: Job = TypeAdapter(Job).validate_json(asked.messages[-1].content)
    messages = [message("Do the job.")]
    request = LLMRequest(messages=messages, job=job, allowed_sources=_allowed(asked.schema_asked))
    return asyncio.run(ExtractiveLLM(SnowballAnalyzer()).complete(request)).text


def _allowed(schema: Mapping[str, Any]) -> list[str] | None:
    definitions = schema.get("$defs", {})
    quote = definitions.get("Quote", {}).get("properties", {}).get("passage_id", {})
    claim = definitions.get("DraftClaim", {}).get("properties", {}).get("evidence", {}).get("items", {})
    names = quote.get("enum") or claim.get("enum")
    return None if names is None else [str(name) for name in names]


async def told(llm: OpenAILLM, request: LLMRequest) -> list[str]:
    """Return the pieces of a streamed reply."""
    return [piece async for piece in llm.stream(request)]
