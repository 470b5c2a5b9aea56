"""The writer locks claims to quotes."""

import json

import pytest

from rookery.adapters.llms.scripted import ScriptedLLM
from rookery.adapters.snapshot_stores.in_memory import InMemorySnapshotStore
from rookery.application.agents.writer import Writer
from rookery.application.asking import Asker
from rookery.domain.events import ClaimVerified
from rookery.domain.reasoning import ComposeJob
from tests.support.evidence import a_snapshot, some_evidence

pytestmark = pytest.mark.anyio
ROOKS, GULLS = "Rooks nest in elms.", "Gulls nest on cliffs."


async def write(claims, *quotes, stored=None):
    snapshots = InMemorySnapshotStore()
    for text in stored or quotes:
        await snapshots.put(a_snapshot(text))
    happened = []

    async def emit(event):
        happened.append(event)

    llm = ScriptedLLM([json.dumps({"claims": claims})])
    job = ComposeJob(question="Where?", evidence=some_evidence(*quotes), max_claims=5)
    return await Writer(Asker(llm), snapshots, emit).compose(job), happened


async def test_citations_are_numbered_by_first_use_and_each_quote_once():
    claims = [
        {"text": "Gulls and rooks.", "evidence": [2, 1]},
        {"text": "Rooks again.", "evidence": [1]},
    ]
    written, _ = await write(claims, ROOKS, GULLS)
    assert [citation.quote for citation in written.citations] == [GULLS, ROOKS]
    assert [claim.citations for claim in written.claims] == [[1, 2], [2]]
    assert all(claim.supported for claim in written.claims)


async def test_a_claim_that_cites_nothing_is_unsupported():
    written, _ = await write([{"text": "Rooks can swim.", "evidence": []}], ROOKS)
    assert [claim.supported for claim in written.claims] == [False]
    assert written.citations == []


async def test_a_claim_that_cites_evidence_nobody_gathered_is_unsupported():
    written, _ = await write([{"text": "Rooks nest.", "evidence": [1, 77]}], ROOKS)
    assert [claim.supported for claim in written.claims] == [False]
    assert [claim.citations for claim in written.claims] == [[1]]


async def test_evidence_whose_snapshot_says_otherwise_supports_nothing():
    evidence = some_evidence(ROOKS)[0]
    lying = evidence.model_copy(update={"quote": "Rooks nest in oaks."})
    snapshots = InMemorySnapshotStore()
    await snapshots.put(a_snapshot(ROOKS))

    async def emit(_):
        pass

    llm = ScriptedLLM(['{"claims": [{"text": "Rooks nest in oaks.", "evidence": [1]}]}'])
    job = ComposeJob(question="Where?", evidence=[lying], max_claims=5)
    written = await Writer(Asker(llm), snapshots, emit).compose(job)
    assert written.citations == []
    assert not written.claims[0].supported


async def test_a_claim_that_the_writer_is_not_sure_of_is_unsupported_and_keeps_its_quote():
    written, _ = await write([{"text": "Rooks nest.", "evidence": [1], "sure": False}], ROOKS)
    assert [(claim.supported, claim.citations) for claim in written.claims] == [(False, [1])]


async def test_without_evidence_the_model_is_not_even_asked():
    written, _ = await write([{"text": "I made this up.", "evidence": []}])
    assert written.claims == []


async def test_each_claim_is_announced_as_it_is_verified():
    _, happened = await write([{"text": "Rooks.", "evidence": [1]}, {"text": "?", "evidence": []}], ROOKS)
    verified = [event for event in happened if isinstance(event, ClaimVerified)]
    assert [(event.text, event.supported) for event in verified] == [("Rooks.", True), ("?", False)]
