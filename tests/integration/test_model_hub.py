"""Pulling models from a hub, here a server on this machine that speaks the real one's protocol."""

import random
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from rookery.adapters.model_hub.hub import ModelHub, Watch
from rookery.adapters.model_hub.settings import Settings
from rookery.adapters.support.download import Progress
from rookery.domain.errors import AccessDenied, AdapterError, InvalidRequest, NotFound, RookeryError, StorageError
from rookery.domain.model_names import parse_reference
from rookery.domain.models import PulledModel
from tests.support.hub_server import TOKEN, Fault, Hub, Repository, hub_server

NAME = "rooks/gull-GGUF"
FOLDER = "rooks--gull-GGUF"


def weights(seed: int, size: int = 300_000) -> bytes:
    return random.Random(seed).randbytes(size)


FILES = {
    "README.md": b"# Gull",
    "config.json": b"{}",
    "mmproj-gull-F16.gguf": weights(1),
    "gull-Q8_0.gguf": weights(2),
    "gull-Q4_K_M.gguf": weights(3),
    "gull-Q2_K.gguf": weights(4),
    "quants/gull-BF16-00001-of-00003.gguf": weights(5, 5000),
    "quants/gull-BF16-00002-of-00003.gguf": weights(6, 5000),
    "quants/gull-BF16-00003-of-00003.gguf": weights(7, 5000),
}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def pull(hub: Hub, models: Path, wanted: str = "", *, token: str | None = None, **more: Any) -> PulledModel:
    settings = Settings(url=hub.url, token=SecretStr(token) if token else None, pauses=more.pop("pauses", (0.0, 0.0)))
    return ModelHub(settings).pull(parse_reference(NAME + wanted), models, **more)


def visible(models: Path) -> list[str]:
    return sorted(path.name for path in (models / FOLDER).iterdir() if not path.name.startswith("."))


def ranges(hub: Hub) -> list[str | None]:
    return [seen.headers.get("Range") for seen in hub.store.seen]


def test_a_model_is_pulled_once_by_its_quantization(tmp_path: Path) -> None:
    told: list[Progress] = []
    with hub_server({NAME: Repository(FILES)}) as hub:
        pulled = pull(hub, tmp_path, ":q8_0", watch=Watch(progress=told.append))
        again = pull(hub, tmp_path, ":Q8_0")
    assert pulled.files == [tmp_path / FOLDER / "gull-Q8_0.gguf"]
    assert pulled.files[0].read_bytes() == FILES["gull-Q8_0.gguf"]
    assert (pulled.size, pulled.received, again.received) == (300_000, 300_000, 0)
    assert visible(tmp_path) == ["gull-Q8_0.gguf", "gull-Q8_0.gguf.json"]
    assert len(hub.store.seen) == 1
    assert told[0].received == 0
    assert told[-1] == Progress("gull-Q8_0.gguf", 300_000, 300_000)


def test_without_a_wish_a_small_and_good_quantization_is_taken(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES)}) as hub:
        assert [file.name for file in pull(hub, tmp_path).files] == ["gull-Q4_K_M.gguf"]


def test_a_file_can_be_named_and_a_split_model_comes_with_all_its_parts(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES)}) as hub:
        pulled = pull(hub, tmp_path, ":quants/gull-BF16-00001-of-00003.gguf")
        assert pull(hub, tmp_path, ":BF16").received == 0
    assert [file.name for file in pulled.files] == [f"gull-BF16-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    assert b"".join(file.read_bytes() for file in pulled.files) == b"".join(
        data for name, data in sorted(FILES.items()) if "BF16" in name
    )


def test_a_small_file_is_checked_by_what_git_calls_its_content(tmp_path: Path) -> None:
    with hub_server({NAME: Repository({"gull.gguf": b"tiny"})}) as hub:
        assert pull(hub, tmp_path).files[0].read_bytes() == b"tiny"
        assert hub.store.seen == []


def test_the_token_is_sent_to_the_hub_and_never_to_its_store(tmp_path: Path) -> None:
    repository = Repository(FILES, gated=True, granted=(TOKEN,))
    with hub_server({NAME: repository}, token=TOKEN) as hub:
        pull(hub, tmp_path, token=TOKEN)
    assert {seen.headers.get("Authorization") for seen in hub.seen} == {f"Bearer {TOKEN}"}
    assert [seen.headers.get("Authorization") for seen in hub.store.seen] == [None]
    assert all(TOKEN not in path.read_text() for path in (tmp_path / FOLDER).glob("*.json"))


