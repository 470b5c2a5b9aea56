"""Bundles of runs: sealed on one machine, checked on another."""

import asyncio
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rookery.adapters.support.zipped import read_bundle, write_bundle
from rookery.application.bundle_checks import check
from rookery.application.bundles import SealRun
from rookery.domain.bundles import MANIFEST, seal
from rookery.domain.errors import InvalidRequest
from rookery.domain.sources import text_digest
from rookery.entrypoints.container import close
from tests.support.colony import ask, make_container
from tests.support.server import CORPUS, rookery

Files = dict[str, bytes]
QUESTION = "When was the observatory founded?"


class Asked:
    """A home in which one question was asked, and the bundle of its run."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.run_id, self.files = asyncio.run(self._ask())

    async def _ask(self) -> tuple[str, Files]:
        container = make_container(self.home, embedder="hashing", vector_store="memory")
        run = await ask(container, QUESTION, CORPUS)
        _, files = await SealRun(container.run_store(), container.snapshots())(run.id)
        await close(container)
        return run.id, files


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return Asked(tmp_path_factory.mktemp("asked") / "home")


@pytest.fixture
def files(asked: Asked) -> Files:
    return dict(asked.files)


def texts(files: Files) -> list[str]:
    return sorted(name for name in files if name.startswith("snapshots/"))


def cited(files: Files) -> str:
    return f"snapshots/{json.loads(files['result.json'])['citations'][0]['source_sha256']}.json"


def test_a_bundle_is_checked_on_a_machine_that_has_nothing_else(asked, tmp_path):
    bundle = tmp_path / "run.rookery"
    told = rookery("runs", "export", asked.run_id, "-o", str(bundle), "--json", home=asked.home)
    exported = json.loads(told.stdout)
    verified = rookery("runs", "verify", str(bundle), "--json", home=tmp_path / "nowhere")
    assert verified.returncode == 0, verified.stdout
    found = json.loads(verified.stdout)
    assert (found["run_id"], found["digest"], found["faults"]) == (asked.run_id, exported["digest"], [])
    assert found["citations"] > 0
    assert not (tmp_path / "nowhere").exists()


def test_a_bundle_is_replayed_where_no_model_and_no_run_is(asked, tmp_path):
    write_bundle(tmp_path / "run.zip", asked.files)
    replayed = rookery("runs", "replay", str(tmp_path / "run.zip"), "--speed", "1000", home=tmp_path / "nowhere")
    assert "researcher-1" in replayed.stderr
    assert "[1]" in replayed.stdout
    events = json.loads(
        rookery("runs", "replay", str(tmp_path / "run.zip"), "--json", home=tmp_path / "nowhere").stdout
    )
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_the_same_run_gives_the_same_bytes(asked, tmp_path):
    for name in ("one.rookery", "two.rookery"):
        rookery("runs", "export", asked.run_id, "-o", str(tmp_path / name), home=asked.home)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.rookery", "two.rookery"))
    assert one == two
    assert read_bundle(tmp_path / "one.rookery") == asked.files


def test_a_bundle_has_what_was_said_to_the_model_and_all_texts_that_were_read(files):
    opened = check(files)
    assert opened.faults == []
    assert len(opened.snapshots) == 14
    assert {call.call.session for call in opened.calls} >= {"coordinator", "researcher-1", "writer"}
    assert all(call.call.messages and call.call.reply and call.call.json_schema for call in opened.calls)
    assert {step.step for step in opened.steps} >= {"plan", "write"}


def test_each_file_is_sealed(files):
    for name in files:
        changed = files | {name: files[name].replace(b'"', b" ", 1)}
        told = check(changed).faults
        assert any(fault.startswith(name) for fault in told), (name, told)
        if name != MANIFEST:
            assert f"{name} was changed: it is not what was sealed" in told
            assert f"{name} is missing" in check({n: c for n, c in files.items() if n != name}).faults
    assert "snapshots/x.json was put in: no seal names it" in check(files | {"snapshots/x.json": b"{}"}).faults


def test_a_manifest_whose_digest_was_changed_is_noticed(files):
    manifest = json.loads(files[MANIFEST])
    files[MANIFEST] = json.dumps(manifest | {"digest": "0" * 64}).encode()
    assert check(files).faults == ["manifest.json was changed: its digest is not that of the files that it names"]


def in_json(name: str, change: Callable[[dict], object]) -> Callable[[Files], None]:
    def tamper(files: Files) -> None:
        value = json.loads(files[name])
        change(value)
        files[name] = json.dumps(value).encode()

    return tamper


def in_lines(name: str, change: Callable[[list[dict]], object]) -> Callable[[Files], None]:
    def tamper(files: Files) -> None:
        lines = [json.loads(line) for line in files[name].splitlines()]
        change(lines)
        files[name] = "".join(json.dumps(line) + "\n" for line in lines).encode()

    return tamper


def change_a_text(files: Files) -> None:
    in_json(cited(files), lambda snapshot: snapshot.update(text=snapshot["text"] + " "))(files)


def change_a_text_and_its_digest(files: Files) -> None:
    name = cited(files)
    snapshot = json.loads(files[name])
    text = snapshot["text"].replace("e", "a")
    files[name] = json.dumps(snapshot | {"text": text, "sha256": text_digest(text)}).encode()


def drop_a_text(files: Files) -> None:
    del files[cited(files)]


def drop_the_result(files: Files) -> None:
    del files["result.json"]


def drop_the_calls(files: Files) -> None:
    del files["calls.jsonl"]


def garble_a_step(files: Files) -> None:
    files["steps.jsonl"] += b"{}\n"


def change_a_claim(files: Files) -> None:
    def change(result: dict) -> None:
        text = result["claims"][0]["text"]
        result["claims"][0]["text"] = "Nobody founded it."
        result["output"] = result["output"].replace(text, "Nobody founded it.")

    in_json("result.json", change)(files)


def change_a_quote(result: dict) -> None:
    quote = result["citations"][0]["quote"]
    result["citations"][0]["quote"] = ("X" if quote[0] != "X" else "Y") + quote[1:]


def move_a_quote(result: dict) -> None:
    for end in ("start", "end"):
        result["citations"][0][end] += 1


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (in_json("result.json", change_a_quote), "is not the quote but"),
        (in_json("result.json", move_a_quote), "is not the quote but"),
        (change_a_claim, "no event tells that this claim was verified as it stands: 'Nobody founded it.'"),
        (in_json("result.json", lambda result: result.update(output="Nothing.")), "the answer lacks a claim"),
        (in_json("result.json", lambda result: result.update(status="partial")), "result.json says partial"),
        (in_json("result.json", lambda result: result.update(task_id="0" * 32)), "result.json is of run 00000000-"),
        (in_json("result.json", lambda result: result.update(sources=[])), "is not among the sources"),
        (in_json("result.json", lambda result: result.update(claims="none")), "result.json cannot be read: claims"),
        (drop_the_result, "result.json is missing or cannot be read"),
        (in_json("run.json", lambda run: run.update(id="another")), "is of run"),
        (in_json("run.json", lambda run: run.update(question="Who?")), "do not ask the same question"),
        (in_json("run.json", lambda run: run.update(status="failed")), "run.json says that the run failed"),
        (in_lines("events.jsonl", lambda events: events.pop(3)), "where event 4 should stand, event 5 does"),
        (in_lines("events.jsonl", lambda events: events.pop()), "its events have no end"),
        (in_lines("events.jsonl", lambda events: events[2].update(run_id="another")), "event 3 is of run another"),
        (in_lines("events.jsonl", lambda events: events[2].update(type="x")), "events.jsonl, line 3 cannot be read"),
        (in_lines("calls.jsonl", lambda calls: calls.pop(0)), "where call 1 should stand, call 2 does"),
        (drop_the_calls, "calls.jsonl is missing"),
        (garble_a_step, "steps.jsonl, line"),
        (change_a_text, "sha256 is not the digest of the text"),
        (change_a_text_and_its_digest, "holds another text"),
        (drop_a_text, "its text is not in the bundle"),
    ],
)
def test_what_was_changed_and_sealed_anew_is_found_by_what_contradicts_it(asked, files, tamper, told):
    genuine = files.pop(MANIFEST)
    tamper(files)
    manifest = seal(asked.run_id, files)
    faults = check(files | {MANIFEST: manifest.model_dump_json().encode()}).faults
    assert any(told in fault for fault in faults), faults
    assert manifest.digest != json.loads(genuine)["digest"]


def test_a_tampered_bundle_ends_the_command_with_code_1_and_is_not_replayed(files, tmp_path):
    in_json("result.json", change_a_quote)(files)
    write_bundle(tmp_path / "run.rookery", files)
    told = rookery("runs", "verify", str(tmp_path / "run.rookery"), home=tmp_path)
    assert told.returncode == 1
    assert "result.json was changed" in told.stdout
    assert "is not the quote" in told.stdout
    assert rookery("runs", "replay", str(tmp_path / "run.rookery"), home=tmp_path).returncode == 2


@pytest.mark.parametrize(
    "name", ["../run.json", "/run.json", "snapshots/../run.json", "run.json/", "C:run.json", "snapshots\\x.json", ""]
)
def test_a_file_of_another_name_than_bundles_have_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"{}")
    with pytest.raises(InvalidRequest, match="which no bundle does"):
        read_bundle(tmp_path / "evil.zip")


def test_two_files_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("run.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("run.json", b"[]")
    with pytest.raises(InvalidRequest, match="two files of one name"):
        read_bundle(tmp_path / "evil.zip")


def test_a_bundle_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("events.jsonl", b"0" * 1_000_000)
    assert (tmp_path / "bomb.zip").stat().st_size < 10_000
    with pytest.raises(InvalidRequest, match="more than"):
        read_bundle(tmp_path / "bomb.zip", most=999_999)


def test_an_entry_that_lies_about_its_size_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "liar.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("events.jsonl", b"0" * 1_000_000)
    lying = (tmp_path / "liar.zip").read_bytes().replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    (tmp_path / "liar.zip").write_bytes(lying)
    with pytest.raises(InvalidRequest, match="damaged"):
        read_bundle(tmp_path / "liar.zip")


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip file at all"])
def test_what_is_no_bundle_is_refused(tmp_path, content):
    (tmp_path / "x.rookery").write_bytes(content)
    with pytest.raises(InvalidRequest, match="no bundle"):
        read_bundle(tmp_path / "x.rookery")


def test_a_bundle_that_is_not_there_and_a_place_that_cannot_be_written_are_told(asked, tmp_path):
    with pytest.raises(InvalidRequest, match="cannot be read"):
        read_bundle(tmp_path / "nothing.rookery")
    with pytest.raises(InvalidRequest, match="cannot be written"):
        write_bundle(tmp_path / "no" / "where.rookery", asked.files)
