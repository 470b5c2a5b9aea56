"""`rookery models` and `GET /v1/models`, as scripts and people meet them."""

import json
import random
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.gguf_llms import write_tiny_gemma3, write_tiny_llama
from tests.support.hub_server import TOKEN, Hub, Repository, hub_server
from tests.support.server import LIGHT, MAIN, ROOT, environment, rookery, start_server

NAME = "rooks/gull-GGUF"
WEIGHTS = random.Random(1).randbytes(400_000)
FILES = {"gull-Q4_K_M.gguf": WEIGHTS, "gull-Q8_0.gguf": random.Random(2).randbytes(1000)}
SMALL = {"ROOKERY_LLMS__LLAMA_CPP__MODEL": "mine", "ROOKERY_LLMS__LLAMA_CPP__N_CTX": "1024"}


def online(hub: Hub, **more: str) -> dict[str, str]:
    """Return the environment of a machine that may download from this hub, and from nowhere else."""
    return {
        "ROOKERY_RESEARCH__OFFLINE": "false",
        "HF_ENDPOINT": hub.url,
        "NO_PROXY": "127.0.0.1",
        "HF_TOKEN": "",
    } | more


def models(*arguments: str, home: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    return rookery("models", *arguments, home=home, settings={**LIGHT, **settings})


def told(*arguments: str, home: Path, **settings: str) -> Any:
    done = models(*arguments, "--json", home=home, **settings)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def start(*arguments: str, home: Path, **settings: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*MAIN, "models", *arguments],
        cwd=ROOT,
        env=environment(home, {**LIGHT, **settings}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a model of the person's own."""
    (tmp_path / "home" / "models").mkdir(parents=True)
    write_tiny_llama(tmp_path / "home" / "models" / "mine.gguf")
    return tmp_path / "home"


def test_a_pulled_model_is_told_and_listed_and_pulling_it_again_does_nothing(tmp_path: Path) -> None:
    write_tiny_gemma3(tmp_path / "gemma.gguf")
    repository = Repository({"gull-Q8_0.gguf": (tmp_path / "gemma.gguf").read_bytes()})
    home = tmp_path / "home"
    with hub_server({NAME: repository}) as hub:
        first = told("pull", f"{NAME}:Q8_0", home=home, **online(hub))
        again = models("pull", f"{NAME}:Q8_0", home=home, **online(hub))
    assert first["received"] == first["size"] == len(repository.files["gull-Q8_0.gguf"])
    assert first["commit"] == repository.commit
    assert "it was here already); use it with --model rooks/gull-GGUF:Q8_0" in again.stdout
    [listed] = [model for model in told("list", home=home)["models"] if model["file"]]
    assert (listed["name"], listed["file"]["architecture"]) == ("rooks/gull-GGUF:Q8_0", "gemma3")
    shown = models("list", home=home).stdout
    assert "rooks/gull-GGUF:Q8_0" in shown
    assert "context 4,096, chat template, not probed" in shown


def test_progress_goes_to_stderr(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES)}) as hub:
        done = models("pull", NAME, home=tmp_path, **online(hub))
    assert done.returncode == 0, done.stderr
    assert "fetching gull-Q4_K_M.gguf: 0 of 0 MB" in done.stderr
    assert done.stdout.startswith(str(tmp_path / "models" / "rooks--gull-GGUF" / "gull-Q4_K_M.gguf"))


def test_ctrl_c_leaves_a_part_and_the_same_command_goes_on_from_there(tmp_path: Path) -> None:
    import threading

    part = tmp_path / "models" / "rooks--gull-GGUF" / "gull-Q4_K_M.gguf.part"
    with hub_server({NAME: Repository(FILES)}) as hub:
        hub.store.gate = threading.Event()
        with start("pull", NAME, home=tmp_path, **online(hub)) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if "fetching" in line and part.is_file() and part.stat().st_size > 0:
                    break
            process.send_signal(signal.SIGINT)
            stderr = process.stderr.read()
            assert process.wait() == 130
        assert "the same command goes on from here" in stderr
        assert "Traceback" not in stderr
        begun = part.stat().st_size
        assert 0 < begun < len(WEIGHTS)
        hub.store.gate.set()
        pulled = told("pull", NAME, home=tmp_path, **online(hub))
        assert pulled["received"] == len(WEIGHTS) - begun
        assert [seen.headers.get("Range") for seen in hub.store.seen] == [None, f"bytes={begun}-"]
    assert Path(pulled["files"][0]).read_bytes() == WEIGHTS


def test_two_processes_that_pull_the_same_model_download_it_once(tmp_path: Path) -> None:
    import threading

    with hub_server({NAME: Repository(FILES)}) as hub:
        hub.store.gate = threading.Event()
        with start("pull", NAME, home=tmp_path, **online(hub)) as first:
            assert hub.store.reached.wait(60)
            with start("pull", NAME, home=tmp_path, **online(hub)) as second:
                assert second.stderr is not None
                assert "another process pulls gull-Q4_K_M.gguf; waiting for it" in second.stderr.readline()
                hub.store.gate.set()
                assert first.wait() == second.wait() == 0
                assert second.stdout is not None
                assert "it was here already" in second.stdout.read()
        assert len(hub.store.seen) == 1