def test_address_and_token_come_from_the_variables_of_hugging_face(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    settings = Settings()
    assert settings.url == "http://127.0.0.1:1"
    assert settings.token is not None
    assert settings.token.get_secret_value() == TOKEN
    assert TOKEN not in repr(settings)


def test_a_download_that_breaks_off_goes_on_from_there_in_the_same_call(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES)}) as hub:
        hub.store.faults += [Fault("cut", 100_000), Fault("cut", 50_000), Fault("status", 503)]
        pulled = pull(hub, tmp_path, pauses=(0.0, 0.0))
    assert ranges(hub) == [None, "bytes=100000-", "bytes=150000-", "bytes=150000-"]
    assert pulled.files[0].read_bytes() == FILES["gull-Q4_K_M.gguf"]


def test_a_download_that_broke_off_goes_on_from_there_in_the_next_call(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES)}) as hub:
        hub.store.faults.append(Fault("cut", 100_000))
        with pytest.raises(AdapterError, match="pull it again, it goes on where it broke off") as caught:
            pull(hub, tmp_path, pauses=())
        assert caught.value.retryable
        assert visible(tmp_path) == ["gull-Q4_K_M.gguf.part", "gull-Q4_K_M.gguf.part.json"]
        pulled = pull(hub, tmp_path)
    assert pulled.received == 200_000
    assert ranges(hub) == [None, "bytes=100000-"]
    assert pulled.files[0].read_bytes() == FILES["gull-Q4_K_M.gguf"]
    assert visible(tmp_path) == ["gull-Q4_K_M.gguf", "gull-Q4_K_M.gguf.json"]


def test_a_part_of_a_file_that_was_changed_meanwhile_is_begun_anew(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES)}) as hub:
        hub.store.faults.append(Fault("cut", 100_000))
        with pytest.raises(AdapterError):
            pull(hub, tmp_path, pauses=())
        hub.repositories[NAME] = Repository(FILES | {"gull-Q4_K_M.gguf": weights(33)})
        pulled = pull(hub, tmp_path)
    assert ranges(hub) == [None, None]
    assert pulled.files[0].read_bytes() == weights(33)


def test_a_model_that_was_changed_is_pulled_anew_and_replaced_when_it_is_whole(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES)}) as hub:
        [path] = pull(hub, tmp_path).files
        hub.repositories[NAME] = Repository(FILES | {"gull-Q4_K_M.gguf": weights(33)})
        hub.store.faults.append(Fault("cut", 100_000))
        with pytest.raises(AdapterError):
            pull(hub, tmp_path, pauses=())
        assert path.read_bytes() == FILES["gull-Q4_K_M.gguf"]
        pull(hub, tmp_path)
    assert path.read_bytes() == weights(33)


def test_a_store_that_heeds_no_ranges_sends_the_whole_again(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES)}) as hub:
        hub.store.faults += [Fault("cut", 100_000), Fault("no ranges")]
        pulled = pull(hub, tmp_path)
    assert pulled.files[0].read_bytes() == FILES["gull-Q4_K_M.gguf"]


def test_a_part_that_was_damaged_on_the_disk_is_noticed_and_got_again(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES)}) as hub:
        hub.store.faults.append(Fault("cut", 100_000))
        with pytest.raises(AdapterError):
            pull(hub, tmp_path, pauses=())
        part = tmp_path / FOLDER / "gull-Q4_K_M.gguf.part"
        part.write_bytes(b"\0" * 100_000)
        pulled = pull(hub, tmp_path)
    assert ranges(hub) == [None, "bytes=100000-", None]
    assert pulled.files[0].read_bytes() == FILES["gull-Q4_K_M.gguf"]


def test_a_file_that_is_not_the_one_the_hub_announced_never_gets_its_name(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES)}) as hub:
        pull(hub, tmp_path, ":Q8_0")
        oid = Repository(FILES).entry("gull-Q2_K.gguf")["lfs"]
        assert isinstance(oid, dict)
        hub.store.blobs[oid["oid"]] = weights(99)
        with pytest.raises(AdapterError, match="is not the published file: its SHA-256") as caught:
            pull(hub, tmp_path, ":Q2_K")
    assert not caught.value.retryable
    assert not list((tmp_path / FOLDER).glob("gull-Q2_K.gguf"))
    assert not list((tmp_path / FOLDER).glob("*.part"))


def test_a_model_that_came_another_way_is_recognised(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "gull-Q8_0.gguf").write_bytes(FILES["gull-Q8_0.gguf"])
    (tmp_path / FOLDER / "gull-Q2_K.gguf").write_bytes(weights(99))
    with hub_server({NAME: Repository(FILES)}) as hub:
        assert pull(hub, tmp_path, ":Q8_0").received == 0
        assert pull(hub, tmp_path, ":Q2_K").received == 300_000


