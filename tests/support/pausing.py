"""A model that thinks for as long as a test likes."""

import threading
from collections.abc import Iterator

import pytest

from tests.support.openai_chat import Chat, ChatAsked

PATIENCE = 60  # seconds, after which something hangs


class Pausing:
    """A model that thinks until it is let go on, and has nothing to say then."""

    def __init__(self) -> None:
        self.is_asked = threading.Event()
        self.may_speak = threading.Event()

    def __call__(self, asked: ChatAsked) -> str:
        self.is_asked.set()
        self.may_speak.wait(PATIENCE)
        return "{}"


@pytest.fixture
def pausing(chat: Chat) -> Iterator[Pausing]:
    chat.say = model = Pausing()
    yield model
    model.may_speak.set()
