"""What every object store does."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rookery.adapters.object_stores import directory, s3
from rookery.adapters.object_stores.directory import DirectoryObjectStore
from rookery.adapters.object_stores.in_memory import InMemoryObjectStore
from rookery.adapters.object_stores.s3 import S3ObjectStore
from rookery.adapters.object_stores.sealed import SealedObjectStore, new_identity
from rookery.domain.errors import InvalidRequest, NotFound
from rookery.domain.ports.object_store import ObjectStorePort
from tests.support.s3_server import PAGE

pytestmark = pytest.mark.anyio

STORES = ["in_memory", "directory", "sealed", "s3"]


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStorePort]:
    opened = _opened(request, tmp_path)
    yield opened
    await opened.close()


def _opened(request: pytest.FixtureRequest, folder: Path) -> ObjectStorePort:
    match request.param:
        case "in_memory":
            return InMemoryObjectStore()
        case "directory":
            return DirectoryObjectStore(directory.Settings(path=folder))
        case "sealed":
            return SealedObjectStore(InMemoryObjectStore(), new_identity())
        case _:
            settings: s3.Settings = request.getfixturevalue("s3_settings")
            return S3ObjectStore(s3.Settings(**{**settings.model_dump(), "prefix": "/a team/memory/"}))


async def listed(store: ObjectStorePort, prefix: str = "", *, after: str = "") -> list[str]:
    return [name async for name in store.names(prefix, after=after)]


async def test_what_was_put_comes_back(store: ObjectStorePort) -> None:
    for number, content in enumerate([b"", b"rooks", bytes(range(256)) * 1000, b"\r\n\0", b"<Error/>"]):
        assert await store.put_new(f"segments/{number}", content) is True
        assert await store.get(f"segments/{number}") == content


async def test_a_name_is_given_once_and_its_content_stays(store: ObjectStorePort) -> None:
    assert await store.put_new("one", b"first") is True
    assert await store.put_new("one", b"second") is False
    assert await store.put_new("one", b"first") is False
    assert await store.get("one") == b"first"


async def test_one_of_many_who_want_a_name_gets_it(store: ObjectStorePort) -> None:
    offers = [f"content {number}".encode() for number in range(20)]
    won = await asyncio.gather(*(store.put_new("folder/contested", offer) for offer in offers))
    assert won.count(True) == 1
    assert await store.get("folder/contested") == offers[won.index(True)]
    assert await listed(store) == ["folder/contested"]


async def test_an_unknown_name_is_not_found(store: ObjectStorePort) -> None:
    await store.put_new("known/object", b"x")
    for name in ("unknown", "known", "known/objec", "known/object/s", "known/unknown"):
        with pytest.raises(NotFound, match="no object"):
            await store.get(name)


async def test_an_empty_store_has_no_names(store: ObjectStorePort) -> None:
    assert await listed(store) == []
    assert await listed(store, "nobody/") == []


async def test_names_come_sorted_by_code_points(store: ObjectStorePort) -> None:
    names = ["b", "B", "a/z", "a-1", "a/b/c", "a0", "ä", "\U0001f426", "\uff5e", "10", "9"]
    for name in names:
        await store.put_new(name, b"")
    assert await listed(store) == sorted(names)


async def test_a_prefix_narrows_the_names_wherever_it_ends(store: ObjectStorePort) -> None:
    for name in ("seg", "segments/1", "segments/2", "segments-old/1", "heads/1"):
        await store.put_new(name, b"")
    assert await listed(store, "seg") == ["seg", "segments-old/1", "segments/1", "segments/2"]
    assert await listed(store, "segments/") == ["segments/1", "segments/2"]
    assert await listed(store, "segments/2") == ["segments/2"]
    assert await listed(store, "segments/1/") == []
    assert await listed(store, "../") == []


async def test_names_go_on_after_one_that_need_not_exist(store: ObjectStorePort) -> None:
    for name in ("a/1", "a/2", "a/3", "b/1"):
        await store.put_new(name, b"")
    assert await listed(store, "a/", after="a/1") == ["a/2", "a/3"]
    assert await listed(store, "a/", after="a/11") == ["a/2", "a/3"]
    assert await listed(store, "a/", after="a/3") == []
    assert await listed(store, "a/", after="b") == []
    assert await listed(store, "b/", after="a/2") == ["b/1"]
    assert await listed(store, after="a/3") == ["b/1"]


async def test_more_names_than_fit_a_page_are_all_listed(store: ObjectStorePort) -> None:
    number = 2 * PAGE + 20 if isinstance(store, S3ObjectStore) else 2500
    names = [f"many/{n:05d}" for n in range(number)]
    async with asyncio.TaskGroup() as tasks:
        for name in reversed(names):
            tasks.create_task(store.put_new(name, b"x"))
    assert await listed(store) == names
    assert await listed(store, "many/", after=names[9]) == names[10:]


ODD = ["Zoë & Ко/研究 🐦", "a b/ c ", "100%/a+b=c", "%2F%00", "what?#x", "e\u0301", "\u00e9", "x" * 255, "a:b*'\"<>|"]


async def test_a_name_may_have_odd_characters(store: ObjectStorePort) -> None:
    for name in ODD:
        assert await store.put_new(name, name.encode()) is True
        assert await store.put_new(name, b"other") is False
    for name in ODD:
        assert await store.get(name) == name.encode()
        assert name in await listed(store, name[:2])
    assert await listed(store) == sorted(ODD)


BAD = ["", "/", "/etc/passwd", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", ".hidden", "a/.rookery-probe"]
WORSE = ["a\0b", "a\nb", "a\\b", "\ud800", "x" * 256, "/".join(["x" * 99] * 10)]


async def test_a_name_that_not_every_store_can_hold_is_refused(store: ObjectStorePort) -> None:
    for name in BAD + WORSE:
        with pytest.raises(InvalidRequest, match="cannot name an object"):
            await store.put_new(name, b"x")
        with pytest.raises(InvalidRequest, match="cannot name an object"):
            await store.get(name)
    assert await listed(store) == []


async def test_a_closed_store_opens_again(store: ObjectStorePort) -> None:
    await store.close()
    await store.put_new("a", b"x")
    await store.close()
    await store.close()
    assert await store.get("a") == b"x"
