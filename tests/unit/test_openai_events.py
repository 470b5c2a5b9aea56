"""Server-sent events, however the network cuts them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.adapters.support.openai.events import Events, EventTooLong

STREAM = (
    'data: {"a": "Möwe 🐦"}\n\n: a comment\n\nid: 7\ndata: one\r\ndata:two\r\n\r\nevent: x\n\ndata: [DONE]\n\n'.encode()
)
DATA = ['{"a": "Möwe 🐦"}'.encode(), b"one\ntwo", b"[DONE]"]


def _feed(events: Events, chunks: list[bytes]) -> None:
    for chunk in chunks:
        list(events.feed(chunk))


def read(chunks: list[bytes]) -> list[bytes]:
    events = Events()
    return [*(data for chunk in chunks for data in events.feed(chunk)), *events.end()]


@given(st.sets(st.integers(min_value=1, max_value=len(STREAM) - 1)))
def test_events_are_the_same_wherever_the_stream_is_cut_into_chunks(cuts: set[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    assert read([STREAM[start:end] for start, end in itertools.pairwise(places)]) == DATA


def test_the_last_event_needs_no_empty_line_after_it() -> None:
    assert read([b"data: one\n\ndata: two"]) == [b"one", b"two"]
    assert read([b"data: one\n"]) == [b"one"]


def test_an_error_as_older_llama_servers_send_it_is_an_event() -> None:
    assert read([b'error: {"code": 500}\n\n']) == [b'{"error": {"code": 500}}']


@pytest.mark.parametrize("chunk", [b"data: " + b"x" * 2**20, b"data: " + b"x" * 2**20 + b"\n"])
def test_an_event_without_end_is_given_up(chunk: bytes) -> None:
    events = Events()
    with pytest.raises(EventTooLong):
        _feed(events, [chunk] * 5)
