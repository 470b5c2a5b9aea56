"""A long conversation is folded into notes that lose neither quotes nor numbers."""

import pytest

from rookery.application.agents.memo import SCRATCHPAD, Memo
from rookery.application.conversations import conversation
from rookery.domain.actions import Decision, Observed, ToolCall, Turn
from rookery.domain.errors import ContextOverflow
from rookery.domain.reasoning import ActJob
from rookery.domain.results import Usage
from tests.support.bench import CharactersLLM
from tests.support.evidence import some_evidence

pytestmark = pytest.mark.anyio
EVIDENCE = some_evidence("Rooks nest in tall elms.", "Owls sleep by day.")


def a_round(number, text="nothing"):
    call = ToolCall(tool="search", arguments={"query": f"query {number}"})
    return Turn(decision=Decision(thought="on", calls=[call]), seen=[Observed(call=call, text=text)])


def a_job(rounds, *, task="Where do rooks nest?", length=400):
    turns = [a_round(number, f"result {number}\n{'x' * length}") for number in range(rounds)]
    return ActJob(role="researcher", goal="Find.", task=task, tools=[], turns=turns)


async def fit(memo, job, *, context=4000, evidence=EVIDENCE):
    shortened, messages, told = await memo.fit(CharactersLLM(context=context), job, evidence, reply=100)
    assert messages == conversation(shortened)
    return shortened, told


async def test_a_short_conversation_is_left_as_it_is():
    job = a_job(2)
    assert await fit(Memo(), job) == (job, None)


async def test_folding_keeps_every_quote_the_last_rounds_and_what_was_done():
    job = a_job(8)
    shortened, told = await fit(Memo(), job)
    notes = "\n".join(shortened.notes)
    assert '[1] Birds: "Rooks nest in tall elms."' in notes
    assert '[2] Birds: "Owls sleep by day."' in notes
    assert "- search(query 0): result 0" in notes
    assert shortened.turns == job.turns[-len(shortened.turns) :]
    assert len(shortened.turns) >= 2
    assert told is not None


async def test_quotes_for_which_the_notes_have_no_room_are_counted():
    many = some_evidence(*(f"Rook {number} caws." for number in range(40)))
    shortened, _ = await fit(Memo(), a_job(8), context=5000, evidence=many)
    assert shortened.notes[-1] == "… and 16 more"


async def test_folding_is_told_with_its_numbers():
    job = a_job(8)
    llm = CharactersLLM(context=4000)
    had = await llm.count_tokens(conversation(job))
    shortened, _, told = await Memo().fit(llm, job, EVIDENCE, reply=100)
    now = await llm.count_tokens(conversation(shortened))
    folded = 8 - len(shortened.turns)
    assert told == f"the scratchpad took {had} of 3900 tokens; {folded} rounds became notes, and it takes {now} now"
    assert now <= 3900


async def test_between_two_foldings_the_conversation_only_grows_at_its_end():
    memo, foldings = Memo(), 0
    before = None
    for rounds in range(1, 25):
        found = some_evidence(*(f"Rook {number} caws." for number in range(rounds // 3)))
        shortened, told = await fit(memo, a_job(rounds, length=250), evidence=found)
        messages = conversation(shortened)
        foldings += told is not None
        if before is not None and told is None:
            assert messages[: len(before)] == before
        before = messages
    assert 0 < foldings < 12


async def test_a_model_with_much_room_has_a_short_scratchpad_all_the_same():
    shortened, told = await fit(Memo(), a_job(30), context=1_000_000)
    assert told is not None
    assert await CharactersLLM().count_tokens(conversation(shortened)) <= SCRATCHPAD


async def test_a_task_that_does_not_fit_is_refused_with_both_numbers():
    with pytest.raises(ContextOverflow) as refused:
        await fit(Memo(), a_job(8, task="w" * 3990))
    assert refused.value.context_tokens == 3900
    assert refused.value.prompt_tokens > 3900


async def test_what_an_answer_cost_saves_counting_the_next_prompt():
    memo, llm = Memo(), CharactersLLM(context=4000)
    first, second = a_job(2, length=900), a_job(3, length=900)
    _, messages, _ = await memo.fit(llm, first, EVIDENCE, reply=100)
    memo.count(Usage(prompt_tokens=10))
    llm.counted = 0
    _, more, told = await memo.fit(llm, second, EVIDENCE, reply=100)
    assert (llm.counted, told, more[: len(messages)]) == (0, None, messages)
