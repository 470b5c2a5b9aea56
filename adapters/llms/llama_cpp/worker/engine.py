"""The loop that decodes: each step carries a token of every request that writes, and a share of every prompt."""

import time
from dataclasses import dataclass

from rookery.adapters.llms.llama_cpp.wire import Piece
from rookery.adapters.llms.llama_cpp.worker.batch import Batch
from rookery.adapters.llms.llama_cpp.worker.context import Context
from rookery.adapters.llms.llama_cpp.worker.generation import Reason
from rookery.adapters.llms.llama_cpp.worker.library import Unusable
from rookery.adapters.llms.llama_cpp.worker.lobby import Lobby
from rookery.adapters.llms.llama_cpp.worker.model import Model
from rookery.adapters.llms.llama_cpp.worker.outbox import Outbox
from rookery.adapters.llms.llama_cpp.worker.residence import Residence
from rookery.adapters.llms.llama_cpp.worker.scheduling import Pace, next_group, plan
from rookery.adapters.llms.llama_cpp.worker.slots import Slot, Slots

_DONE, _FULL, _ABORTED = 0, 1, 2


class Broken(Exception):
    """The device computes no more; the process must end."""


@dataclass
class Counts:
    """What was done since the start; read by other threads."""

    running: int = 0
    prompt: int = 0
    evaluated: int = 0
    completion: int = 0
    steps: int = 0


@dataclass(frozen=True)
class Part:
    """What a slot has in a step: its tokens, and the row of its last one."""

    slot: Slot
    tokens: list[int]
    row: int


