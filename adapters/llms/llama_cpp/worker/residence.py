"""Who is in the context, who has left it for the RAM or the disk, and how they come back."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from rookery.adapters.llms.llama_cpp.worker.context import Context
from rookery.adapters.llms.llama_cpp.worker.generation import Generation
from rookery.adapters.llms.llama_cpp.worker.ledger import Ledger, Owner, Sequence, common
from rookery.adapters.llms.llama_cpp.worker.model import Model
from rookery.adapters.llms.llama_cpp.worker.prompts import Prompts
from rookery.adapters.llms.llama_cpp.worker.state_files import Saved
from rookery.adapters.llms.llama_cpp.worker.states import States

_LOOKED_AT = 2**20  # bytes of each end of a file, which tell two models apart


class Text(NamedTuple):
    """What a session has said: the tokens that were decoded, those after them, and the text of both."""

    tokens: list[int]
    tail: list[int]
    text: str | None


class Residence:
    """Moves sequences between the context and what is outside of it. One thread alone may use it."""

    def __init__(self, context: Context, ledger: Ledger, states: States, prompts: Prompts, *, model: Model) -> None:
        self.ledger = ledger
        self.evicted = 0
        self._context, self._states, self._prompts = context, states, prompts
        self._window = model.window
        self._shape = shape_of(model)

    def open(self, generation: Generation) -> Sequence:
        """Return a sequence for a generation, with what its session left, wherever that is."""
        owner = _owner(generation)
        sequence = self.ledger.open(owner)
        while sequence is None:
            self.evict_idle()
            sequence = self.ledger.open(owner)
        if not sequence.tokens:
            self._bring_back(sequence, generation)
            return sequence
        self._states.forget(_kept_as(generation))
        self._reprompt(generation, Text(sequence.tokens, sequence.tail, sequence.text))
        return sequence

    def leave(self, sequence: Sequence, generation: Generation) -> None:
        """Let a sequence be idle, with all that its generation wrote."""
        sequence.tail = generation.tokens[len(sequence.tokens) :]
        sequence.text = generation.text
        self.ledger.close(sequence)

    def evict_idle(self) -> bool:
        """Let an idle sequence leave the context; false if there is none."""
        idle = self.ledger.idle()
        if not idle:
            return False
        if idle[0].owner.session is not None:
            self._states.put(self._saved(idle[0], idle[0].owner))
            self.evicted += 1
        self.ledger.drop(idle[0])
        return True

    def set_aside(self, sequence: Sequence, generation: Generation) -> None:
        """Let a sequence leave the context in the midst of its generation."""
        if sequence.tokens:
            self._states.put(self._saved(sequence, _kept_as(generation)))
            self.evicted += 1
        self.ledger.drop(sequence)

    def suspend(self, folder: Path) -> int:
        """Write what sessions hold to a folder; return how many.

        Raises:
            OSError: it cannot be written.
        """
        idle = [self._saved(one, one.owner) for one in self.ledger.idle() if one.owner.session is not None]
        return self._states.save_all(folder, idle)

    def restore(self, folder: Path) -> tuple[int, int]:
        """Take back what `suspend` wrote; return how many sessions, and how many were of no use."""
        return self._states.restore_all(folder)

    def _bring_back(self, sequence: Sequence, generation: Generation) -> None:
        kept = _kept_as(generation)
        head = self._states.look(kept)
        if head is None:
            return
        tokens = self._respelled(generation, Text(head.tokens, head.tail, head.text))
        promised = self._states.of_use(head.tokens, tokens)
        _, shared = self.ledger.donor(sequence.owner.lora, generation.tokens, besides=sequence)
        saved = self._states.take(kept) if promised > shared else None
        while saved is not None:
            if self._context.restore(sequence.id, saved.state):
                sequence.tokens = list(saved.tokens)
                self._reprompt(generation, Text(saved.tokens, saved.tail, saved.text))
                return
            self._context.keep(sequence.id, 0)
            if not self.evict_idle():
                return

    def _reprompt(self, generation: Generation, known: Text) -> None:
        tokens = self._respelled(generation, known)
        if tokens is not generation.tokens:
            generation.reprompt(tokens)

    def _respelled(self, generation: Generation, known: Text) -> list[int]:
        """Return the prompt in the tokens in which a session has said it, where it goes on from there.

        A model need not write a text in the tokens that its tokenizer would choose.
        """
        held, prompt = [*known.tokens, *known.tail], generation.text
        if generation.progress.written or known.text is None or prompt is None or not prompt.startswith(known.text):
            return generation.tokens
        if common(held, generation.tokens) == len(held):
            return generation.tokens
        rest = self._prompts.continuation(prompt[len(known.text) :])
        fits = rest is not None and len(held) + len(rest) < self._window
        return [*held, *rest] if rest is not None and fits else generation.tokens

    def _saved(self, sequence: Sequence, owner: Owner) -> Saved:
        state = self._context.state(sequence.id)
        return Saved(owner, list(sequence.tokens), list(sequence.tail), sequence.text, state, self._shape)


def shape_of(model: Model) -> str:
    """Return what a state must have in common with a model and its context to be of use."""
    load = model.load
    digest = hashlib.sha256(f"{model.library.version()} {load.kv_type}".encode())
    for name, path in [("", load.path), *((lora.name, lora.path) for lora in load.loras)]:
        digest.update(f"{name} {Path(path).stat().st_size}".encode())
        with Path(path).open("rb") as file:
            digest.update(file.read(_LOOKED_AT))
            file.seek(max(0, Path(path).stat().st_size - _LOOKED_AT))
            digest.update(file.read(_LOOKED_AT))
    return digest.hexdigest()


def _owner(generation: Generation) -> Owner:
    return Owner(generation.request.session, generation.request.lora)


def _kept_as(generation: Generation) -> Owner:
    """What nobody can come back for is kept by the number of its request, until that goes on."""
    owner = _owner(generation)
    return owner if owner.session is not None else Owner.of_request(generation.request.id, owner.lora)
