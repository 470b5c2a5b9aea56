"""What an agent may learn from, and when what it learnt is good enough."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from rookery.domain.actions import ToolCall
from rookery.domain.approvals import Approval, ApprovalStatus, digest_of
from rookery.domain.calls import ModelCall, StoredCall
from rookery.domain.examples import Told, example_of, is_held_out
from rookery.domain.inference import Message
from rookery.domain.results import Citation, Claim, TaskResult, TaskStatus
from rookery.domain.runs import Depth, Run, RunStatus
from rookery.domain.tuning import Bar, Correction, Example, Mark, agreement, judge

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
SAID = "The wall is of glass."
POST = ToolCall(tool="post", arguments={"text": "tides"})


def run(status: RunStatus = RunStatus.SUCCEEDED, *, supported: bool = True) -> Run:
    citation = Citation(
        id=1, url="file:///a.md", title="A", quote=SAID, start=0, end=len(SAID), source_sha256="0" * 64,
        retrieved_at=NOON, agent_id="researcher-1",
    )  # fmt: skip
    result = TaskResult(
        task_id=UUID(int=1), inputs={}, output=SAID, agent_id="coordinator", status=TaskStatus.SUCCEEDED, model="m",
        claims=[Claim(text=SAID, citations=[1], supported=supported)], citations=[citation], started_at=NOON,
        finished_at=NOON,
    )  # fmt: skip
    return Run(
        id="1", question="q", status=status, depth=Depth.QUICK, namespace="default", model="m", created_at=NOON,
        result=result,
    )  # fmt: skip


def call(reply: object, *, session: str = "writer", prompt: str = f"Evidence: {SAID}") -> StoredCall:
    text = reply if isinstance(reply, str) or reply is None else json.dumps(reply)
    messages = [Message(role="user", content=prompt)]
    made = ModelCall(messages=messages, session=session, max_tokens=9, temperature=0, seed=0, model="m", reply=text)
    return StoredCall(number=1, at=NOON, call=made)


def learnt(stored: StoredCall, told: Told, agent: str = "writer") -> Example | None:
    return example_of(stored, told, agent=agent, held_out=False)


DRAFT = {"claims": [{"text": SAID, "evidence": [1]}]}
QUOTES = {"quotes": [{"passage_id": "1", "quote": SAID, "score": 1}]}


def test_a_draft_is_learnt_where_all_its_claims_were_supported():
    example = learnt(call(DRAFT), Told(run()))
    assert example is not None
    assert (example.grounds, json.loads(example.reply)) == ("verified", DRAFT)
    assert learnt(call(DRAFT), Told(run(supported=False))) is None
    assert learnt(call({"claims": []}), Told(run())) is None


def test_quotes_are_learnt_where_they_stand_in_the_prompt_word_for_word():
    example = learnt(call(QUOTES, session="researcher-2"), Told(run()), "researcher")
    assert example is not None
    assert example.grounds == "verified"
    assert learnt(call(QUOTES, session="researcher-2", prompt="nothing"), Told(run()), "researcher") is None


@pytest.mark.parametrize("status", [RunStatus.PARTIAL, RunStatus.FAILED, RunStatus.CANCELLED])
def test_nothing_is_learnt_of_a_run_that_did_not_succeed(status):
    assert learnt(call(DRAFT), Told(run(status))) is None


@pytest.mark.parametrize("reply", [None, "", "no JSON", "[1]", '{"claims": [tru'])
def test_what_is_no_json_object_is_not_learnt(reply):
    assert learnt(call(reply), Told(run())) is None


def test_what_a_person_corrected_is_learnt_as_corrected_even_of_a_partial_run():
    correction = Correction(run_id="1", claim=1, was=SAID, text="Glass.", at=NOON)
    example = learnt(call(DRAFT), Told(run(RunStatus.PARTIAL, supported=False), (), [correction]))
    assert example is not None
    assert example.grounds == "corrected"
    assert json.loads(example.reply) == {"claims": [{"text": "Glass.", "evidence": [1]}]}


@pytest.mark.parametrize(
    ("status", "grounds"),
    [
        (ApprovalStatus.APPROVED, "approved"),
        (ApprovalStatus.DENIED, None),
        (ApprovalStatus.EXPIRED, None),
        (ApprovalStatus.PENDING, None),
        (None, "complete"),
    ],
)
def test_a_write_is_learnt_where_a_person_approved_it(status, grounds):
    approvals = [] if status is None else [
        Approval(
            id="a", run_id="1", agent_id="clerk", tool=POST.tool, arguments=POST.arguments, digest=digest_of(POST),
            reason="r", status=status, requested_at=NOON, expires_at=NOON,
        )
    ]  # fmt: skip
    decision = {"thought": "", "calls": [POST.model_dump(mode="json")]}
    example = learnt(call(decision, session="clerk"), Told(run(), approvals), "clerk")
    assert (example.grounds if example else None) == grounds


def test_no_credential_enters_an_example():
    key = "sk-ant-api03-" + "a1B2c3D4" * 8
    in_prompt = learnt(call({"notes": "fine"}, prompt=f"the key is {key}"), Told(run()))
    assert in_prompt is not None
    assert key not in in_prompt.messages[0].content
    assert learnt(call({"notes": f"use {key}"}), Told(run())) is None
    assert learnt(call({"notes": "use [redacted:api-key]"}), Told(run())) is None


def test_another_agents_call_is_not_learnt():
    assert learnt(call(DRAFT, session="critic"), Told(run())) is None
    assert learnt(call(QUOTES, session="researcher-x"), Told(run()), "researcher") is None


def test_a_run_is_always_on_the_same_side_and_the_share_is_about_what_was_asked_for():
    sides = [is_held_out(str(number), 0.25) for number in range(4000)]
    assert sides == [is_held_out(str(number), 0.25) for number in range(4000)]
    assert 0.22 < sum(sides) / 4000 < 0.28


def marks(*gains: float, before: float = 0.5, after: float = 0.5) -> dict[str, list[tuple[Mark, Mark]]]:
    return {
        str(number): [(Mark(likelihood=-2, agreement=before), Mark(likelihood=-2 + gain, agreement=after))]
        for number, gain in enumerate(gains)
    }


def test_it_is_accepted_when_all_runs_gain_more_than_the_margin():
    verdict = judge(marks(0.1, 0.1, 0.1, 0.1, 0.1), Bar())
    assert verdict.accepted
    assert verdict.chance == pytest.approx(1 / 32)
    assert verdict.likelihood_after - verdict.likelihood_before == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (marks(0.04, 0.04, 0.04, 0.04, 0.04), r"changed by \+0\.040 nats, and \+0\.050 is needed"),
        (marks(9, 9, -0.1, -0.1, -0.1), r"2 of 5 runs gained, which may be chance \(p = 0\.81\)"),
        (marks(9, 9, 9, 9), "has 4 runs, and 5 are needed"),
        (marks(9, 9, 9, 9, 9, before=0.6, after=0.5), r"agree less .* 0\.500 after 0\.600"),
        (marks(0, 0, 0, 0, 0), "nats"),
    ],
)
def test_it_is_refused_otherwise_and_says_why(found, reason):
    import re

    verdict = judge(found, Bar())
    assert not verdict.accepted
    assert any(re.search(reason, told) for told in verdict.reasons), verdict.reasons


def test_a_run_counts_once_however_many_examples_it_has():
    many = {"a": [(Mark(likelihood=-2, agreement=1), Mark(likelihood=-1, agreement=1))] * 50}
    assert judge(many, Bar()).runs == 1
    assert not judge(many, Bar()).accepted


@pytest.mark.parametrize(
    ("reply", "wanted", "score"),
    [
        ('{"a": "Glass it is", "n": [1]}', '{"n": [1], "a": "glass it is."}', 1.0),
        ("the wall", "the roof", 0.5),
        ("", "x", 0.0),
        ("", "", 1.0),
        ("the the the the", "the", 0.4),
    ],
)
def test_agreement_counts_shared_words(reply, wanted, score):
    assert agreement(reply, wanted) == pytest.approx(score)
