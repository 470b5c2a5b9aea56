"""From a chat in OpenAI's form to a research request."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from rookery.domain.agents import Agent
from rookery.domain.errors import InvalidRequest
from rookery.domain.runs import Depth, ResearchRequest, Utterance
from rookery.entrypoints.api.chat_schemas import ChatMessage, ChatRequest

COLONY = "rookery"
_DEPTHS = {"none": Depth.QUICK, "minimal": Depth.QUICK, "low": Depth.QUICK, "high": Depth.DEEP, "xhigh": Depth.DEEP}
_TURNS, _CHARACTERS = 50, 20_000  # of what was said before; the last ones, and the first ones
_SEEDS = 2**32


def research_of(chat: ChatRequest, agents: Mapping[str, Agent]) -> ResearchRequest:
    """Return the last message as a question, and those before it as what was said before.

    Raises:
        InvalidRequest: something is asked that cannot be done.
    """
    _refuse(chat)
    said = [message for message in chat.messages if message.role in ("user", "assistant")]
    if not said or said[-1].role != "user":
        raise InvalidRequest("messages: the last one is to be the question, of the role user")
    is_agent = chat.model in agents and agents[chat.model].works_alone
    asked = {
        "question": _text(said[-1]),
        "sources": chat.rookery.sources,
        "namespace": chat.rookery.namespace,
        "depth": chat.rookery.depth or _DEPTHS.get(chat.reasoning_effort or "", Depth.STANDARD),
        "seed": (chat.seed or 0) % _SEEDS,
        "agent": chat.model if is_agent else None,
        "model": None if is_agent or chat.model == COLONY else chat.model,
        "conversation": _conversation(said[:-1]),
    }
    try:
        return ResearchRequest.model_validate(asked)
    except ValidationError as error:
        fault = error.errors()[0]
        raise InvalidRequest(f"the last message: {fault['msg'].removeprefix('Value error, ')}") from error


def _refuse(chat: ChatRequest) -> None:
    kind = (chat.response_format or {}).get("type", "text")
    refused = {
        "n: there is one answer to a question": chat.n not in (None, 1),
        "tools: agents use tools of their own; leave them out": bool(chat.tools) and chat.tool_choice != "none",
        "functions: agents use tools of their own; leave them out": bool(chat.functions),
        "response_format: an answer is text with citations": kind != "text",
        "modalities: an answer is text": "audio" in (chat.modalities or []),
        "logprobs: an answer is made of quotes, which have none": bool(chat.logprobs),
    }
    for told, is_asked in refused.items():
        if is_asked:
            raise InvalidRequest(told)


def _conversation(earlier: Sequence[ChatMessage]) -> list[Utterance]:
    said = [(message.role, _text(message)[:_CHARACTERS]) for message in earlier]
    return [Utterance.model_validate({"role": role, "text": text}) for role, text in said if text.strip()][-_TURNS:]


def _text(message: ChatMessage) -> str:
    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    for part in message.content:
        if part.type != "text":
            raise InvalidRequest(f"messages: a part of the type {part.type!r} cannot be read; send text")
    return "\n".join(part.text for part in message.content)
