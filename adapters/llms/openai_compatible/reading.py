"""Making a reply of what the server answered."""

import re

from pydantic import ValidationError

from rookery.adapters.llms.openai_compatible.wire import Answer, Choice, Said
from rookery.adapters.support.openai.refusals import Asker, Fault, Response, TryAgain, quote
from rookery.domain.errors import ContextOverflow, CutReply, LLMError
from rookery.domain.inference import LLMRequest
from rookery.domain.results import Usage

_TOO_LONG = (  # OpenAI; vLLM, which counts the room for the reply too; vLLM since 0.10
    re.compile(r"maximum context length is (?P<context>\d+) tokens.*?resulted in (?P<prompt>\d+) tokens", re.DOTALL),
    re.compile(r"maximum context length is (?P<context>\d+) tokens.*?\((?P<prompt>\d+) in the messages", re.DOTALL),
    re.compile(r"maximum context length is (?P<context>\d+) tokens.*?(?P<prompt>\d+) input tokens", re.DOTALL),
)
_UNREADABLE = "output that does not match the expected"


def answer_of(response: Response) -> Answer:
    """Return the answer in a body.

    Raises:
        LLMError: it is none.
    """
    try:
        return Answer.model_validate_json(response.body)
    except ValidationError as error:
        raise LLMError(
            f"{response.url} gave no completion that can be read; does `base_url` end as it should?"
        ) from error


def require_sense(said: Said, finish: str | None, request: LLMRequest, asker: Asker, usage: Usage) -> None:
    """Check that the reply is whole and is one.

    Raises:
        CutReply: it was cut.
        LLMError: it was withheld or refused, or calls tools that it was not offered.
    """
    model = asker.model
    if said.refusal:
        raise LLMError(f"{model} refused: {quote(said.refusal, asker.secret)}")
    if finish == "content_filter":
        raise LLMError(f"the server withheld what {model} wrote (content_filter)")
    if finish == "length":
        raise CutReply(
            f"{model} was cut off after max_tokens ({request.max_tokens}) or where its context ended; half a reply is "
            "of no use: raise max_tokens, or ask for less",
            usage=usage,
        )
    if not said.text.strip():
        raise LLMError(f"{model} {_instead(said, finish)}")


def first(answer: Answer, asker: Asker) -> Choice:
    """Return the only alternative.

    Raises:
        LLMError: there is none.
    """
    if not answer.choices:
        raise LLMError(f"{asker.model} gave an answer without a choice")
    return answer.choices[0]


def require_no_fault(answer: Answer, asker: Asker) -> None:
    """Check an answer, or an event of a stream, for an error in its body.

    Raises:
        TryAgain: the server is busy or out of order.
        LLMError: asking again is of no use.
    """
    if answer.error is None:
        return
    fault = Fault(message=answer.error) if isinstance(answer.error, str) else answer.error
    require_no_known_fault(fault, asker)
    error = f"{asker.model} failed: {quote(fault.message, asker.secret) or 'the server does not say why'}"
    if isinstance(fault.code, int) and 400 <= fault.code < 500 and fault.code not in (408, 429):
        raise LLMError(error)
    raise TryAgain(LLMError(error, retryable=True))


def require_no_known_fault(fault: Fault, asker: Asker) -> None:
    """Check for what servers say in words of their own.

    Raises:
        ContextOverflow: the prompt is too long, with both numbers.
        LLMError: llama-server cannot make sense of what the model wrote; it would not the next time either.
    """
    if _UNREADABLE in fault.message:
        raise LLMError(
            f"{asker.model} wrote what llama-server cannot read, as it does when max_tokens cuts a bound reply: raise "
            "max_tokens, or ask for less"
        )
    if fault.n_prompt_tokens and fault.n_ctx:
        raise ContextOverflow(prompt_tokens=fault.n_prompt_tokens, context_tokens=fault.n_ctx)
    for pattern in _TOO_LONG:
        found = pattern.search(fault.message)
        if found:
            raise ContextOverflow(prompt_tokens=int(found["prompt"]), context_tokens=int(found["context"]))


def _instead(said: Said, finish: str | None) -> str:
    if said.tool_calls or finish in ("tool_calls", "function_call"):
        return "wants to call tools, which it was not offered; switch off tools at the server, or take another model"
    if said.reasoning_content:
        return "thought and then said nothing; raise max_tokens, or switch off its thinking"
    return "said nothing"
