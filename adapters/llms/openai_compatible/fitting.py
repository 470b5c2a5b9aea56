"""Noticing prompts that do not fit, also where the server cuts them without a word.

Ollama keeps as many tokens as its context holds and answers as if nothing had happened; when the context fills while it
writes, it drops the older half of it. What gives it away is the number of tokens that it says it used.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache

from rookery.domain.errors import ContextOverflow, LLMError
from rookery.domain.inference import LLMRequest, Message
from rookery.domain.results import Usage

_CHARACTERS_A_TOKEN = 8  # no tokenizer in use reaches that on prose or code; English takes some 4.5
_REPEATED = re.compile(r"(.{1,3}?)\1+", re.DOTALL)  # long runs are single tokens in some vocabularies
_PER_MESSAGE = 8  # tokens of a chat template around a message, generously
_TEMPLATE_MAY_VARY = 16  # tokens that a template may add at the end of one prompt and not within the next
_COUNTS_MAY_VARY = 0.9  # between the servers behind one address
_SESSIONS = 256
_TEXTS = 512  # whose estimates are kept in mind: a conversation brings its texts again and again


class PromptCut(ContextOverflow):
    """A prompt that the server cut, or can only cut. `prompt_tokens` is an estimate where the server does not count."""

    def __init__(self, message: str, *, prompt_tokens: int, context_tokens: int) -> None:
        LLMError.__init__(self, message)
        self.prompt_tokens = prompt_tokens
        self.context_tokens = context_tokens


def estimate(messages: Sequence[Message]) -> int:
    """Return about how many tokens the messages have, rather too many: a third of the characters, and more for each
    one beyond ASCII."""
    return _PER_MESSAGE + sum(_weight(message.content) for message in messages)


@lru_cache(_TEXTS)
def _weight(text: str) -> int:
    beyond = 0 if text.isascii() else len(text.encode("utf-8", "replace")) - len(text)
    return _PER_MESSAGE + -(-len(text) // 3) + (2 * beyond) // 5


def at_least(messages: Sequence[Message]) -> int:
    """Return a number of tokens that the messages cannot have fewer of."""
    return sum(len(_REPEATED.sub(r"\1", message.content)) for message in messages) // _CHARACTERS_A_TOKEN


class Fit:
    """Judges by what the server used; remembers the last prompt of each session, for the next one only adds to it."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, tuple[list[str], int]] = OrderedDict()

    def check(self, request: LLMRequest, used: Usage | None, context: int | None, *, model: str) -> None:
        """Check that the whole prompt was read.

        Raises:
            ContextOverflow: it was not, or part of it was dropped while the reply was written.
            LLMError: the server does not say what it used, and the prompt may not have fitted.
        """
        if used is None:
            _require_room(request, context, model)
            return
        if context is not None and (
            used.prompt_tokens >= context or used.prompt_tokens + used.completion_tokens > context
        ):
            raise _cut(request, used.prompt_tokens, context, model)
        fewest = self._fewest(request, used.prompt_tokens)
        if used.prompt_tokens < fewest:
            raise PromptCut(
                f"{model} used {used.prompt_tokens} tokens of a prompt that has at least {fewest}: the server cut it, "
                "and its reply is refused; give it a larger context (num_ctx in Ollama), or ask for less",
                prompt_tokens=fewest,
                context_tokens=context or used.prompt_tokens,
            )
        self._remember(request, used.prompt_tokens)

    def _fewest(self, request: LLMRequest, used: int) -> int:
        """The prompt has no fewer tokens than this; the costly bound is taken only where it can matter."""
        characters = sum(len(message.content) for message in request.messages)
        bound = at_least(request.messages) if used * _CHARACTERS_A_TOKEN < characters else 0
        texts, earlier = self._last.get(request.session or "", ([], 0))
        if texts and [message.content for message in request.messages[: len(texts)]] == texts:
            return max(bound, int(_COUNTS_MAY_VARY * earlier) - _TEMPLATE_MAY_VARY)
        return bound

    def _remember(self, request: LLMRequest, used: int) -> None:
        if request.session is None:
            return
        self._last[request.session] = ([message.content for message in request.messages], used)
        self._last.move_to_end(request.session)
        if len(self._last) > _SESSIONS:
            self._last.popitem(last=False)


def _require_room(request: LLMRequest, context: int | None, model: str) -> None:
    if context is None or estimate(request.messages) + request.max_tokens > context:
        known = f"its context of {context} tokens" if context else "its unknown context (set `context_tokens`)"
        raise LLMError(
            f"{model} does not say how many tokens it used, and a prompt of about {estimate(request.messages)} tokens "
            f"may not have fitted {known}; its reply is refused, for the server may have cut the prompt"
        )


def _cut(request: LLMRequest, used: int, context: int, model: str) -> PromptCut:
    about = estimate(request.messages)
    return PromptCut(
        f"{model} used {used} tokens for a prompt of about {about}, and its context holds {context} with the reply: "
        "the server cut the prompt, and its reply is refused; give it a larger context (num_ctx in Ollama), or ask for "
        "less",
        prompt_tokens=max(about, context),
        context_tokens=context,
    )
