"""The image at work, on a real engine. `infra/docker/test-image` builds it, then runs this.

It needs the names of two images: ROOKERY_TEST_IMAGE, and ROOKERY_TEST_IMAGE_MESA for the same with Mesa's drivers; and
in ROOKERY_TEST_MODEL the small model that `make model` trains.
"""

import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.engine import command, docker, serving, volume, wait_for
from tests.support.gguf_files import write_tiny_bert

if "ROOKERY_TEST_IMAGE" not in os.environ:
    pytest.skip("there is no image to test: infra/docker/test-image builds it (minutes)", allow_module_level=True)

IMAGE = os.environ["ROOKERY_TEST_IMAGE"]
MESA = os.environ.get("ROOKERY_TEST_IMAGE_MESA", "")
MODEL = os.environ.get("ROOKERY_TEST_MODEL", "")
QUESTION = "Who built the tide gauge?"
DECODING = {
    "ROOKERY_LLMS__LLAMA_CPP__LOAD_TIMEOUT_SECONDS": "1800",  # the software device compiles shaders first
    "ROOKERY_LLMS__LLAMA_CPP__N_CTX": "2048",
    "ROOKERY_RESEARCH__FALLBACKS": "[]",
}
FINISHED = ("succeeded", "partial", "failed", "cancelled")
MOST_MB = 1100
TOKEN = re.compile(r"#token=(\S+)")


@pytest.fixture
def home() -> Iterator[str]:
    with volume() as name:
        yield name


def ended(client: httpx.Client, run: str) -> dict[str, Any]:
    """Wait for a run's end and return it."""
    wait_for(lambda: client.get(f"/v1/runs/{run}").json()["status"] in FINISHED, "the run's end")
    return client.get(f"/v1/runs/{run}").json()


def test_it_is_as_large_as_the_docs_say_and_runs_as_nobody_in_particular() -> None:
    image = json.loads(docker("image", "inspect", IMAGE))[0]
    assert image["Size"] < MOST_MB * 1_000_000
    assert image["Config"]["User"] == "10001:10001"
    assert image["Config"]["StopSignal"] == "SIGTERM"
    assert image["Config"]["Healthcheck"]["Test"]
    assert "/var/lib/rookery" in image["Config"]["Volumes"]


def test_it_becomes_healthy_and_answers_with_quotes(home: str) -> None:
    with serving(IMAGE, home, {}) as container:
        container.wait_until_healthy()
        with container.client(TOKEN.search(container.logs())[1]) as client:  # type: ignore[index]
            asked = {"question": QUESTION, "sources": ["kittiwake-point"]}
            run = client.post("/v1/research", json=asked).raise_for_status().json()["task_id"]
            result = ended(client, run)["result"]
            assert client.get("/").text.startswith("<!doctype html>")
        assert result["status"] == "succeeded"
        assert result["citations"]
        verified = json.loads(docker("exec", container.id, "rookery", "runs", "verify", run, "--json"))
        assert verified["citations"] > 0
        assert verified["faults"] == []


