"""What a store of sealed objects holds, and what it refuses to open."""

import re
import traceback

import pyrage
import pytest
from pydantic import SecretStr

from rookery.adapters.object_stores.in_memory import InMemoryObjectStore
from rookery.adapters.object_stores.sealed import SealedObjectStore, new_identity
from rookery.domain.errors import ConfigurationError, StorageError
from tests.support.lossy_store import LossyObjectStore

pytestmark = pytest.mark.anyio

CONTENT = b"Rooks nest in colonies." * 50


async def test_only_the_name_can_be_read_in_the_store() -> None:
    inner = InMemoryObjectStore()
    await SealedObjectStore(inner, new_identity()).put_new("segments/1", CONTENT)
    sealed = await inner.get("segments/1")
    assert sealed.startswith(b"age-encryption.org/v1\n")
    assert b"Rooks" not in sealed
    assert [name async for name in inner.names("")] == ["segments/1"]


async def test_objects_are_plain_age_files_both_ways() -> None:
    inner, identity = InMemoryObjectStore(), new_identity()
    store = SealedObjectStore(inner, SecretStr(f" {identity}\n"))
    key = pyrage.x25519.Identity.from_str(identity)
    await store.put_new("ours", CONTENT)
    assert pyrage.decrypt(await inner.get("ours"), [key]) == CONTENT
    for armored in (False, True):
        await inner.put_new(f"theirs-{armored}", pyrage.encrypt(CONTENT, [key.to_public()], armored=armored))
        assert await store.get(f"theirs-{armored}") == CONTENT


async def test_machines_with_one_identity_read_each_other() -> None:
    inner, identity = InMemoryObjectStore(), new_identity()
    await SealedObjectStore(inner, identity).put_new("a", CONTENT)
    assert await SealedObjectStore(inner, SecretStr(identity)).get("a") == CONTENT


async def test_a_write_made_again_after_a_lost_answer_keeps_the_first() -> None:
    lossy = LossyObjectStore(InMemoryObjectStore())
    store = SealedObjectStore(lossy, new_identity())
    lossy.lost_answers = 1
    with pytest.raises(StorageError):
        await store.put_new("a", CONTENT)
    sealed = await lossy.get("a")
    assert await store.put_new("a", CONTENT) is False
    assert await lossy.get("a") == sealed
    assert await store.get("a") == CONTENT


async def test_an_object_of_another_identity_stays_closed() -> None:
    inner = InMemoryObjectStore()
    await SealedObjectStore(inner, new_identity()).put_new("a", CONTENT)
    with pytest.raises(StorageError, match="'a' cannot be unsealed: it was sealed for another identity") as caught:
        await SealedObjectStore(inner, new_identity()).get("a")
    assert not caught.value.retryable


@pytest.mark.parametrize("content", [b"", CONTENT, b"age-encryption", b'{"json": true}'])
async def test_an_object_that_is_not_sealed_is_never_returned(content: bytes) -> None:
    inner = InMemoryObjectStore()
    await inner.put_new("a", content)
    with pytest.raises(StorageError, match="'a' is not sealed"):
        await SealedObjectStore(inner, new_identity()).get("a")


async def test_a_damaged_object_is_never_returned() -> None:
    inner, identity = InMemoryObjectStore(), new_identity()
    store = SealedObjectStore(inner, identity)
    await store.put_new("whole", CONTENT)
    sealed = await inner.get("whole")
    for at in [*range(0, len(sealed), 37), len(sealed) - 1]:
        flipped = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        for kind, damaged in (("flipped", flipped), ("cut", sealed[:at])):
            await inner.put_new(f"{kind}-{at}", damaged)
            with pytest.raises(StorageError, match=rf"'{kind}-{at}'.*(restore|remove)") as caught:
                await store.get(f"{kind}-{at}")
            assert "Rooks" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    ["", "x", new_identity()[:-1], new_identity()[:-1] + "?", new_identity() * 2],
    ids=["empty", "a letter", "cut off", "a character that none has", "two"],
)
def test_a_wrong_identity_is_told_without_showing_it(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="AGE-SECRET-KEY-1") as caught:
        SealedObjectStore(InMemoryObjectStore(), SecretStr(wrong))
    told = "".join(traceback.format_exception(caught.value))
    assert len(wrong) < 2 or wrong[20:50] not in told


def test_a_recipient_is_no_identity() -> None:
    public = str(pyrage.x25519.Identity.generate().to_public())
    with pytest.raises(ConfigurationError) as caught:
        SealedObjectStore(InMemoryObjectStore(), public)
    assert public not in str(caught.value)


def test_each_new_identity_is_another() -> None:
    identities = {new_identity() for _ in range(20)}
    assert len(identities) == 20
    assert all(re.fullmatch(r"AGE-SECRET-KEY-1[A-Z0-9]{58}", identity) for identity in identities)


async def test_the_identity_is_not_shown_by_the_store() -> None:
    identity = new_identity()
    store = SealedObjectStore(InMemoryObjectStore(), identity)
    assert identity not in repr(vars(store))
