"""S3 over a line that fails, and endpoints that do not keep their side."""

import asyncio
import socket
import traceback
from collections.abc import Iterator

import pytest
from pydantic import SecretStr, ValidationError

from rookery.adapters.object_stores.s3 import S3ObjectStore, Settings
from rookery.domain.errors import NotFound, StorageError
from tests.support.s3_server import (
    KEY,
    SECRET,
    Fault,
    FaultyS3,
    cut_off,
    damage_download,
    damage_upload,
    faulty_s3,
    forget_condition,
    hang_up,
    lose_answer,
    pass_on,
    refusal,
)

pytestmark = pytest.mark.anyio

SLOW_DOWN = refusal(503, "SlowDown")
CONFLICT = refusal(409, "ConditionalRequestConflict")


@pytest.fixture
def server(s3_endpoint: str) -> Iterator[FaultyS3]:
    with faulty_s3(s3_endpoint) as server:
        yield server


@pytest.fixture
def settings(server: FaultyS3, s3_settings: Settings) -> Settings:
    return s3_settings.model_copy(update={"endpoint_url": server.url})


@pytest.fixture
async def store(settings: Settings) -> S3ObjectStore:
    """A store that has written once, and so knows its endpoint."""
    opened = S3ObjectStore(settings)
    await opened.put_new("before", b"x")
    return opened


async def test_a_busy_server_is_asked_again(store: S3ObjectStore, server: FaultyS3) -> None:
    server.faults = [SLOW_DOWN]
    assert await store.put_new("a", b"content") is True
    server.faults = [SLOW_DOWN]
    assert await store.get("a") == b"content"
    server.faults = [SLOW_DOWN]
    assert [name async for name in store.names("")] == ["a", "before"]
    assert server.faults == []


async def test_a_server_that_stays_busy_is_worth_another_try_later(store: S3ObjectStore, server: FaultyS3) -> None:
    server.faults = [SLOW_DOWN, SLOW_DOWN]
    with pytest.raises(StorageError, match=r"busy.*503 SlowDown") as caught:
        await store.put_new("a", b"content")
    assert caught.value.retryable
    assert await store.put_new("a", b"content") is True


async def test_a_write_whose_answer_was_lost_is_known_as_our_own(store: S3ObjectStore, server: FaultyS3) -> None:
    server.faults = [lose_answer]
    assert await store.put_new("a", b"content") is True
    assert await store.put_new("a", b"content") is False
    assert await store.get("a") == b"content"


async def test_a_repeated_write_does_not_take_another_ones_object_for_its_own(
    store: S3ObjectStore, settings: Settings, server: FaultyS3
) -> None:
    await S3ObjectStore(settings).put_new("a", b"content")
    server.faults = [SLOW_DOWN]
    assert await store.put_new("a", b"content") is False


async def test_a_write_whose_every_answer_is_lost_fails_and_is_told_truly_afterwards(
    store: S3ObjectStore, server: FaultyS3
) -> None:
    server.faults = [lose_answer, hang_up]
    with pytest.raises(StorageError, match="cannot be reached") as caught:
        await store.put_new("a", b"content")
    assert caught.value.retryable
    assert await store.put_new("a", b"content") is False
    assert await store.get("a") == b"content"


async def test_a_conflict_with_another_writer_is_settled(store: S3ObjectStore, server: FaultyS3) -> None:
    server.faults = [CONFLICT, CONFLICT]
    assert await store.put_new("a", b"content") is True
    server.faults = [CONFLICT]
    assert await store.put_new("a", b"content") is False


async def test_a_conflict_after_a_lost_answer_is_settled(store: S3ObjectStore, server: FaultyS3) -> None:
    server.faults = [lose_answer, CONFLICT]
    assert await store.put_new("a", b"content") is True


async def test_conflicts_without_end_are_told_by_what_is_there(store: S3ObjectStore, server: FaultyS3) -> None:
    server.faults = [CONFLICT] * 5
    with pytest.raises(StorageError, match="at the same time") as caught:
        await store.put_new("a", b"content")
    assert caught.value.retryable
    server.faults = [CONFLICT] * 5
    assert await store.put_new("before", b"content") is False
    server.faults = [lose_answer, *[CONFLICT] * 5]
    assert await store.put_new("b", b"content") is True


