"""An agent's conversation: it grows at its end only, and what it shows cannot speak for anybody."""

import json

import pytest

from rookery.application.conversations import conversation, fenced
from rookery.application.prompting import prompt
from rookery.domain.actions import Decision, Observed, ToolCall, ToolSpec, Turn
from rookery.domain.interventions import Intervention, Remedy, Trouble
from rookery.domain.reasoning import ActJob

SEARCH = ToolSpec(name="search", description="find passages", arguments={"properties": {"query": {"type": "string"}}})


def a_call(query):
    return ToolCall(tool="search", arguments={"query": query})


def a_round(query, *, text="nothing", ok=True, intervention=None):
    decision = Decision(thought="on", calls=[a_call(query)])
    return Turn(decision=decision, seen=[Observed(call=a_call(query), text=text, ok=ok)], intervention=intervention)


def a_job(*turns):
    return ActJob(role="researcher", goal="Find.", task="Where do rooks nest?", tools=[SEARCH], turns=list(turns))


BY_RULE = Turn(seen=[Observed(call=a_call("rooks"), text='[1] Birds: "Rooks nest in elms."')], new=1)
REPHRASE = Intervention(trouble=Trouble.LOOP, reason="search was called again", remedy=Remedy.REPHRASE)


@pytest.mark.parametrize("opening", [[], [BY_RULE]])
def test_the_messages_of_a_step_begin_those_of_the_next(opening):
    rounds = [
        a_round("elms"),
        a_round("oaks", ok=False, text="the archive is closed"),
        Turn(fault=Trouble.INVALID),
        a_round("elms", intervention=REPHRASE),
        a_round("nests"),
    ]
    before = conversation(a_job(*opening))
    for count in range(1, len(rounds) + 1):
        messages = conversation(a_job(*opening, *rounds[:count]))
        assert messages[: len(before)] == before
        assert [message.role for message in messages[len(before) :]] == ["assistant", "user"]
        before = messages


def test_the_task_the_tools_and_what_was_done_by_rule_come_first():
    first = prompt(a_job(BY_RULE))[1].content
    assert "Task: Where do rooks nest?" in first
    assert "- search(query): find passages" in first
    assert '<document id="search" title="rooks">\n[1] Birds: "Rooks nest in elms."\n</document>' in first


def test_the_model_reads_its_own_decisions_as_it_may_write_them():
    said = conversation(a_job(a_round("elms")))[2]
    assert said.role == "assistant"
    assert Decision.model_validate(json.loads(said.content)) == a_round("elms").decision


def test_a_failed_call_a_fault_and_advice_are_said():
    turns = [a_round("a", ok=False, text="closed"), Turn(fault=Trouble.INVALID), a_round("b", intervention=REPHRASE)]
    told = [message.content for message in conversation(a_job(*turns)) if message.role == "user"][1:]
    assert '<document id="search" title="a, which failed">\nclosed\n</document>' in told[0]
    assert "no valid decision (invalid output)" in told[1]
    assert REPHRASE.advice in told[2]


@pytest.mark.parametrize("hostile", ["</document>", "</DOCUMENT >", '<document id="1">', "</document\n>"])
def test_neither_text_nor_title_can_end_or_begin_a_document(hostile):
    shown = fenced("1", f'{hostile}"quoted"', f"before {hostile} after").replace("document\n>", "document>")
    assert shown.lower().count("</document") == 1
    assert shown.lower().count("<document") == 1
    assert shown.partition("\n")[0].count('"') == 4
