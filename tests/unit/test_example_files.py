"""Examples as lines of JSON."""

import json
from pathlib import Path

import pytest

from rookery.domain.errors import InvalidRequest, StorageError
from rookery.domain.inference import Message
from rookery.domain.tuning import Example
from rookery.entrypoints.example_files import read_examples, write_examples

ASKED = [Message(role="system", content="Be brief."), Message(role="user", content="Wo nisten Krähen? \u2028 ☂")]
EXAMPLE = Example(
    agent="writer", run_id="r", call=3, grounds="verified", messages=ASKED, reply='{"claims":[]}',
    json_schema={"type": "object"}, seed=7, held_out=True,
)  # fmt: skip
KEY = "sk-ant-api03-" + "a1B2c3D4" * 8


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "lessons.jsonl"
    write_examples(path, [EXAMPLE, EXAMPLE.model_copy(update={"call": 4, "held_out": False})])
    assert [example.call for example in read_examples(path)] == [3, 4]
    assert read_examples(path)[0] == EXAMPLE
    assert [entry.name for entry in tmp_path.iterdir()] == ["lessons.jsonl"]


def test_a_line_is_a_conversation_as_trainers_read_it(tmp_path: Path) -> None:
    write_examples(tmp_path / "lessons.jsonl", [EXAMPLE])
    row = json.loads((tmp_path / "lessons.jsonl").read_text("utf-8"))
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]
    assert row["messages"][-1]["content"] == EXAMPLE.reply


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("no JSON", "Expecting value"),
        ("[]", "list indices"),
        ('{"messages": []}', "it lacks 'rookery'"),
        ('{"messages": [{"role": "user", "content": "x"}], "rookery": {}}', "the last message is not the assistant's"),
        ('{"messages": [{"role": "assistant", "content": "x"}], "rookery": {}}', "agent: Field required"),
    ],
)
def test_a_line_that_is_no_example_is_named_with_its_fault(line: str, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "lessons.jsonl"
    write_examples(path, [EXAMPLE])
    path.write_text(f"{path.read_text('utf-8')}\n{line}\n", "utf-8")
    with pytest.raises(InvalidRequest, match=f"line 3 is no example of `rookery tune export`: .*{fault}"):
        read_examples(path)


def test_a_credential_that_somebody_wrote_into_a_file_is_not_learnt(tmp_path: Path) -> None:
    write_examples(tmp_path / "lessons.jsonl", [EXAMPLE.model_copy(update={"reply": f'{{"key":"{KEY}"}}'})])
    with pytest.raises(InvalidRequest, match=r"line 1 .*there is a credential in it") as told:
        read_examples(tmp_path / "lessons.jsonl")
    assert KEY not in str(told.value)


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"none\.jsonl cannot be read"):
        read_examples(tmp_path / "none.jsonl")
    with pytest.raises(StorageError, match=r"lessons\.jsonl cannot be written"):
        write_examples(tmp_path / "none" / "lessons.jsonl", [EXAMPLE])
