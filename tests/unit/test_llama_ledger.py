"""What a prompt can take over from sequences in the context: the bookkeeping of llama.cpp's worker."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rookery.adapters.llms.llama_cpp.worker.ledger import Ledger, Owner, Sequence, common

Tokens = list[int]


class Cells:
    """A memory that holds tokens themselves, so that claims about them can be checked."""

    def __init__(self) -> None:
        self.held: dict[int, Tokens] = {}
        self.lost: dict[int, int] = {}

    def keep(self, sequence: int, length: int) -> None:
        self.held[sequence] = self.held.get(sequence, [])[:length]
        if not length:
            self.lost.pop(sequence, None)

    def copy(self, source: int, target: int, length: int) -> None:
        assert not self.held.get(target)
        assert length <= len(self.held[source])
        self.held[target] = self.held[source][:length]

    def first(self, sequence: int) -> int:
        return self.lost.get(sequence, 0)

    def decode(self, sequence: int, tokens: Tokens) -> None:
        self.held.setdefault(sequence, []).extend(tokens)


class Room:
    """A ledger and its cells."""

    def __init__(self, sequences: int = 4, *, trims: bool = True, sliding: int = 0) -> None:
        self.cells = Cells()
        self.ledger = Ledger(self.cells, sequences, trims=trims, sliding=sliding)

    def serve(self, prompt: Tokens, session: str | None = None, lora: str | None = None) -> tuple[Sequence, int]:
        """Decode a prompt as a request would; return its sequence and how many tokens it took over."""
        while (sequence := self.ledger.open(Owner(session, lora))) is None:
            self.ledger.drop(self.ledger.idle()[0])
        had = self.ledger.reuse(sequence, prompt)
        assert self.cells.held.get(sequence.id, []) == prompt[:had]
        self.cells.decode(sequence.id, prompt[had:])
        self.ledger.decoded(sequence, prompt[had:])
        return sequence, had

    def finish(self, prompt: Tokens, session: str | None = None, lora: str | None = None) -> int:
        sequence, had = self.serve(prompt, session, lora)
        self.ledger.close(sequence)
        return had


def test_a_session_takes_over_what_its_last_prompt_began_with() -> None:
    room = Room()
    assert room.finish([1, 2, 3], "a") == 0
    assert room.finish([1, 2, 3, 4, 5], "a") == 3
    assert room.finish([1, 2, 9], "a") == 2
    assert len(room.ledger.sequences) == 1


def test_the_last_token_is_decoded_in_any_case() -> None:
    room = Room()
    room.finish([1, 2, 3], "a")
    assert room.finish([1, 2, 3], "a") == 2


def test_a_new_session_copies_the_longest_beginning_that_anyone_has() -> None:
    room = Room()
    room.finish([1, 2, 3, 4], "a")
    room.serve([1, 2, 3, 9, 9], "b")
    assert room.finish([1, 2, 3, 9, 8], "c") == 4


def test_who_went_through_a_lora_shares_with_the_same_lora_alone() -> None:
    room = Room()
    room.finish([1, 2, 3, 4], "a")
    assert room.finish([1, 2, 3, 4], "a", "critic") == 0
    assert room.finish([1, 2, 3, 5], "b", "critic") == 3


def test_a_second_request_of_a_busy_session_gets_a_sequence_of_its_own() -> None:
    room = Room()
    first, _ = room.serve([1, 2, 3], "a")
    second, had = room.serve([1, 2, 3, 4], "a")
    assert second.id != first.id
    assert had == 3
    room.ledger.close(first)
    room.ledger.close(second)
    assert [one.owner.session for one in room.ledger.idle()] == [None, "a"]


def test_nobodys_sequences_are_given_up_first_and_then_the_least_recently_used() -> None:
    room = Room()
    for session in ("a", None, "b", None):
        room.finish([len(room.ledger.sequences)], session)
    room.finish([0, 1], "a")
    assert [one.owner.session for one in room.ledger.idle()] == [None, None, "b", "a"]


def test_a_sequence_whose_beginning_left_the_window_serves_only_who_goes_on() -> None:
    room = Room(sliding=4)
    sequence, _ = room.serve(list(range(20)), "a")
    room.ledger.close(sequence)
    room.cells.lost[sequence.id] = 17
    assert room.finish(list(range(10)), "b") == 0
    assert room.finish(list(range(25)), "a") == 20


def test_a_model_that_cannot_take_back_goes_on_from_the_end_or_begins_anew() -> None:
    room = Room(trims=False)
    room.finish([1, 2, 3], "a")
    assert room.finish([1, 2, 3, 4], "a") == 3
    assert room.finish([1, 2, 5, 6], "a") == 0
    assert room.finish([1, 2, 5, 6, 7], "b") == 0


@given(st.lists(st.integers(0, 2)), st.lists(st.integers(0, 2)))
def test_the_common_beginning_is_the_longest(one: Tokens, other: Tokens) -> None:
    length = common(one, other)
    assert one[:length] == other[:length]
    assert one[: length + 1] != other[: length + 1] or length == min(len(one), len(other))


PROMPTS = st.lists(st.integers(0, 1), min_size=1, max_size=8)
OWNERS = st.tuples(st.sampled_from([None, "a", "b", "c"]), st.sampled_from([None, "l"]))


@settings(max_examples=200)
@given(st.lists(st.tuples(PROMPTS, OWNERS, st.booleans()), max_size=24))
def test_the_ledger_never_claims_what_the_memory_does_not_hold(
    requests: list[tuple[Tokens, tuple[str | None, str | None], bool]],
) -> None:
    room = Room(sequences=3)
    busy: list[Sequence] = []
    for prompt, (session, lora), stays in requests:
        sequence, had = room.serve(prompt, session, lora)
        assert had < len(prompt)
        assert sequence.busy
        if stays and len(busy) < 2:
            busy.append(sequence)
        else:
            room.ledger.close(sequence)
        for known in room.ledger.sequences.values():
            assert room.cells.held[known.id] == known.tokens
        keys = [one.owner for one in room.ledger.idle() if one.owner.session is not None]
        assert len(keys) == len(set(keys))
