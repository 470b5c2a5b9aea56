"""`rookery tune` from one end to the other, on the small model that the tests train themselves."""

import asyncio
import json
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from rookery.domain.errors import InvalidRequest
from rookery.domain.inference import Message
from rookery.entrypoints.container import close
from tests.support.colony import ask
from tests.support.tuning import HELD_OUT, LOOKUP, RUNS, School, found_school, require_tuning

MARGIN = 1.0
"""Nats by which a token of replies that were held out becomes likelier: their probability rises to e times and more.

Measured: 4.6. The model knows the sentences, and learns how they are to end.
"""

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> School:
    require_tuning()
    return asyncio.run(found_school(tmp_path_factory.mktemp("school")))


@pytest.fixture
def lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a test import what the benchmark is made of."""
    monkeypatch.syspath_prepend(LOOKUP)


@pytest.fixture(scope="module")
def lessons(school: School) -> list[dict[str, Any]]:
    """What the command exports."""
    path = school.home.parent / "lessons.jsonl"
    exported = school.tune("export", "--agent", "writer", "--held-out", str(HELD_OUT), "--output", str(path), "--json")
    assert exported.returncode == 0, exported.stderr
    counts = json.loads(exported.stdout)
    rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    assert counts["to_learn"] + counts["held_out"] == len(rows)
    return rows


@pytest.fixture(scope="module")
def adapter(school: School, lessons: list[dict[str, Any]]) -> dict[str, Any]:
    """An adapter that was trained and accepted."""
    code, adapter = school.train("--epochs", "12", "--margin", str(MARGIN))
    assert code == 0, adapter["verdict"]["reasons"]
    return adapter


def test_corrected_replies_are_exported_each_run_either_to_be_learnt_or_held_out(lessons: list[dict[str, Any]]) -> None:
    assert len(lessons) >= 0.8 * RUNS
    for row in lessons:
        assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]
        assert "says the document of" in row["messages"][-1]["content"]
        assert row["rookery"]["grounds"] == "corrected"
    learnt, held_out = (
        {row["rookery"]["run_id"] for row in lessons if row["rookery"]["held_out"] is wanted}
        for wanted in (False, True)
    )
    assert learnt
    assert held_out
    assert not learnt & held_out


@pytest.mark.usefixtures("lookup")
async def test_a_lesson_has_the_tokens_that_the_model_was_trained_on_and_is_asked_with(
    school: School, lessons: list[dict[str, Any]]
) -> None:
    from train import vocabulary

    messages = [Message.model_validate(message) for message in lessons[0]["messages"]]
    words, model = vocabulary(), school.container().llms().judge(str(school.model), {})
    try:
        read = await model.weigh(messages[:-1], messages[-1].content, likelihood=False)
        assert len(read.prompt) == await model.count_tokens(messages[:-1])
    finally:
        await model.close()
    assert read.prompt == words.read_prompt(messages[:-1])
    assert read.reply == words.read_reply(messages[-1].content)


def test_too_few_examples_are_refused_before_anything_is_trained(
    school: School, lessons: list[dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "few.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lessons[:7]), "utf-8")
    options = ["--agent", "writer", "--model", str(school.model), "--data", str(tmp_path / "few.jsonl")]
    done = school.tune("train", *options)
    assert done.returncode == 2
    assert "at least 8 and 5 are needed" in done.stderr


def test_a_line_that_is_no_example_is_named(school: School, lessons: list[dict[str, Any]], tmp_path: Path) -> None:
    bare = {"messages": lessons[1]["messages"]}
    (tmp_path / "bad.jsonl").write_text(json.dumps(lessons[0]) + "\n" + json.dumps(bare) + "\n", "utf-8")
    done = school.tune(
        "train", "--agent", "writer", "--model", str(school.model), "--data", str(tmp_path / "bad.jsonl")
    )
    assert done.returncode == 2
    assert "bad.jsonl, line 2 is no example of `rookery tune export`: it lacks 'rookery'" in done.stderr


def test_what_was_held_out_becomes_likelier_by_the_margin_and_the_adapter_is_accepted(adapter: dict[str, Any]) -> None:
    verdict = adapter["verdict"]
    assert verdict["accepted"]
    assert verdict["likelihood_after"] - verdict["likelihood_before"] >= MARGIN
    assert verdict["agreement_after"] > verdict["agreement_before"]
    assert verdict["chance"] <= 0.05
    assert verdict["runs"] >= 5


def test_learning_words_at_random_is_refused_and_cannot_be_used(
    school: School, lessons: list[dict[str, Any]], tmp_path: Path
) -> None:
    noise = _with_shuffled_words(lessons)
    (tmp_path / "noise.jsonl").write_text("".join(json.dumps(row) + "\n" for row in noise), "utf-8")
    code, refused = school.train("--data", str(tmp_path / "noise.jsonl"), "--epochs", "3")
    assert code == 1
    assert not refused["verdict"]["accepted"]
    assert refused["verdict"]["reasons"]
    used = school.tune("use", refused["id"])
    assert used.returncode == 2
    assert "was refused" in used.stderr
    listed = json.loads(school.tune("list", "--json").stdout)["adapters"]
    assert [one["in_use"] for one in listed if one["id"] == refused["id"]] == [False]


async def test_in_use_it_changes_what_its_agent_says_and_no_other(school: School, adapter: dict[str, Any]) -> None:
    before = await _replies(school, school.unasked[0])
    assert school.tune("use", adapter["id"]).returncode == 0
    tuned = await _replies(school, school.unasked[0])
    assert school.tune("stop", "writer").returncode == 0
    after = await _replies(school, school.unasked[0])
    assert "says the document of" in tuned["writer"][1]
    assert tuned["writer"][0] == adapter["id"]
    for agent in before.keys() - {"writer"}:
        assert tuned[agent] == before[agent]
    assert tuned["writer"][1] != before["writer"][1] == after["writer"][1]


async def test_a_run_with_another_model_is_refused_while_an_adapter_is_in_use(
    school: School, adapter: dict[str, Any], llama_models: Path
) -> None:
    assert school.tune("use", adapter["id"]).returncode == 0
    container = school.container()
    try:
        with pytest.raises(InvalidRequest, match=rf"writer uses the adapter {adapter['id']}, which was trained for"):
            await ask(container, school.unasked[1], model=str(llama_models / "tiny.gguf"))
        by_rule = await ask(container, school.unasked[1], model="extractive")
    finally:
        await close(container)
        assert school.tune("stop", "writer").returncode == 0
    assert by_rule.status == "succeeded"


async def _replies(school: School, question: str) -> dict[str, tuple[str | None, str]]:
    """Return the adapter and the last reply of each agent in a run."""
    container = school.container()
    try:
        run = await ask(container, question, depth="quick")
        calls = await container.run_store().calls(run.id)
    finally:
        await close(container)
    return {stored.call.session or "": (stored.call.lora, stored.call.reply or "") for stored in calls}


@pytest.mark.usefixtures("lessons")
def test_ctrl_c_ends_a_training_and_leaves_nothing(school: School) -> None:
    shelf = school.home / "adapters"
    before = sorted(shelf.glob("*"))
    with school.training("--epochs", "1000") as process:
        assert process.stderr is not None
        assert any("training on" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert sorted(shelf.glob("*")) == before


def _with_shuffled_words(lessons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return lessons whose replies, apart from those that are held out, are words of all of them in any order."""
    choice = random.Random(1)
    replies = [json.loads(row["messages"][-1]["content"]) for row in lessons]
    words = [word for reply in replies for word in reply["claims"][0]["text"].split()]
    noise = []
    for row, reply in zip(lessons, replies, strict=True):
        text = " ".join(choice.sample(words, 9))
        nonsense = json.dumps({"claims": [{**reply["claims"][0], "text": text}]}, separators=(",", ":"))
        last = row["messages"][-1] if row["rookery"]["held_out"] else {"role": "assistant", "content": nonsense}
        noise.append({**row, "messages": [*row["messages"][:-1], last]})
    return noise
