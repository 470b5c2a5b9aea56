"""Every store of corrections keeps this contract."""

import asyncio
from datetime import UTC, datetime

import pytest

from rookery.adapters.corrections.in_memory import InMemoryCorrectionStore
from rookery.adapters.corrections.sqlite import SqliteCorrectionStore
from rookery.domain.tuning import Correction

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        yield InMemoryCorrectionStore()
    else:
        store = SqliteCorrectionStore(tmp_path)
        yield store
        store.close()


def correction(claim=1, text="Rooks nest in tall elms.", run_id="r"):
    return Correction(run_id=run_id, claim=claim, was="x", text=text, at=datetime(2026, 11, 29, 12, tzinfo=UTC))


async def test_corrections_are_returned_by_run_and_claim_as_they_were(store):
    for one in (correction(10, "ten"), correction(2, "'; DROP TABLE \u200b\n🐦"), correction(1, run_id="other")):
        await store.add(one)
    assert await store.of_run("r") == [correction(2, "'; DROP TABLE \u200b\n🐦"), correction(10, "ten")]
    assert await store.of_run("other") == [correction(1, run_id="other")]
    assert await store.of_run("nothing") == []


async def test_a_correction_takes_the_place_of_an_earlier_one_of_the_same_claim(store):
    for text in ("one", "one again"):
        await store.add(correction(text=text))
    assert await store.of_run("r") == [correction(text="one again")]


async def test_corrections_that_come_at_once_are_all_kept(store):
    await asyncio.gather(*(store.add(correction(claim)) for claim in range(1, 41)))
    assert [one.claim for one in await store.of_run("r")] == list(range(1, 41))


async def test_sqlite_shares_corrections_between_processes(tmp_path):
    ours, theirs = SqliteCorrectionStore(tmp_path), SqliteCorrectionStore(tmp_path)
    await ours.add(correction())
    assert await theirs.of_run("r") == [correction()]
    ours.close()
    theirs.close()
