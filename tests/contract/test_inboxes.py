"""Every inbox keeps this contract."""

from datetime import UTC, datetime, timedelta

import pytest

from rookery.adapters.inboxes.in_memory import InMemoryInbox
from rookery.adapters.inboxes.sqlite import SqliteInbox
from rookery.domain.letters import Letter

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def inbox(request, tmp_path):
    if request.param == "memory":
        yield InMemoryInbox()
    else:
        inbox = SqliteInbox(tmp_path)
        yield inbox
        inbox.close()


def letter(key="one", *, door="front", after=timedelta(0)):
    return Letter(key=key, door=door, body='{"text": "Why?"}', received_at=NOON + after)


async def test_a_letter_that_comes_again_is_received_once(inbox):
    assert await inbox.receive(letter())
    assert not await inbox.receive(letter(after=timedelta(minutes=1)))
    assert await inbox.unsettled("front") == [letter()]


async def test_it_comes_once_through_whichever_door(inbox):
    assert await inbox.receive(letter())
    assert not await inbox.receive(letter(door="back"))
    assert await inbox.unsettled("back") == []


async def test_what_is_left_to_do_is_returned_oldest_first_with_its_run(inbox):
    await inbox.receive(letter("later", after=timedelta(seconds=2)))
    await inbox.receive(letter("sooner"))
    await inbox.receive(letter("elsewhere", door="back"))
    await inbox.assign("later", "run-7")
    assert [(one.key, one.run_id) for one in await inbox.unsettled("front")] == [("sooner", None), ("later", "run-7")]


async def test_what_is_settled_is_left_alone_and_still_known(inbox):
    await inbox.receive(letter())
    await inbox.settle("one")
    assert await inbox.unsettled("front") == []
    assert not await inbox.receive(letter(after=timedelta(days=6)))


async def test_a_settled_letter_is_forgotten_after_a_week_and_an_unsettled_one_is_not(inbox):
    await inbox.receive(letter("settled"))
    await inbox.receive(letter("open"))
    await inbox.settle("settled")
    await inbox.receive(letter("new", after=timedelta(days=8)))
    assert await inbox.receive(letter("settled", after=timedelta(days=8)))
    assert not await inbox.receive(letter("open", after=timedelta(days=8)))
