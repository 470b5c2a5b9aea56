"""Questions with the evidence that answers them: conversations, LoCoMo's form, and the example archives."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from rookery.adapters.libraries.bm25 import indexed
from rookery.domain.memories import NewMemory
from rookery.domain.sources import Passage

CONVERSATIONS = Path(__file__).parent / "conversations"
ANSWERS = Path(__file__).parents[1] / "answers"
_TURN_SECONDS = 30  # between two turns of a session, of which only the beginning is known
_ADVERSARIAL = 5  # LoCoMo's questions that nothing answers
_TURN = re.compile(r"D(\d+):(\d+)")


class Question(NamedTuple):
    """A question and its pieces of evidence; each is found with any one of its ids."""

    text: str
    evidence: list[frozenset[str]]


class Collected(NamedTuple):
    """Texts by id, what is embedded of them where that differs, and the questions about them."""

    name: str
    texts: Mapping[str, str]
    embedded: Sequence[str]
    questions: list[Question]


class Talk(NamedTuple):
    """A conversation and the questions about it."""

    name: str
    memories: list[NewMemory]
    questions: list[Question]

    def collected(self) -> Collected:
        """Return the conversation as baselines see it: as Rookery stores it."""
        texts = {memory.id or "": memory.content for memory in self.memories}
        return Collected(self.name, texts, list(texts.values()), self.questions)


def conversations() -> list[Talk]:
    """Return the conversations beside this file."""
    names = [path.name.removesuffix(".questions.jsonl") for path in sorted(CONVERSATIONS.glob("*.questions.jsonl"))]
    return [_talk(name) for name in names]


def locomo(path: Path) -> list[Talk]:
    """Return the conversations of a file in LoCoMo's form, without adversarial questions and those without evidence."""
    return [_locomo_talk(f"conversation-{n}", one) for n, one in enumerate(json.loads(path.read_text("utf-8")), 1)]


def question_files() -> list[Path]:
    """Return the files with questions over archives."""
    return sorted(ANSWERS.glob("*.toml"))


def archive(path: Path, passages: Sequence[Passage], *, several: bool) -> Collected:
    """Return the questions of a file that need several documents, or those that need one, over the passages.

    A document counts as found with one of its passages that contains an accepted answer; where none does, because the
    document is a step on the way, with any of its passages.
    """
    asked = tomllib.loads(path.read_text("utf-8"))["question"]
    questions = [
        Question(one["text"], [_piece(name, one["answers"], passages) for name in one["documents"]])
        for one in asked
        if one["documents"] and (len(one["documents"]) > 1) == several
    ]
    texts = {passage.id: indexed(passage) for passage in passages}
    return Collected(path.stem, texts, [f"{passage.title}\n{passage.text}" for passage in passages], questions)


def corpus_of(path: Path) -> Path:
    """Return the folder that the questions of a file are about."""
    return ANSWERS.parents[1] / str(tomllib.loads(path.read_text("utf-8"))["corpus"])


def _piece(document: str, answers: Iterable[str], passages: Sequence[Passage]) -> frozenset[str]:
    of_document = [passage for passage in passages if unquote(passage.url).rsplit("/", 1)[-1] == document]
    wanted = [_plain(answer) for answer in answers]
    telling = [passage for passage in of_document if any(answer in _plain(passage.text) for answer in wanted)]
    return frozenset(passage.id for passage in telling or of_document)


def _plain(text: str) -> str:
    marks = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})
    return " ".join(text.translate(marks).casefold().split())


def _talk(name: str) -> Talk:
    memories = [NewMemory.model_validate(row) for row in _rows(CONVERSATIONS / f"{name}.jsonl")]
    asked = _rows(CONVERSATIONS / f"{name}.questions.jsonl")
    return Talk(name, memories, [Question(one["question"], _single(one["evidence"])) for one in asked])


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _locomo_talk(name: str, record: Mapping[str, Any]) -> Talk:
    talk = record["conversation"]
    sessions = [key for key, value in talk.items() if re.fullmatch(r"session_\d+", key) and value]
    memories = [
        _turn(name, turn, _begin(talk[f"{session}_date_time"]) + number * timedelta(seconds=_TURN_SECONDS))
        for session in sessions
        for number, turn in enumerate(talk[session])
    ]
    known = {memory.id for memory in memories}
    asked = [
        (one["question"], _turns(one.get("evidence", []))) for one in record["qa"] if one["category"] != _ADVERSARIAL
    ]
    found = [(question, [turn for turn in turns if turn in known]) for question, turns in asked]
    return Talk(name, memories, [Question(question, _single(turns)) for question, turns in found if turns])


def _turn(name: str, turn: Mapping[str, str], moment: datetime) -> NewMemory:
    content = f"{turn['speaker']}: {turn['text']}"
    return NewMemory(namespace=name, id=turn["dia_id"], content=content, timestamp=moment)


def _begin(told: str) -> datetime:
    return datetime.strptime(told, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)


def _turns(evidence: Iterable[str]) -> list[str]:
    """Return the ids of turns, once each; one string may hold several."""
    found = (f"D{int(session)}:{int(turn)}" for one in evidence for session, turn in _TURN.findall(one))
    return list(dict.fromkeys(found))


def _single(ids: Iterable[str]) -> list[frozenset[str]]:
    return [frozenset({one}) for one in ids]
