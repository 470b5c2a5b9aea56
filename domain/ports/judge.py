"""A language model that says how likely it finds a reply."""

from collections.abc import Sequence
from typing import Protocol

from rookery.domain.inference import Message
from rookery.domain.lessons import Weighed
from rookery.domain.ports.llm import LLMPort


class JudgePort(LLMPort, Protocol):
    """A model whose tokens can be seen: as it reads prompts, and as it would have to write a reply."""

    async def weigh(
        self, messages: Sequence[Message], reply: str, *, lora: str | None = None, likelihood: bool = True
    ) -> Weighed:
        """Return the tokens of a prompt and of a reply, and how likely the model finds each of the reply's.

        Args:
            messages: the prompt.
            reply: what was, or should have been, written.
            lora: an adapter, by its name in the settings.
            likelihood: false: the tokens alone, for which nothing is computed.

        Raises:
            ContextOverflow: they do not fit the context together.
            LLMError: as `complete`.
        """
        ...