def test_sigterm_in_the_middle_of_a_run_loses_nothing(home: str, model: str, world: tuple[Path, str]) -> None:
    folder, question = world
    mounts = [f"{folder}:/documents/world:ro"]
    given = DECODING | {"ROOKERY_RESEARCH__MODEL": model, "ROOKERY_SERVER__PARALLEL_RUNS": "1"}
    with serving(IMAGE, home, given, mounts) as container:
        container.wait_until_healthy()
        token = TOKEN.search(container.logs())[1]  # type: ignore[index]
        with container.client(token) as client:
            asked = {"question": question, "sources": ["world"]}
            run = client.post("/v1/research", json=asked).raise_for_status().json()["task_id"]
            with client.stream("GET", f"/v1/runs/{run}/events", timeout=300) as events:
                for line in events.iter_lines():
                    if line == "event: step_started":
                        docker("kill", "--signal", "TERM", container.id)
                        break
        code = docker("wait", container.id)
        assert code in ("0", "143")
        assert not container.state()["OOMKilled"]
    with serving(IMAGE, home, given, mounts) as container:
        container.wait_until_healthy()
        with container.client(token) as client:
            left = client.get(f"/v1/runs/{run}").json()
            assert left["status"] == "interrupted"
            client.post(f"/v1/runs/{run}/resume").raise_for_status()
            whole = ended(client, run)
            events = client.get(f"/v1/runs/{run}/events").text
        assert whole["status"] in ("succeeded", "partial")
        numbers = [int(number) for number in re.findall(r"^id: (\d+)", events, re.MULTILINE)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert "event: run_resumed" in events


def test_it_says_which_devices_there_are_and_answers_on_each(home: str, model: str, world: tuple[Path, str]) -> None:
    """The home goes from one machine to the other, as a volume does: what was found out there does not hold here."""
    folder, question = world
    software = {"GGML_VK_VISIBLE_DEVICES": "0"}  # it would be left out unless it is named
    mounts = [f"{folder}:/documents/world:ro"]
    for image, shown, device in ((IMAGE, {}, "CPU"), (MESA, software, "Vulkan0"), (IMAGE, {}, "CPU")):
        given = {**shown, **DECODING, "ROOKERY_RESEARCH__MODEL": model}
        found = _findings(command(image, home, "doctor", given=given, mounts=mounts))
        assert ("Vulkan0 (llvmpipe" in found["llama.cpp"]) is (device == "Vulkan0"), found["llama.cpp"]
        assert ("no GPU found" in found["llama.cpp"]) is (device == "CPU"), found["llama.cpp"]
        asked = ("research", question, "--source", "/documents/world", "--depth", "quick", "--namespace", device)
        result = command(image, home, *asked, given=given, mounts=mounts)
        assert result["status"] == "succeeded"
        assert "lookup" in result["model"]
        assert result["usage"]["completion_tokens"] > 0
        found = _findings(command(image, home, "doctor", given=given, mounts=mounts))
        assert f"on {device}" in found["model"], found["model"]


def test_it_embeds_by_llama_cpp(home: str, tmp_path: Path) -> None:
    write_tiny_bert(tmp_path / "tiny.gguf")
    given = {"ROOKERY_RESEARCH__EMBEDDER": "llama_cpp", "ROOKERY_EMBEDDERS__LLAMA_CPP__MODEL": "/models/tiny.gguf"}
    found = _findings(
        command(IMAGE, home, "doctor", given=given, mounts=[f"{tmp_path / 'tiny.gguf'}:/models/tiny.gguf:ro"])
    )
    assert "gguf:tiny@" in found["embedder"]


def test_the_same_files_are_in_both_images() -> None:
    layers = [json.loads(docker("image", "inspect", image))[0]["RootFS"]["Layers"] for image in (IMAGE, MESA)]
    assert layers[1][: len(layers[0])] == layers[0]


def _findings(told: dict[str, Any]) -> dict[str, str]:
    return {finding["name"]: finding["detail"] for finding in told["findings"]}


@pytest.fixture
def model(home: str) -> str:
    """The name of the small model, which lies in the home's folder of models."""
    copied = "mkdir -p models && cp /model models/lookup.gguf"
    places = ("--volume", f"{home}:/var/lib/rookery", "--volume", f"{MODEL}:/model:ro")
    docker("run", "--rm", *places, "--workdir", "/var/lib/rookery", "--entrypoint", "sh", IMAGE, "-c", copied)
    return "lookup.gguf"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Documents of the kind that the model has learnt to read, and a question about them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[2] / "benchmarks" / "lookup")
        from worlds import make_world
    folder = tmp_path_factory.mktemp("documents") / "world"
    world = make_world(random.Random(1_000_000), places=12, facts=4)
    world.write(folder)
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    return folder, next(iter(world.questions(1, 0))).text
