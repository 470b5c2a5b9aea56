"""The conversations that retrieval is measured on."""

import pytest
from benchmarks.retrieval.check import FOLDER, faults_of, rows

NAMES = [path.name.removesuffix(".questions.jsonl") for path in sorted(FOLDER.glob("*.questions.jsonl"))]


def test_there_are_six_conversations() -> None:
    assert len(NAMES) == 6


@pytest.mark.parametrize("name", NAMES)
def test_each_question_has_its_evidence_in_its_conversation(name: str) -> None:
    assert faults_of(name, rows(FOLDER / f"{name}.jsonl"), rows(FOLDER / f"{name}.questions.jsonl")) == []