async def test_a_damaged_upload_is_refused_and_leaves_nothing(store: S3ObjectStore, server: FaultyS3) -> None:
    server.faults = [damage_upload]
    with pytest.raises(StorageError, match="something else than was sent") as caught:
        await store.put_new("a", b"content")
    assert caught.value.retryable
    with pytest.raises(NotFound):
        await store.get("a")


@pytest.mark.parametrize(("fault", "message"), [(damage_download, "something damaged"), (cut_off, "broke off")])
async def test_a_damaged_download_is_never_returned(
    store: S3ObjectStore, server: FaultyS3, fault: Fault, message: str
) -> None:
    await store.put_new("a", b"content")
    server.faults = [fault]
    with pytest.raises(StorageError, match=message) as caught:
        await store.get("a")
    assert caught.value.retryable
    assert await store.get("a") == b"content"


async def test_an_endpoint_that_ignores_conditions_is_refused_before_anything_is_written(
    settings: Settings, server: FaultyS3
) -> None:
    server.always = forget_condition
    store = S3ObjectStore(settings)
    for _ in range(2):
        with pytest.raises(StorageError, match="ignores `If-None-Match`") as caught:
            await store.put_new("a", b"content")
        assert not caught.value.retryable
    assert {asked.path for asked in server.asked} == {f"/{settings.bucket}/.rookery-probe"}
    server.always = pass_on
    assert await store.put_new("a", b"content") is True


async def test_an_endpoint_that_does_not_implement_conditions_is_refused(settings: Settings, server: FaultyS3) -> None:
    server.always = refusal(501, "NotImplemented")
    with pytest.raises(StorageError, match="ignores `If-None-Match`"):
        await S3ObjectStore(settings).put_new("a", b"content")


async def test_the_endpoint_is_tried_once_however_many_write(settings: Settings, server: FaultyS3) -> None:
    store = S3ObjectStore(settings.model_copy(update={"prefix": "team/"}))
    async with asyncio.TaskGroup() as tasks:
        for number in range(12):
            tasks.create_task(store.put_new(f"{number}", b"x"))
    probe = f"/{settings.bucket}/team/.rookery-probe"
    assert [asked.path for asked in server.asked].count(probe) == 2
    await S3ObjectStore(settings.model_copy(update={"prefix": "team/"})).put_new("later", b"x")
    assert [asked.path for asked in server.asked].count(probe) == 3
    assert [name async for name in store.names("")] == sorted([*map(str, range(12)), "later"])


async def test_reading_needs_no_right_to_write(settings: Settings, server: FaultyS3) -> None:
    store = S3ObjectStore(settings)
    with pytest.raises(NotFound):
        await store.get("a")
    assert [name async for name in store.names("")] == []
    assert {asked.method for asked in server.asked} == {"GET"}


@pytest.mark.parametrize(
    ("fault", "message", "retryable"),
    [
        (refusal(403, "InvalidAccessKeyId"), "does not know the access key", False),
        (refusal(403, "SignatureDoesNotMatch"), "refuses the secret", False),
        (refusal(400, "ExpiredToken"), "expired; get new ones", False),
        (refusal(403, "AccessDenied"), "s3:PutObject", False),
        (refusal(403, "SomethingNew"), r"denies access.*403 SomethingNew", False),
        (refusal(403, "RequestTimeTooSkewed"), "set this machine's clock", False),
        (refusal(400, "AuthorizationHeaderMalformed"), "correct the setting `region`", False),
        (refusal(418, "Teapot"), "418 Teapot", False),
        (refusal(418, f"the key {KEY}"), r"\(418\)", False),
        (refusal(429, "TooManyRequests"), "busy", True),
        (refusal(500, "InternalError"), "500 InternalError", True),
        (hang_up, "cannot be reached, or broke off", True),
    ],
)
async def test_a_refusal_says_what_to_do_and_shows_no_key(
    settings: Settings, server: FaultyS3, fault: Fault, message: str, *, retryable: bool
) -> None:
    server.always = fault
    store = S3ObjectStore(settings.model_copy(update={"max_attempts": 1}))
    for call in (store.put_new("a", b"content"), store.get("a"), anext(aiter(store.names("")))):
        with pytest.raises(StorageError, match=message) as caught:
            await call
        assert caught.value.retryable is retryable
        assert caught.value.__cause__ is not None
        _assert_shows_no_key(caught.value)
        assert settings.bucket in str(caught.value)


