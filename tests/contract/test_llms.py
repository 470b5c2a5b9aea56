"""What every language model does with the colony's jobs."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.llms.extractive import ExtractiveLLM
from rookery.adapters.llms.openai_compatible import OpenAILLM, Settings
from rookery.domain.inference import LLMRequest, Message
from rookery.domain.ports.llm import LLMPort
from rookery.domain.reasoning import (
    ComposeJob,
    Draft,
    FindEvidenceJob,
    Findings,
    Job,
    Plan,
    PlanJob,
    Reflection,
    ReflectJob,
)
from tests.support.evidence import a_passage, some_evidence
from tests.support.llama import MakeLlama
from tests.support.openai_chat import Chat
from tests.support.openai_model import does_the_job
from tests.support.openai_server import openai_server

pytestmark = pytest.mark.anyio

QUESTION = "Who built the tide gauge?"
GAUGE = a_passage("The tide gauge was built by Lucien Méridot. It stood in a hut.", title="Gauge")
BELL = a_passage("The bell came from the Fagerheim. It hangs by the door.", title="Bell")
FIND = FindEvidenceJob(question=QUESTION, main_question=QUESTION, passages=[GAUGE, BELL], limit=4)
EVIDENCE = [
    piece.model_copy(update={"sub_question": QUESTION})
    for piece in some_evidence("The tide gauge was built by Lucien Méridot.", "The tide gauge stood in a hut.")
]
COMPOSE = ComposeJob(question=QUESTION, evidence=EVIDENCE, max_claims=3)


@contextmanager
def model(kind: str) -> Iterator[LLMPort]:
    if kind == "extractive":
        yield ExtractiveLLM(SnowballAnalyzer())
        return
    with openai_server(chat=Chat(kind="llama-server", say=does_the_job)) as server:
        yield OpenAILLM(Settings(base_url=server.url, api_key=None))


@pytest.fixture(params=["extractive", "openai"])
def llm(request: pytest.FixtureRequest) -> Iterator[LLMPort]:
    with model(request.param) as llm:
        yield llm


@pytest.fixture(params=["extractive", "openai", "llama_cpp"])
def any_llm(request: pytest.FixtureRequest) -> Iterator[LLMPort]:
    """One that need not make sense: llama.cpp's has random weights here."""
    if request.param == "llama_cpp":
        pytest.importorskip("llama_cpp")
        make: MakeLlama = request.getfixturevalue("make_llama")
        yield make(n_ctx=4096)
        return
    with model(request.param) as llm:
        yield llm


def request(job: Job, returns: type[Plan] | type[Findings] | type[Reflection] | type[Draft]) -> LLMRequest:
    return LLMRequest(
        messages=[Message(role="user", content=job.model_dump_json())], job=job, json_schema=returns.model_json_schema()
    )


async def test_a_plan_is_a_plan(llm: LLMPort) -> None:
    job = PlanJob(question=QUESTION, max_sub_questions=3)
    plan = Plan.model_validate_json((await llm.complete(request(job, Plan))).text)
    assert 1 <= len(plan.sub_questions) <= 3


async def test_quotes_stand_in_the_passages_that_they_name(llm: LLMPort) -> None:
    findings = Findings.model_validate_json((await llm.complete(request(FIND, Findings))).text)
    texts = {passage.id: passage.text for passage in FIND.passages}
    assert findings.quotes
    assert all(quote.quote in texts[quote.passage_id] for quote in findings.quotes)
    assert len(findings.quotes) <= FIND.limit


async def test_evidence_names_allowed_passages_only(llm: LLMPort) -> None:
    bound = request(FIND, Findings).model_copy(update={"allowed_sources": [BELL.id]})
    findings = Findings.model_validate_json((await llm.complete(bound)).text)
    assert {quote.passage_id for quote in findings.quotes} <= {BELL.id}


async def test_claims_rest_on_evidence_that_was_given(llm: LLMPort) -> None:
    draft = Draft.model_validate_json((await llm.complete(request(COMPOSE, Draft))).text)
    given = {piece.id for piece in EVIDENCE}
    assert draft.claims
    assert all(claim.evidence and given.issuperset(claim.evidence) for claim in draft.claims)
    assert len(draft.claims) <= COMPOSE.max_claims


async def test_claims_rest_on_allowed_evidence_only(llm: LLMPort) -> None:
    bound = request(COMPOSE, Draft).model_copy(update={"allowed_sources": ["2"]})
    draft = Draft.model_validate_json((await llm.complete(bound)).text)
    assert {number for claim in draft.claims for number in claim.evidence} <= {2}


async def test_a_reflection_keeps_to_its_limit(llm: LLMPort) -> None:
    job = ReflectJob(question=QUESTION, sub_questions=[QUESTION], evidence=[], max_follow_ups=1)
    reflection = Reflection.model_validate_json((await llm.complete(request(job, Reflection))).text)
    assert len(reflection.follow_ups) <= 1


async def test_the_stream_adds_up_to_the_reply(any_llm: LLMPort) -> None:
    asked = request(FIND, Findings)
    pieces = [piece async for piece in any_llm.stream(asked)]
    assert "".join(pieces) == (await any_llm.complete(asked)).text


async def test_a_model_that_generates_counts_its_tokens_and_another_has_none(any_llm: LLMPort) -> None:
    asked = request(FIND, Findings)
    usage = (await any_llm.complete(asked)).usage
    generative = any_llm.capabilities().generative
    assert usage.prompt_tokens == (await any_llm.count_tokens(asked.messages) if generative else 0)
    assert (usage.completion_tokens > 0) == generative


def test_a_model_has_a_name(llm: LLMPort) -> None:
    assert llm.capabilities().name
