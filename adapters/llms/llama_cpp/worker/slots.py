"""The requests that run, and how they take over what others have decoded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rookery.adapters.llms.llama_cpp.worker.generation import Generation
from rookery.adapters.llms.llama_cpp.worker.ledger import Ledger, Sequence, common
from rookery.adapters.llms.llama_cpp.worker.lobby import Ticket
from rookery.adapters.llms.llama_cpp.worker.scheduling import Need

_WORTH_WAITING = 16  # tokens of a common beginning for which a request waits until another has decoded it


@dataclass(eq=False)
class Slot:
    """A request that runs. While it has a leader, it waits until that has decoded `shared` tokens of both prompts."""

    ticket: Ticket
    generation: Generation
    sequence: Sequence
    leader: "Slot | None" = None
    shared: int = 0

    @property
    def done(self) -> int:
        """How many of its tokens are in the context."""
        return len(self.sequence.tokens)

    @property
    def in_prompt(self) -> bool:
        """Whether tokens of its prompt are still to be decoded, or those that it wrote before it had to make room."""
        return self.done < self.generation.prompt_tokens or self.generation.progress.written == 0

    @property
    def pending(self) -> list[int]:
        """The tokens that are to be decoded before the next can be chosen."""
        return self.generation.tokens[self.done :]


class Slots:
    """The requests that run, in the order in which they began."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._slots: list[Slot] = []

    def __iter__(self) -> Iterator[Slot]:
        return iter(self._slots)

    def __len__(self) -> int:
        return len(self._slots)

    def add(self, slot: Slot) -> None:
        """Let a request run with what it can take over."""
        self._slots.append(slot)
        self._take_over(slot)

    def remove(self, slot: Slot) -> None:
        """Let a request run no more."""
        self._slots.remove(slot)

    def settle(self) -> None:
        """Let those go on whose leader has decoded what they share, or is gone."""
        for slot in self._slots:
            leader = slot.leader
            if leader is not None and (leader not in self._slots or leader.done >= slot.shared):
                self._take_over(slot)

    def needs(self) -> list[Need]:
        """Return what could be decoded next; a leader counts with the highest priority of those who wait for it."""
        active = [slot for slot in self._slots if slot.leader is None]
        return [
            Need(
                slot.ticket.id,
                len(slot.generation.tokens) - slot.done,
                prompt=slot.in_prompt,
                priority=max([slot.ticket.priority, *self._followers(slot)]),
                group=slot.generation.request.lora,
            )
            for slot in active
        ]

    def by_id(self, numbers: Iterable[int]) -> list[Slot]:
        """Return the requests of some numbers, in their order."""
        known = {slot.ticket.id: slot for slot in self._slots}
        return [known[number] for number in numbers]

    def youngest_of_lowest_priority(self) -> Slot:
        """Return who must make room first."""
        return max(self._slots, key=lambda slot: (-slot.ticket.priority, slot.ticket.arrival))

    def _take_over(self, slot: Slot) -> None:
        tokens = slot.generation.tokens
        had = self._ledger.reuse(slot.sequence, tokens)
        slot.leader, slot.shared = self._leader(slot, had)
        if slot.leader is None and slot.generation.progress.cached is None:
            slot.generation.progress.cached = had

    def _leader(self, slot: Slot, had: int) -> tuple[Slot | None, int]:
        """Who began earlier and will decode more of the prompt than is there yet, and how much."""
        best: tuple[Slot | None, int] = (None, 0)
        for other in self._slots[: self._slots.index(slot)] if self._ledger.trims else []:
            if other.generation.request.lora != slot.generation.request.lora:
                continue
            shared = min(common(other.generation.tokens, slot.generation.tokens), len(slot.generation.tokens) - 1)
            if shared >= max(had, best[1]) + _WORTH_WAITING and other.done < shared:
                best = (other, shared)
        return best

    def _followers(self, leader: Slot) -> list[int]:
        return [slot.ticket.priority for slot in self._slots if slot.leader is leader]
