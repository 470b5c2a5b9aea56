"""Counting the tokens of a prompt by the server's own template and tokenizer."""

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import to_json

from rookery.adapters.llms.openai_compatible.discovery import Facts, Post
from rookery.adapters.llms.openai_compatible.wire import encoded
from rookery.adapters.support.openai.refusals import Response
from rookery.domain.errors import LLMError
from rookery.domain.inference import Message

R = TypeVar("R", bound=BaseModel)


class _Prompt(BaseModel):
    model_config = ConfigDict(frozen=True)

    prompt: str


class _Tokens(BaseModel):
    model_config = ConfigDict(frozen=True)

    tokens: list[int]


class _Count(BaseModel):
    model_config = ConfigDict(frozen=True)

    count: int


async def counted(messages: Sequence[Message], facts: Facts, root: str, post: Post) -> int:
    """Return the exact number of tokens.

    Args:
        messages: the prompt.
        facts: of a server with a tokenizer.
        root: the server's address without `/v1`.
        post: asks it.

    Raises:
        LLMError: the server does not count after all.
    """
    if facts.tokenizer == "vllm":
        body = encoded({"model": facts.model, "add_generation_prompt": True}, messages)
        return _read(await post(f"{root}/tokenize", body), _Count).count
    prompt = _read(await post(f"{root}/apply-template", encoded({}, messages)), _Prompt).prompt
    asked = to_json({"content": prompt, "add_special": True, "parse_special": True})
    return len(_read(await post(f"{root}/tokenize", asked), _Tokens).tokens)


def _read(response: Response, kind: type[R]) -> R:
    try:
        return kind.model_validate_json(response.body)
    except ValidationError as error:
        raise LLMError(f"{response.url} does not count tokens (status {response.status})") from error