@pytest.mark.parametrize(
    ("token", "granted", "kind", "message"),
    [
        (None, (), AccessDenied, "is gated: accept its licence at http://[^ ]+/rooks/gull-GGUF; then set HF_TOKEN"),
        (TOKEN, (), AccessDenied, "belongs to somebody who has not .* been granted access"),
        ("hf_wrong", (), AccessDenied, "does not accept the token in HF_TOKEN"),
    ],
)
def test_a_gated_model_says_what_to_do(
    tmp_path: Path, token: str | None, granted: tuple[str, ...], kind: type[RookeryError], message: str
) -> None:
    with (
        hub_server({NAME: Repository(FILES, gated=True, granted=granted)}, token=TOKEN) as hub,
        pytest.raises(kind, match=message) as caught,
    ):
        pull(hub, tmp_path, token=token)
    assert TOKEN not in str(caught.value)
    assert "hf_wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("repositories", "wanted", "more", "message"),
    [
        ({}, "", {}, "there is no repository .*/rooks/gull-GGUF, or it is private; check its name, or set HF_TOKEN"),
        ({}, "", {"token": TOKEN}, "there is no repository .*/rooks/gull-GGUF, or it is private; check its name$"),
        ({NAME: FILES}, "", {"revision": "v9"}, "has no revision 'v9'"),
        ({NAME: FILES}, ":Q6_K", {}, "holds no Q6_K; it holds Q2_K, Q4_K_M, Q8_0, BF16"),
        ({NAME: {"README.md": b"#"}}, "", {}, "holds no GGUF file; look for a repository whose name ends in -GGUF"),
    ],
)
def test_what_is_not_there_is_told(
    tmp_path: Path, repositories: dict[str, dict[str, bytes]], wanted: str, more: dict[str, Any], message: str
) -> None:
    with (
        hub_server({name: Repository(files) for name, files in repositories.items()}) as hub,
        pytest.raises(NotFound, match=message),
    ):
        pull(hub, tmp_path, wanted, **more)
    assert not (tmp_path / FOLDER).exists()


def test_two_models_of_one_quantization_must_be_told_apart(tmp_path: Path) -> None:
    files = {"a-Q4_0.gguf": weights(1), "b-Q4_0.gguf": weights(2)}
    with hub_server({NAME: Repository(files)}) as hub:
        with pytest.raises(InvalidRequest, match=r"a-Q4_0\.gguf, b-Q4_0\.gguf; name one"):
            pull(hub, tmp_path, ":Q4_0")
        assert pull(hub, tmp_path, ":b-Q4_0.gguf").files[0].read_bytes() == weights(2)


def test_a_disk_that_is_too_small_is_told_before_anything_comes(tmp_path: Path) -> None:
    class Huge(Repository):
        def entry(self, path: str) -> dict[str, Any]:
            entry = super().entry(path)
            return entry | {"lfs": {"oid": "ab" * 32, "size": 10**15}}

    with (
        hub_server({NAME: Huge({"gull.gguf": weights(1)})}) as hub,
        pytest.raises(StorageError, match=r"GB free and 1000000\.0 GB must come"),
    ):
        pull(hub, tmp_path)
    assert hub.asked("GET", "/resolve/") == []


def test_a_name_that_is_unfit_for_a_disk_is_refused(tmp_path: Path) -> None:
    with (
        hub_server({NAME: Repository({"quants/.hidden.gguf": weights(1)})}) as hub,
        pytest.raises(AdapterError, match="unfit for a disk"),
    ):
        pull(hub, tmp_path)
    assert list(tmp_path.rglob("*.gguf")) == []


def test_a_list_that_goes_on_elsewhere_does_not_take_the_token_there(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES)}) as other, hub_server({NAME: Repository(FILES)}) as hub:
        hub.pages_at = other.url
        with pytest.raises(AdapterError, match="continues its list on another host"):
            pull(hub, tmp_path, token=TOKEN)
    assert other.seen == []


def test_a_hub_that_is_away_is_worth_another_try(tmp_path: Path) -> None:
    with hub_server({}) as hub:
        pass
    with pytest.raises(AdapterError, match="cannot be reached") as caught:
        pull(hub, tmp_path)
    assert caught.value.retryable


def test_a_server_that_is_no_hub_is_told(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES)}) as hub:
        hub.nonsense = b"<!doctype html>"
        with pytest.raises(AdapterError, match="does not answer as a hub; check HF_ENDPOINT"):
            pull(hub, tmp_path)
