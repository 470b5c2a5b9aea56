"""Prompts that are too long lose their least promising evidence, and say so."""

import pytest

from rookery.adapters.llms.scripted import ScriptedLLM
from rookery.application.fitting import fit, size
from rookery.application.prompting import prompt
from rookery.domain.inference import Capabilities, Message
from rookery.domain.reasoning import ComposeJob, FindEvidenceJob, PlanJob
from tests.support.bench import CharactersLLM
from tests.support.evidence import a_passage, some_evidence

pytestmark = pytest.mark.anyio


def scored(*scores):
    pieces = some_evidence(*(f"Rook {number} says {'caw ' * 100}" for number in range(len(scores))))
    return [piece.model_copy(update={"score": score}) for piece, score in zip(pieces, scores, strict=True)]


def written(*scores):
    return ComposeJob(question="What do rooks say?", evidence=scored(*scores), max_claims=3)


async def test_quotes_of_the_lowest_score_go_first_and_the_others_keep_their_order():
    fitted, _ = await fit(CharactersLLM(context=3000), written(0.2, 0.9, 0.1, 0.8, 0.3), reply=100)
    kept = [piece.id for piece in fitted.evidence]
    assert {2, 4} <= set(kept)
    assert kept == sorted(kept)
    assert 3 not in kept


async def test_passages_go_from_the_end():
    passages = [a_passage(f"Rook {number}. {'caw ' * 200}") for number in range(6)]
    job = FindEvidenceJob(question="q?", main_question="q?", passages=passages, limit=3)
    fitted, told = await fit(CharactersLLM(context=4000), job, reply=100)
    assert fitted.passages == passages[: len(fitted.passages)]
    assert "passages were left out" in told


async def test_what_is_left_out_is_told_with_its_numbers():
    llm, job = CharactersLLM(context=3000), written(0.2, 0.9, 0.1, 0.8, 0.3)
    had = await llm.count_tokens(prompt(job))
    fitted, told = await fit(llm, job, reply=100)
    left = 5 - len(fitted.evidence)
    assert told.startswith(f"the evidence makes a prompt of {had} tokens, and there is room for 2900: {left} of 5")
    assert await llm.count_tokens(prompt(fitted)) <= 2900


async def test_the_best_piece_stays_even_where_it_does_not_fit():
    fitted, _ = await fit(CharactersLLM(context=300), written(0.2, 0.9), reply=10)
    assert [piece.id for piece in fitted.evidence] == [2]


async def test_what_fits_is_left_alone_and_not_counted_where_it_is_far_from_the_limit():
    llm, job = CharactersLLM(context=1_000_000), written(0.2, 0.9)
    assert await fit(llm, job, reply=100) == (job, None)
    assert llm.counted == 0


async def test_a_prompt_near_the_limit_is_counted_exactly():
    llm = CharactersLLM(context=1000)
    words = [Message(role="user", content="caw " * 30)]
    assert await size(llm, words, limit=500) >= 120
    assert llm.counted == 0
    assert await size(llm, words, limit=120) == 120
    assert llm.counted == 1


async def test_a_job_without_evidence_is_not_made_smaller():
    job = PlanJob(question="q" * 900, max_sub_questions=2)
    assert await fit(CharactersLLM(context=300), job, reply=10) == (job, None)


async def test_what_works_by_rule_reads_everything():
    class ByRule(ScriptedLLM):
        def capabilities(self):
            return Capabilities(name="rule", context_tokens=10, binds_schema=True, generative=False)

    job = written(*[0.5] * 50)
    assert await fit(ByRule([]), job, reply=10) == (job, None)
