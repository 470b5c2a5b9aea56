"""How likely a model finds a reply that is already there."""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from rookery.adapters.llms.llama_cpp.wire import Weigh, Weighed
from rookery.adapters.llms.llama_cpp.worker.batch import Batch
from rookery.adapters.llms.llama_cpp.worker.library import Unusable
from rookery.adapters.llms.llama_cpp.worker.model import Model
from rookery.adapters.llms.llama_cpp.worker.prompts import Prompts


class Scales:
    """Weighs one reply at a time, in a context of its own that is gone afterwards. For the decoding thread alone."""

    def __init__(self, model: Model, prompts: Prompts) -> None:
        self._model, self._prompts = model, prompts
        self._api = model.library.api

    def weigh(self, request: Weigh) -> Weighed:
        """Return the tokens of prompt and reply, and the likelihoods of the reply's.

        Raises:
            Unusable: they do not fit the context together, or the adapter is not known.
        """
        prompt = self._prompts.prompt(request.messages).tokens
        reply = self._prompts.reply(request.messages, request.reply)
        length, window = len(prompt) + len(reply), self._model.window
        if length > window:
            numbers = {"prompt_tokens": length, "context_tokens": window}
            raise Unusable("context", f"prompt and reply have {length} tokens, the context holds {window}", numbers)
        if request.lora is not None and request.lora not in self._model.loras:
            raise Unusable("request", f"there is no LoRA adapter {request.lora!r}")
        likelihoods = self._likelihoods(prompt, reply, request.lora) if request.likelihood else []
        return Weighed(id=request.id, prompt=prompt, reply=reply, likelihoods=likelihoods)

    def _likelihoods(self, prompt: Sequence[int], reply: Sequence[int], lora: str | None) -> list[float]:
        tokens = [*prompt, *reply]
        with self._context(len(tokens), lora) as context:
            found: list[float] = []
            batch = Batch(self._model.library, self._model.load.n_batch)
            for start in range(0, len(tokens) - 1, batch.size):
                end = min(start + batch.size, len(tokens) - 1)
                batch.clear()
                rows = [
                    (batch.add(0, [tokens[place]], position=place, wanted=place >= len(prompt) - 1), tokens[place + 1])
                    for place in range(start, end)
                ]
                if self._api.llama_decode(context, batch.struct):
                    raise Unusable("device", "llama.cpp could not compute the likelihood of a reply")
                wanted = rows[max(0, len(prompt) - 1 - start) :]
                found += [self._likelihood(context, row, token) for row, token in wanted]
            return found

    def _likelihood(self, context: int, row: int, token: int) -> float:
        pointer = self._api.llama_get_logits_ith(context, row)
        if not pointer:
            raise Unusable("device", "llama.cpp made no logits")
        logits = np.ctypeslib.as_array(pointer, (self._model.vocabulary.size,)).astype(np.float64)
        top = logits.max()
        return float(logits[token] - top - np.log(np.exp(logits - top).sum()))

    @contextmanager
    def _context(self, tokens: int, lora: str | None) -> Iterator[int]:
        context = self._model.spare_context(tokens)
        try:
            if lora is not None:
                pointer, scale = self._model.loras[lora]
                pointers = (self._api.llama_adapter_lora_p_ctypes * 1)(pointer)
                self._api.llama_set_adapters_lora(context, pointers, 1, (ctypes.c_float * 1)(scale))
            yield context
        finally:
            self._api.llama_free(context)
