"""How a conversation is written for a model: by the template of its file, or by its family's."""

import datetime
from collections.abc import Collection, Sequence
from typing import Any

from rookery.adapters.llms.llama_cpp.wire import Turn
from rookery.adapters.llms.llama_cpp.worker.library import Unusable

_CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
    "{% endfor %}{{ '<|im_start|>assistant\n' }}"
)
_LLAMA_3 = (
    "{{ bos_token }}{% for message in messages %}{{ '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' + "
    "message.content | trim + '<|eot_id|>' }}{% endfor %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
)
_GEMMA = (
    "{{ bos_token }}{% for message in messages %}{{ raise_exception('no system') if message.role == 'system' }}"
    "{{ '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\n' + "
    "message.content | trim + '<end_of_turn>\n' }}{% endfor %}{{ '<start_of_turn>model\n' }}"
)
_MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{{ raise_exception('no system') if message.role == 'system' }}"
    "{{ '[INST]' + message.content + '[/INST]' if message.role == 'user' else message.content + eos_token }}"
    "{% endfor %}"
)
_FAMILIES = {"<|im_start|>": _CHATML, "<|start_header_id|>": _LLAMA_3, "<start_of_turn>": _GEMMA, "[INST]": _MISTRAL}
"""Templates by the mark that tells that a model was trained with them."""
_MISTAKES = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RuntimeError)
"""What a template can raise by itself."""


class Template:
    """Writes conversations.

    Args:
        source: the template in Jinja's language, as Hugging Face's libraries read it.
        bos: the text of the token that begins a prompt.
        eos: that of the token that ends a text.

    Raises:
        Unusable: the template cannot be read (`model`).
    """

    def __init__(self, source: str, *, bos: str, eos: str) -> None:
        from jinja2 import TemplateError
        from jinja2.ext import loopcontrols
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        self._error = TemplateError
        self._marks = {"bos_token": bos, "eos_token": eos}
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
        environment.globals |= {"raise_exception": self._refuse, "strftime_now": _today}
        try:
            self._template = environment.from_string(source)
        except TemplateError as error:
            raise Unusable("model", f"the model's chat template cannot be read: {error}") from error

    def write(self, turns: Sequence[Turn]) -> str:
        """Return the prompt. What the system says goes to the user's first turn where the model knows no system.

        Raises:
            Unusable: the template refuses the conversation (`request`).
        """
        try:
            text = self._render(turns)
        except self._error as error:
            merged = _merged(turns)
            if merged == list(turns):
                raise Unusable("request", f"the model's chat template refuses this conversation: {error}") from error
            return self._write_merged(merged)
        spoken = [turn.content.strip() for turn in turns if turn.role == "system"]
        return text if all(words in text for words in spoken) else self._write_merged(_merged(turns))

    def _write_merged(self, turns: Sequence[Turn]) -> str:
        try:
            return self._render(turns)
        except self._error as error:
            raise Unusable("request", f"the model's chat template refuses this conversation: {error}") from error

    def _render(self, turns: Sequence[Turn]) -> str:
        messages = [{"role": turn.role, "content": turn.content} for turn in turns]
        try:
            return self._template.render(messages=messages, add_generation_prompt=True, tools=None, **self._marks)
        except _MISTAKES as error:
            raise self._error(f"{type(error).__name__}: {error}") from error

    def _refuse(self, message: str) -> Any:
        raise self._error(message)


def family(marks: Collection[str]) -> str:
    """Return the template of the family to which a model's control tokens belong.

    Raises:
        Unusable: of none that is known (`request`).
    """
    for mark, source in _FAMILIES.items():
        if mark in marks:
            return source
    raise Unusable(
        "request",
        "the model's file has no chat template, and its tokens are of none of the families ChatML, Llama 3, Gemma and "
        "Mistral; take a file of an instruction-tuned model with `tokenizer.chat_template`",
    )


def _merged(turns: Sequence[Turn]) -> list[Turn]:
    """What the system says becomes the beginning of the first turn of the user."""
    system = "\n\n".join(turn.content for turn in turns if turn.role == "system")
    rest = [turn for turn in turns if turn.role != "system"]
    if not system:
        return rest
    if rest and rest[0].role == "user":
        return [Turn(role="user", content=f"{system}\n\n{rest[0].content}"), *rest[1:]]
    return [Turn(role="user", content=system), *rest]


def _today(form: str) -> str:
    return datetime.datetime.now(tz=datetime.UTC).strftime(form)