class Engine:
    """Decodes for all. One thread alone may use it.

    Args:
        model: what decodes.
        context: its memory.
        residence: who is in the memory.
        lobby: where requests come from.
        outbox: where answers go.
    """

    def __init__(self, model: Model, context: Context, residence: Residence, lobby: Lobby, outbox: Outbox) -> None:
        self._model, self._context, self._residence = model, context, residence
        self._lobby, self._outbox = lobby, outbox
        self._batch = Batch(model.library, max(model.load.n_batch, model.load.slots), shadow=model.shadow)
        self._slots = Slots(residence.ledger)
        self._pace = Pace(self._batch.size)
        self._group: str | None = None
        self._crowded = False
        self.counts = Counts()

    def turn(self) -> bool:
        """Do what is next; false if there is nothing.

        Raises:
            Broken: the device failed; all who waited were told.
        """
        self._drop_cancelled()
        self._admit()
        self._slots.settle()
        self.counts.running = len(self._slots)
        if not len(self._slots):
            return False
        self._step()
        return True

    def stop_all(self, why: str) -> None:
        """End the requests that run or wait."""
        for slot in list(self._slots):
            self._leave(slot)
        for number in self._lobby.everyone():
            if self._lobby.leave(number):
                self._outbox.cancelled(number, why)

    def _admit(self) -> None:
        """Who had to make room comes back when another has left."""
        self._crowded = self._crowded and len(self._slots) > 0
        while len(self._slots) < self._model.load.slots and not self._crowded:
            called = self._lobby.call_next()
            if called is None:
                return
            ticket, generation = called
            again = generation.progress.cached is not None
            self._slots.add(Slot(ticket, generation, self._residence.open(generation)))
            self.counts.prompt += 0 if again else generation.prompt_tokens

    def _drop_cancelled(self) -> None:
        for slot in [slot for slot in self._slots if slot.ticket.cancelled]:
            self._leave(slot)
            if self._lobby.leave(slot.ticket.id):
                self._outbox.cancelled(slot.ticket.id)

    def _step(self) -> None:
        parts = self._fill()
        if not self._lobby.begin_step(part.slot.ticket for part in parts):
            return
        self._context.use_lora(self._group)
        start = time.perf_counter()
        code = self._context.decode(self._batch)
        if code == _DONE:
            self._note(parts, time.perf_counter() - start)
            self._go_on(parts)
        elif code == _FULL:
            self._make_room()
        else:
            self._undo(parts, code)

    def _fill(self) -> list[Part]:
        needs = self._slots.needs()
        self._group = next_group(needs, self._group)
        needs = [need for need in needs if need.group == self._group]
        others_wait = any(not need.prompt for need in needs)
        prompt_room = self._pace.prompt_room(others_wait=others_wait)
        shares = plan(needs, room=self._batch.size, prompt_room=prompt_room)
        self._batch.clear()
        return [self._add(slot, shares[slot.ticket.id]) for slot in self._slots.by_id(shares)]

    def _add(self, slot: Slot, count: int) -> Part:
        pending = slot.pending
        tokens = pending[:count]
        row = self._batch.add(slot.sequence.id, tokens, position=slot.done, wanted=count == len(pending))
        return Part(slot, tokens, row if count == len(pending) else -1)

    def _note(self, parts: list[Part], seconds: float) -> None:
        self.counts.steps += 1
        for part in parts:
            of_prompt = part.slot.generation.prompt_tokens - part.slot.done
            self.counts.evaluated += max(0, min(of_prompt, len(part.tokens)))
            self._residence.ledger.decoded(part.slot.sequence, part.tokens)
        prompts = sum(len(part.tokens) for part in parts if len(part.tokens) > 1)
        if 2 * prompts > self._batch.length:
            self._pace.learn(self._batch.length, seconds)

    def _go_on(self, parts: list[Part]) -> None:
        for part in parts:
            if part.row >= 0:
                try:
                    self._write(part.slot, part.slot.generation.advance(self._context.logits(part.row)))
                except Unusable as error:
                    self._fail(part.slot, error)

    def _write(self, slot: Slot, reason: Reason | None) -> None:
        generation = slot.generation
        if reason is not None:
            generation.close()
        if text := generation.take_text():
            self._outbox.send(Piece(id=slot.ticket.id, text=text))
        if reason is not None:
            self.counts.completion += generation.progress.written
            self._leave(slot)
            self._lobby.leave(slot.ticket.id)
            self._outbox.send(generation.finished(reason))

    def _leave(self, slot: Slot) -> None:
        self._slots.remove(slot)
        self._crowded = False
        self._residence.leave(slot.sequence, slot.generation)
        self.counts.running = len(self._slots)

    def _fail(self, slot: Slot, error: Unusable) -> None:
        """What it holds may be wrong, too."""
        self._slots.remove(slot)
        self._crowded = False
        self._residence.ledger.drop(slot.sequence)
        if self._lobby.leave(slot.ticket.id):
            self._outbox.fail(slot.ticket.id, error)

    def _make_room(self) -> None:
        """The memory is full: idle sequences leave it first, then whoever began last of those least urgent."""
        if self._residence.evict_idle():
            return
        slot = self._slots.youngest_of_lowest_priority()
        if len(self._slots) == 1:
            self._fail(slot, Unusable("memory", "the context has no room for the request; raise `kv_tokens`"))
            return
        self._slots.remove(slot)
        self._residence.set_aside(slot.sequence, slot.generation)
        self._lobby.wait_again(slot.ticket)
        self._crowded = True

    def _undo(self, parts: list[Part], code: int) -> None:
        """A step that was aborted is done again without those who do not want it any more."""
        for part in parts:
            self._residence.ledger.cut(part.slot.sequence, part.slot.done)
        if code == _ABORTED:
            return
        why = (
            f"llama.cpp could not compute a step ({code}): {self._model.library.last_errors() or 'it does not say why'}"
        )
        if self._model.load.device is not None:
            for number in self._lobby.everyone():
                self._outbox.fail(number, Unusable("device", f"{self._model.load.device} failed: {why}"))
            raise Broken(why)
        for part in parts:
            self._fail(part.slot, Unusable("memory", f"{why}; lower `n_ctx`, `slots` or `n_batch`"))
