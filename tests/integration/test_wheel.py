"""The wheel is whole: it runs from an empty place, without a checkout and without Node."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.support.server import CORPUS, ROOT, environment

UV = find_uv_bin()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([UV, "build", "--quiet", "--wheel", "--out-dir", str(folder)], cwd=ROOT, check=True, timeout=300)
    return next(folder.glob("rookery-*.whl"))


def test_everything_is_below_one_package_and_nothing_is_missing(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"rookery"}
    for folder in ("domain", "application", "adapters", "entrypoints"):
        here = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.py")}
        assert {f"rookery/{path}" for path in here} <= set(names)
    for file in (
        "py.typed",
        "application/prompts/plan.md",
        "adapters/orchestrators/prefect/logging.yml",
        "entrypoints/api/dashboard/index.html",
    ):
        assert f"rookery/{file}" in names


def test_it_answers_a_question_without_a_checkout_and_never_calls_node(wheel, tmp_path):
    for name in ("node", "npm", "npx"):
        trap = tmp_path / "bin" / name
        trap.parent.mkdir(exist_ok=True)
        trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/called\nexit 1\n")
        trap.chmod(0o755)
    variables = environment(tmp_path / "home") | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    variables.pop("VIRTUAL_ENV", None)
    question = (ROOT / "examples" / "question.txt").read_text("utf-8").strip()
    command = [UV, "tool", "run", "--quiet", "--python", sys.executable, "--from", str(wheel), "rookery"]
    told = subprocess.run(
        [*command, "research", question, "--source", str(CORPUS), "--json"],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert told.returncode in (0, 3), told.stderr
    result = json.loads(told.stdout)
    assert result["claims"]
    assert "searched by words only" in result["reflection_notes"]
    assert not (tmp_path / "called").exists()
