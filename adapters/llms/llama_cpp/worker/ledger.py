"""Which tokens each sequence of the context holds, and what a prompt can take over from them."""

from collections.abc import Sequence as Tokens
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Owner(NamedTuple):
    """Whose sequence it is. What went through one LoRA adapter is of no use to another."""

    session: str | None
    lora: str | None

    @classmethod
    def of_request(cls, number: int, lora: str | None) -> "Owner":
        """Return the owner of what a request without a session leaves while it makes room for another."""
        return cls(f"\0{number}", lora)

    @property
    def passing(self) -> bool:
        """Whether it is such an owner."""
        return self.session is not None and self.session.startswith("\0")


class Memory(Protocol):
    """The cells of the context."""

    def keep(self, sequence: int, length: int) -> None:
        """Remove what comes after the first `length` tokens of a sequence."""

    def copy(self, source: int, target: int, length: int) -> None:
        """Let an empty sequence share the first `length` tokens of another."""

    def first(self, sequence: int) -> int:
        """Return the first position that all layers hold of a sequence."""


@dataclass
class Sequence:
    """A sequence in the context.

    Attributes:
        tokens: those that were decoded.
        tail: those that were written after them, and are not decoded yet.
        text: what both say; null where that is not known.
    """

    id: int
    owner: Owner
    tokens: list[int] = field(default_factory=list)
    tail: list[int] = field(default_factory=list)
    text: str | None = None
    busy: bool = True
    used: int = 0


class Ledger:
    """The sequences that the memory holds. Its claims and the memory's contents change together.

    Args:
        memory: the cells.
        sequences: how many the context can tell apart.
        trims: whether the end of a sequence can be taken back, and so its beginning be shared.
        sliding: tokens that some layers see, where they do not see all; 0: they do.
    """

    def __init__(self, memory: Memory, sequences: int, *, trims: bool = True, sliding: int = 0) -> None:
        self._memory = memory
        self._free = list(range(sequences - 1, -1, -1))
        self.trims = trims
        self._sliding = sliding
        self._clock = 0
        self.sequences: dict[int, Sequence] = {}

    def open(self, owner: Owner) -> Sequence | None:
        """Return the idle sequence of a session, or else a new one; null if one must be dropped before."""
        for sequence in self.sequences.values():
            if owner.session is not None and sequence.owner == owner and not sequence.busy:
                sequence.busy = True
                return sequence
        if not self._free:
            return None
        sequence = Sequence(self._free.pop(), owner)
        self.sequences[sequence.id] = sequence
        return sequence

    def reuse(self, sequence: Sequence, prompt: Tokens[int]) -> int:
        """Let an open sequence hold the longest beginning of a prompt that can be had; return its length.

        The last token of the prompt is never part of it: it must be decoded to know what comes next.
        """
        own = self._usable(sequence, prompt)
        donor, shared = self.donor(sequence.owner.lora, prompt, besides=sequence)
        if donor is not None and shared > own:
            self._trim(sequence, 0)
            self._memory.copy(donor.id, sequence.id, shared)
            sequence.tokens = donor.tokens[:shared]
            self._forget_text(sequence)
            return shared
        self._trim(sequence, own)
        return own

    def donor(self, lora: str | None, prompt: Tokens[int], *, besides: Sequence) -> tuple[Sequence | None, int]:
        """Return the sequence that holds the longest beginning of a prompt, and that beginning's length."""
        others = [one for one in self.sequences.values() if one is not besides and one.owner.lora == lora]
        lengths = [(self._usable(one, prompt), -one.id) for one in others] if self.trims else []
        if not lengths:
            return None, 0
        length, number = max(lengths)
        return self.sequences[-number], length

    def decoded(self, sequence: Sequence, tokens: Tokens[int]) -> None:
        """Note that tokens were decoded at the end of a sequence."""
        sequence.tokens.extend(tokens)
        self._forget_text(sequence)

    def cut(self, sequence: Sequence, length: int) -> None:
        """Note and make sure that a sequence holds no more than `length` tokens."""
        self._memory.keep(sequence.id, length)
        if length < len(sequence.tokens):
            del sequence.tokens[length:]
            self._forget_text(sequence)

    def close(self, sequence: Sequence) -> None:
        """Let a sequence be idle; it is kept for whoever begins alike. The session's older one becomes nobody's."""
        self._clock += 1
        sequence.busy, sequence.used = False, self._clock
        for other in self.sequences.values():
            if other is not sequence and other.owner == sequence.owner and not other.busy:
                other.owner = Owner(None, other.owner.lora)
        if not sequence.tokens:
            self.drop(sequence)

    def drop(self, sequence: Sequence) -> None:
        """Forget a sequence and free its cells."""
        self._memory.keep(sequence.id, 0)
        del self.sequences[sequence.id]
        self._free.append(sequence.id)

    def idle(self) -> list[Sequence]:
        """Return the idle sequences: nobody's first, then the least recently used."""
        idle = [one for one in self.sequences.values() if not one.busy]
        return sorted(idle, key=lambda one: (one.owner.session is not None, one.used))

    @staticmethod
    def _forget_text(sequence: Sequence) -> None:
        sequence.tail, sequence.text = [], None

    def _trim(self, sequence: Sequence, length: int) -> None:
        if length < len(sequence.tokens):
            self.cut(sequence, length)

    def _usable(self, sequence: Sequence, prompt: Tokens[int]) -> int:
        length = min(common(sequence.tokens, prompt), len(prompt) - 1)
        if length == len(sequence.tokens):
            return length
        return length if self.trims and self._memory.first(sequence.id) <= reach(length, self._sliding) else 0


def reach(length: int, sliding: int) -> int:
    """Return the first position that the token after `length` others sees in layers that see `sliding` tokens."""
    return max(0, length - sliding + 1) if sliding else 0


def common(one: Tokens[int], other: Tokens[int]) -> int:
    """Return the length of the longest beginning that two lists of tokens share."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
