"""Prepares requests, in a thread of its own: writes prompts, compiles grammars, answers what needs no decoding."""

from queue import SimpleQueue

from rookery.adapters.llms.llama_cpp.wire import Check, Checked, Count, Counted, Generate
from rookery.adapters.llms.llama_cpp.worker.generation import Generation
from rookery.adapters.llms.llama_cpp.worker.grammars import Grammars
from rookery.adapters.llms.llama_cpp.worker.library import Unusable
from rookery.adapters.llms.llama_cpp.worker.lobby import Lobby
from rookery.adapters.llms.llama_cpp.worker.model import Model
from rookery.adapters.llms.llama_cpp.worker.outbox import Outbox
from rookery.adapters.llms.llama_cpp.worker.prompts import Prompt, Prompts

Errand = Generate | Count | Check


class Desk:
    """Takes requests in their order; the decoder never waits for it.

    Args:
        model: what the requests are for.
        prompts: writes them.
        lobby: where they go.
        outbox: where answers go.
    """

    def __init__(self, model: Model, prompts: Prompts, lobby: Lobby, outbox: Outbox) -> None:
        self._model, self._prompts, self._lobby, self._outbox = model, prompts, lobby, outbox
        self._grammars = Grammars(model)
        self._queue: SimpleQueue[Errand] = SimpleQueue()

    def take(self, errand: Errand) -> None:
        """Queue a request, from any thread."""
        self._queue.put(errand)

    def run(self) -> None:
        """Serve for ever."""
        while True:
            errand = self._queue.get()
            try:
                self._serve(errand)
            except Unusable as error:
                self._refuse(errand, error)

    def _serve(self, errand: Errand) -> None:
        match errand:
            case Generate() if self._lobby.is_here(errand.id):
                self._lobby.wait_for_slot(self._prepared(errand))
            case Count():
                tokens = len(self._prompts.prompt(errand.messages).tokens)
                self._outbox.send(Counted(id=errand.id, tokens=tokens))
            case Check():
                self._grammars.compiled(errand.json_schema, errand.grammar)
                self._outbox.send(Checked(id=errand.id, fault=None))
            case _:
                pass

    def _refuse(self, errand: Errand, error: Unusable) -> None:
        match errand:
            case Check() if error.kind == "grammar":
                self._outbox.send(Checked(id=errand.id, fault=str(error)))
            case Generate() if not self._lobby.leave(errand.id):
                pass
            case _:
                self._outbox.fail(errand.id, error)

    def _prepared(self, request: Generate) -> Generation:
        if request.lora is not None and request.lora not in self._model.loras:
            known = ", ".join(self._model.loras) or "none"
            raise Unusable("request", f"there is no LoRA adapter {request.lora!r}; the model was loaded with: {known}")
        prompt = self._prompts.prompt(request.messages)
        self._require_room(prompt, request)
        grammar = self._grammars.compiled(request.json_schema, request.grammar)
        return Generation(request, prompt, grammar, vocabulary=self._model.vocabulary, window=self._model.window)

    def _require_room(self, prompt: Prompt, request: Generate) -> None:
        """A prompt and one token of a reply must fit; nothing is cut."""
        length, window = len(prompt.tokens), self._model.window
        if length + 1 > window:
            numbers = {"prompt_tokens": length, "context_tokens": window, "max_tokens": request.max_tokens}
            raise Unusable(
                "context", f"the prompt has {length} tokens, and the context holds {window} with the reply", numbers
            )
        if not prompt.tokens:
            raise Unusable("request", "the model's template makes no prompt of this conversation")