async def test_a_missing_bucket_is_told(settings: Settings) -> None:
    store = S3ObjectStore(settings.model_copy(update={"bucket": "nobodys-bucket"}))
    for call in (store.put_new("a", b"x"), store.get("a"), anext(aiter(store.names("")))):
        with pytest.raises(StorageError, match=r"'nobodys-bucket' at .* does not exist; create it") as caught:
            await call
        assert not caught.value.retryable
        assert not isinstance(caught.value, NotFound)


async def test_an_endpoint_that_does_not_answer_is_worth_another_try(s3_settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port, and nobody answers
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        away = s3_settings.model_copy(update={"endpoint_url": f"http://{address}", "max_attempts": 1})
        with pytest.raises(StorageError, match=rf"{address} cannot be reached.*check the network") as caught:
            await S3ObjectStore(away).put_new("a", b"x")
    assert caught.value.retryable
    _assert_shows_no_key(caught.value)


async def test_settings_and_credentials_of_the_environment_are_used(
    settings: Settings, server: FaultyS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOFTHEENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-environment")
    assert await S3ObjectStore(Settings(bucket=settings.bucket)).put_new("a", b"content") is True
    assert server.asked[-1].path == f"/{settings.bucket}/a"
    assert "Credential=AKIDOFTHEENVIRONMENT/" in server.asked[-1].headers["authorization"]
    assert "secret-of-the-environment" not in str(server.asked)


async def test_missing_credentials_and_an_unknown_profile_are_told(settings: Settings) -> None:
    bare = Settings(bucket=settings.bucket, endpoint_url=settings.endpoint_url)
    with pytest.raises(StorageError, match=r"needs credentials.*AWS_ACCESS_KEY_ID"):
        await S3ObjectStore(bare).get("a")
    with pytest.raises(StorageError, match="profile"):
        await S3ObjectStore(bare.model_copy(update={"profile": "nobody"})).get("a")


async def test_an_endpoint_of_the_environment_that_is_no_address_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")
    with pytest.raises(StorageError, match="check `endpoint_url`"):
        await S3ObjectStore(Settings(bucket=settings.bucket)).get("a")


def test_settings_show_no_secret_and_say_what_is_wrong(settings: Settings) -> None:
    assert SECRET not in repr(settings)
    assert KEY not in repr(settings)
    for wrong, message in [
        ({"access_key_id": KEY}, "go together"),
        ({"secret_access_key": SECRET}, "go together"),
        ({"endpoint_url": f"http://{KEY}:x@127.0.0.1"}, "without user and password"),
        ({"endpoint_url": "localhost:9000"}, "http:// or https://"),
        ({"prefix": "a/../b"}, "a prefix is parts"),
        ({"access_key": KEY}, "Extra inputs"),
    ]:
        with pytest.raises(ValidationError, match=message) as caught:
            Settings.model_validate({"bucket": "bucket", **wrong})
        _assert_shows_no_key(caught.value)


@pytest.mark.parametrize(("given", "kept"), [("", ""), ("/", ""), ("team", "team/"), ("/team/memory/", "team/memory/")])
def test_a_prefix_is_a_folder(given: str, kept: str) -> None:
    assert Settings(bucket="bucket", prefix=given).prefix == kept


async def test_settings_that_were_dumped_load_again(s3_settings: Settings) -> None:
    given = {"access_key_id": SecretStr(KEY), "secret_access_key": SecretStr(SECRET), "prefix": "a/b"}
    assert Settings(**Settings(bucket="bucket", **given).model_dump()).prefix == "a/b/"


def _assert_shows_no_key(error: BaseException) -> None:
    told = "".join(traceback.format_exception(error))
    assert SECRET not in told
    assert SECRET not in str(error)
    assert KEY not in str(error)
