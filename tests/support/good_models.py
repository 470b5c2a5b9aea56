"""Models that work as they should, each in a way that a scenario needs, behind a server on this machine."""

import json
import re
import threading

from tests.support.bad_models import Say, decides, finds_nothing, otherwise, sound
from tests.support.openai_chat import ChatAsked

PARTS = ["Who built the tide gauge?", "When was the observatory founded?", "What did the storm destroy?"]
_PATIENCE_SECONDS = 30.0
_DOCUMENT = re.compile(r'<document id="(\d+)"[^>]*>\n(.*)')


def task_of(asked: ChatAsked) -> str:
    """Return the task of an agent that is to decide."""
    found = re.search(r"^Task: (.*)$", asked.messages[1].content, re.MULTILINE)
    assert found is not None
    return found[1]


def is_first_round(asked: ChatAsked) -> bool:
    """Return whether an agent has not decided anything yet."""
    return len(asked.messages) == 2


def quotes_once() -> Say:
    """Return a model that finds something in what it reads first, and nothing in what it reads later."""
    read: list[str] = []

    def say(asked: ChatAsked) -> str:
        read.append(asked.prompt)
        return sound(asked) if len(read) == 1 else finds_nothing(asked)

    return say


def writes_all(asked: ChatAsked) -> str:
    """Write each quote as a sentence of its own."""
    found = _DOCUMENT.findall(asked.messages[-1].content)
    return json.dumps({"claims": [{"text": text, "evidence": [int(n)], "sure": True} for n, text in found]})


def divides() -> Say:
    """Return a model that makes three parts of a question, and reads only when all three ask it to."""
    together = threading.Barrier(len(PARTS))
    met = threading.Event()

    def quote(asked: ChatAsked) -> str:
        if not met.is_set():
            together.wait(_PATIENCE_SECONDS)
            met.set()
        number, text = _DOCUMENT.findall(asked.messages[-1].content)[0]
        return json.dumps({"quotes": [{"passage_id": number, "quote": text[:80], "score": 0.9}]})

    return otherwise(plan=lambda _: json.dumps({"sub_questions": PARTS}), quote=quote, write=writes_all)


def has_a_historian_help(asked: ChatAsked) -> str:
    """Hand a part of a researcher's task to the historian."""
    if is_first_round(asked) and "a researcher among them" in asked.messages[1].content:
        return decides(("delegate", {"task": PARTS[0], "agent": "historian"}))
    return decides(("finish", {}))


def hands_everything_on(asked: ChatAsked) -> str:
    """Hand on each task to another researcher, as long as that can be done."""
    if is_first_round(asked) and "- delegate(" in asked.messages[1].content:
        return decides(("delegate", {"task": f"{task_of(asked)} Really?", "agent": "researcher"}))
    return decides(("finish", {}))


class FallsSilent:
    """A model that reads, and says nothing any more when it is to decide, until it is woken."""

    def __init__(self) -> None:
        self._woken = threading.Event()

    def __call__(self, asked: ChatAsked) -> str:
        return otherwise(act=self._wait)(asked)

    def wake(self) -> None:
        """Let whoever waits go."""
        self._woken.set()

    def _wait(self, _: ChatAsked) -> str:
        self._woken.wait(_PATIENCE_SECONDS)
        return decides(("finish", {}))
