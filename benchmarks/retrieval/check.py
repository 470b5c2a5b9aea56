"""Check the conversations and their questions, and print how many there are.

Each `NAME.jsonl` holds one turn a line, oldest first, with the id `S<session>:<turn>` counted from 1; each
`NAME.questions.jsonl` holds one question a line with the ids of all the turns that answer it.
"""

import json
import sys
from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path

FOLDER = Path(__file__).parent / "conversations"
TURN_FIELDS = {"namespace", "id", "content", "timestamp", "tags", "source"}
KINDS = ("single", "time", "multi", "opinion")
LONGEST = 45

Row = dict[str, object]


def rows(path: Path) -> list[Row]:
    """Return the objects of a JSON Lines file, in file order."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def session(turn: Row) -> int:
    """Return the session's number, read from the id of one of its turns."""
    return int(str(turn["id"]).removeprefix("S").split(":")[0])


def moment(turn: Row) -> datetime:
    """Return when the turn was spoken."""
    return datetime.fromisoformat(str(turn["timestamp"]))


def expected_ids(turns: list[Row]) -> list[str]:
    """Return the ids that the turns must bear, given the session of each."""
    sizes = Counter(session(turn) for turn in turns)
    return [f"S{number}:{turn}" for number in range(1, len(sizes) + 1) for turn in range(1, sizes[number] + 1)]


def faults_of_turn(turn: Row, name: str) -> list[str]:
    """Return what is wrong with a turn by itself; `[]` when nothing is."""
    speaker, _, words = str(turn["content"]).partition(": ")
    checks = {
        "has other fields": set(turn) == TURN_FIELDS,
        "has another namespace": turn["namespace"] == name,
        "has another tag": turn["tags"] == [f"session-{session(turn)}"],
        "has no known speaker": speaker.lower() in name.split("-and-"),
        "is empty or too long": 0 < len(words.split()) <= LONGEST,
    }
    return [f"{turn['id']} {fault}" for fault, passed in checks.items() if not passed]


def faults_of_turns(turns: list[Row], name: str) -> list[str]:
    """Return what is wrong with the turns of a conversation; `[]` when nothing is."""
    faults = [fault for turn in turns for fault in faults_of_turn(turn, name)]
    if [turn["id"] for turn in turns] != expected_ids(turns):
        faults.append("the ids do not count the turns of each session from 1")
    faults += [f"{late['id']} is not later" for early, late in pairwise(turns) if moment(early) >= moment(late)]
    return faults


def faults_of_question(question: Row, turns: list[Row]) -> list[str]:
    """Return what is wrong with a question over these turns; `[]` when nothing is."""
    by_id = {turn["id"]: turn for turn in turns}
    evidence = question["evidence"]
    if not isinstance(evidence, list) or not evidence or not all(one in by_id for one in evidence):
        return [f"evidence is missing: {question['question']}"]
    sessions = {session(by_id[one]) for one in evidence}
    checks = {
        "unknown kind": question["kind"] in KINDS,
        "evidence given twice": len(set(evidence)) == len(evidence),
        "multi within one session": question["kind"] != "multi" or len(sessions) > 1,
        "more than four turns of evidence": len(evidence) <= 4,
    }
    return [f"{fault}: {question['question']}" for fault, passed in checks.items() if not passed]


def faults_of(name: str, turns: list[Row], questions: list[Row]) -> list[str]:
    """Return what is wrong with a conversation and its questions; `[]` when nothing is."""
    faults = faults_of_turns(turns, name)
    faults += [fault for question in questions for fault in faults_of_question(question, turns)]
    asked = Counter(str(question["question"]) for question in questions)
    return faults + [f"asked twice: {text}" for text, times in asked.items() if times > 1]


def summary(name: str, turns: list[Row], questions: list[Row]) -> str:
    """Return one line of counts."""
    kinds = Counter(question["kind"] for question in questions)
    counts = "  ".join(f"{kind} {kinds[kind]:3}" for kind in KINDS)
    sessions = len({(turn["namespace"], session(turn)) for turn in turns})
    return f"{name:<18} {sessions:3} sessions {len(turns):4} turns {len(questions):4} questions   {counts}"


def main() -> None:
    """Print the counts of each conversation and of all; exit with the list of faults if there are any."""
    faults: list[str] = []
    all_turns: list[Row] = []
    all_questions: list[Row] = []
    for path in sorted(FOLDER.glob("*.questions.jsonl")):
        name = path.name.removesuffix(".questions.jsonl")
        turns, questions = rows(path.with_name(f"{name}.jsonl")), rows(path)
        faults += [f"{name}: {fault}" for fault in faults_of(name, turns, questions)]
        print(summary(name, turns, questions))
        all_turns += turns
        all_questions += questions
    print(summary("all", all_turns, all_questions))
    if faults or not all_turns:
        sys.exit("\n".join(faults) or f"no conversations in {FOLDER}")


if __name__ == "__main__":
    main()
