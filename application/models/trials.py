"""What a model is tried with: tasks whose right outcome is known beforehand."""

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, TypeAdapter

from rookery.domain.frozen import Frozen
from rookery.domain.inference import Message

SYSTEM = "You are a careful research assistant. You answer in JSON and in nothing else."


LONGEST = 100
"""Characters of a text, so that a reply which a schema binds always ends."""


class Search(Frozen):
    """Look for documents."""

    action: Literal["search"]
    query: str = Field(min_length=1, max_length=LONGEST)


class Read(Frozen):
    """Open a document."""

    action: Literal["read"]
    document: str = Field(min_length=1, max_length=LONGEST)


class Finish(Frozen):
    """Give the answer."""

    action: Literal["finish"]
    answer: str = Field(min_length=1, max_length=LONGEST)


Action = Annotated[Search | Read | Finish, Field(discriminator="action")]
ACTION: TypeAdapter[Action] = TypeAdapter(Action)


class Reading(Frozen):
    """What a document says to a question. `found` is false when it does not say it."""

    found: bool
    answer: str = Field(max_length=LONGEST)


class Outline(Frozen):
    """A plan, with objects within a list."""

    class Step(Frozen):
        """One of its steps."""

        title: str = Field(max_length=40)
        minutes: int = Field(ge=0, le=999)

    goal: str = Field(max_length=40)
    steps: list[Step] = Field(max_length=4)


class Question(NamedTuple):
    """A question on a document; an expected answer of None: the document does not say it."""

    document: str
    text: str
    expected: str | None


_ACTIONS = (
    'Choose the next action. It is one JSON object: {"action": "search", "query": "…"} or {"action": "read", '
    '"document": "…"} or {"action": "finish", "answer": "…"}.\n\nTask: '
)
_TASKS = (
    "find out when the lighthouse of Hask Rock was built; nothing is known yet",
    "the search returned the documents harbour.md and wreck.txt; the question is what sank the Calvaire",
    "harbour.md says that the pier was rebuilt in 1931; the question was when the pier was rebuilt",
    "compare the number of nests in 1959 and in 1988; nothing is known yet",
    "the document census.md has been read and says nothing of it; who founded the observatory?",
    "letters.txt says that Peigi kept the tide roll; the question was who kept the tide roll",
)
_OUTLINES = ("a day at the archive", "cataloguing a shelf of letters", "an interview", "copying a tide table")
_DOCUMENT = (
    "The observatory at Kittiwake Point was founded by Oona Brandt in May. Its first keeper was a retired pilot named "
    "Tavish. The tower has ninety-one steps and a green door. Visitors come by the ferry Marigold on Thursdays."
)
QUESTIONS = (
    Question(_DOCUMENT, "Who founded the observatory?", "brandt"),
    Question(_DOCUMENT, "What is the name of the ferry?", "marigold"),
    Question(_DOCUMENT, "What colour is the door of the tower?", "green"),
    Question(_DOCUMENT, "On which day of the week do visitors come?", "thursday"),
    Question(_DOCUMENT, "How tall was Oona Brandt?", None),
    Question(_DOCUMENT, "What does a ticket of the ferry cost?", None),
    Question(_DOCUMENT, "Who painted the door?", None),
    Question(_DOCUMENT, "In which year did the tower burn down?", None),
)
_FILLER = (
    "The keeper noted the wind at {hour} o'clock and found nothing to remark in the {room}. ",
    "A crate of lamp oil, number {hour}, was carried to the {room} before the rain set in. ",
    "In the {room} the clock was wound, and {hour} pages of the ledger were ruled for the week. ",
)
_ROOMS = ("boat shed", "lamp room", "kitchen", "store", "library", "signal hut", "garden")
_SECRETS = ("cormorant", "saffron", "lantern", "juniper", "mandolin", "glacier", "walnut", "compass", "velvet")


def actions() -> list[list[Message]]:
    """Return prompts that ask for a tool action."""
    return [_prompt(_ACTIONS + task) for task in _TASKS]


def outlines() -> list[list[Message]]:
    """Return prompts that ask for nested JSON."""
    form = '{"goal": "…", "steps": [{"title": "…", "minutes": 10}]}, with at most four steps'
    return [_prompt(f"Plan {task}. Answer in this form: {form}.") for task in _OUTLINES]


def reading(question: Question) -> list[Message]:
    """Return the prompt for a question on a document."""
    return _prompt(
        f"<document>\n{question.document}\n</document>\n\n{question.text} Answer from the document alone, as "
        '{"found": true, "answer": "…"}; when the document does not say it, as {"found": false, "answer": ""}.'
    )


def needle(sentences: int, depth: float, *, number: int) -> Question:
    """Return a question on a long document in which one sentence, at a depth in [0, 1], holds the answer."""
    secret = _SECRETS[number % len(_SECRETS)]
    lines = [_line(index) for index in range(sentences)]
    lines.insert(round(depth * sentences), f"The watchword of the night is {secret}. ")
    return Question("".join(lines), "What is the watchword of the night?", secret)


def writing(number: int) -> list[Message]:
    """Return a prompt that is answered at length; each number's is another."""
    return [
        Message(role="user", content=f"Describe the {_ROOMS[number % 7]} of lighthouse {number} in many sentences.")
    ]


def lengths(context_tokens: int | None, longest: int) -> Iterator[int]:
    """Yield the lengths of prompts in tokens, each twice the one before, as far as context and wish allow."""
    most = min(longest, (context_tokens or longest) * 9 // 10 - 64)
    length = 512
    while length <= most:
        yield length
        length *= 2


def _line(index: int) -> str:
    return _FILLER[index % 3].format(hour=index % 12 + 1, room=_ROOMS[index % 7])


def _prompt(text: str) -> list[Message]:
    return [Message(role="system", content=SYSTEM), Message(role="user", content=text)]