def test_a_refusal_says_what_to_do_and_never_the_token(tmp_path: Path) -> None:
    with hub_server({NAME: Repository(FILES, gated=True)}, token=TOKEN) as hub:
        without = models("pull", NAME, home=tmp_path, **online(hub))
        refused = models("pull", NAME, home=tmp_path, **online(hub, HF_TOKEN=TOKEN))
    assert (without.returncode, refused.returncode) == (2, 2)
    assert f"accept its licence at {hub.url}/{NAME}; then set HF_TOKEN" in without.stderr
    assert "has not (yet) been granted access" in refused.stderr
    assert TOKEN not in refused.stderr + refused.stdout


def test_offline_nothing_is_pulled(tmp_path: Path) -> None:
    done = models("pull", NAME, home=tmp_path)
    assert done.returncode == 2
    assert "Rookery is offline" in done.stderr


def test_without_files_the_list_says_how_to_get_one(tmp_path: Path) -> None:
    shown = models("list", home=tmp_path).stdout
    assert "● " in shown
    assert "extractive" in shown
    assert "rookery models pull unsloth/gemma-3-4b-it-GGUF:Q4_K_M" in shown


def test_a_broken_file_is_listed_with_what_is_wrong_with_it(home: Path) -> None:
    (home / "models" / "half.gguf").write_bytes((home / "models" / "mine.gguf").read_bytes()[:2000])
    done = models("list", home=home)
    assert done.returncode == 0
    assert "half.gguf is not a whole GGUF model (it ends within its header)" in done.stderr
    assert "cannot be read" in done.stdout


def test_fit_tells_the_parts_and_what_to_choose(home: Path) -> None:
    judged = told("fit", "mine", "--ram", "12", home=home)
    assert judged["fits"]
    assert judged["ram_available"] == 12_000_000_000
    assert judged["ram"] == sum(size for part, size in judged["memory"].items() if not part.startswith("vram"))
    assert judged["deployment"]["n_ctx"] == 4096
    asked = ["fit", "mine", "--ctx", "2048", "--slots", "2", "--kv", "q8_0", "--ram", "12"]
    assert told(*asked, home=home)["memory"]["kv_cache"] < judged["memory"]["kv_cache"]
    assert told("fit", "mine", "--ram", "12", home=home, **SMALL)["deployment"]["n_ctx"] == 1024
    assert "n_ctx = 4096\n  slots = 8" in models("fit", "mine", "--ram", "12", home=home).stdout


def test_what_does_not_fit_ends_with_another_code(home: Path) -> None:
    done = models("fit", "mine", "--ram", "0.1", "--slots", "256", home=home)
    assert done.returncode == 1
    assert "does not fit" in done.stdout
    assert models("fit", "nobody", home=home).returncode == 2


def test_a_probe_is_made_once_and_kept(home: Path) -> None:
    pytest.importorskip("llama_cpp")
    first = told("probe", "mine", "--quick", home=home, **SMALL)
    probe = first["probe"]
    assert probe["binds_schema"]
    assert probe["actions_free"]["good"] == 0, "random weights write no valid action by themselves"
    assert probe["actions_bound"] == {"good": 2, "tried": 2}
    assert probe["json_bound"] == {"good": 2, "tried": 2}
    assert probe["prefill_tokens_per_second"] > 0
    assert [one["concurrent"] for one in probe["throughput"]] == [1, 2, 4]
    assert first["strategy"]["depth"] == "quick"
    assert told("probe", "mine", home=home, **SMALL) == first
    [kept] = (home / "models" / "probes").iterdir()
    assert json.loads(kept.read_bytes()) == probe
    assert "chat template, probed" in models("list", home=home).stdout
    assert "tokens/s together" in models("probe", "mine", home=home).stdout
    anew = told("probe", "mine", "--quick", "--again", home=home, **SMALL)
    assert anew["probe"]["probed_at"] > probe["probed_at"]


def test_what_is_no_language_model_is_not_probed(home: Path) -> None:
    done = models("probe", "extractive", home=home)
    assert done.returncode == 2
    assert "there is nothing to probe" in done.stderr


def test_the_api_lists_adapters_and_files_but_not_where_they_lie(home: Path) -> None:
    with start_server(home, settings=LIGHT) as server:
        answer = httpx.get(f"{server.url}/v1/models", headers=server.headers)
    listed = {model["id"]: model for model in answer.json()["data"]}
    assert listed["extractive"]["chosen"]
    assert listed["mine"]["details"]["architecture"] == "llama"
    assert not listed["mine"]["probed"]
    assert str(home) not in answer.text
