"""The language model."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from rookery.domain.inference import Capabilities, LLMReply, LLMRequest, Message


class LLMPort(Protocol):
    """Completes prompts. Safe to call concurrently.

    A `json_schema` and `allowed_sources` in a request bind the reply: an adapter that cannot bind the decoding checks
    the reply and raises `LLMError` rather than hand on what breaks them. Cancelling the calling task cancels the work.
    """

    async def complete(self, request: LLMRequest) -> LLMReply:
        """Return the whole reply.

        Raises:
            ContextOverflow: the prompt does not fit the context; nothing is cut.
            LLMError: the model failed, or its reply breaks what binds it.
        """
        ...

    def stream(self, request: LLMRequest) -> AsyncIterator[str]:
        """Yield the reply in pieces, in order. Raises what `complete` raises."""
        ...

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the number of tokens of the prompt, by the model's own template.

        It is exact where `capabilities().counts_exactly`, and elsewhere an estimate that is rather too high.

        Raises:
            LLMError: the model cannot be asked.
        """
        ...

    def capabilities(self) -> Capabilities:
        """Return what the model can be relied on for; what is known only once it is loaded is null until then."""
        ...

    async def release(self) -> None:
        """Give back memory and devices while nothing is asked; the next call goes on from where conversations were.

        Raises:
            LLMError: what they hold cannot be kept; it is computed anew.
        """
        ...

    async def close(self) -> None:
        """Let go of processes and connections; the next call takes them anew."""
        ...
