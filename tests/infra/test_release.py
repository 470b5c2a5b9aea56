"""Releases: that the next one could be made, and what the workflows are allowed."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.server import ROOT

MAY_WRITE = {
    "docs.yml": {"pages", "id-token"},
    "release.yml": {"attestations", "contents", "id-token", "packages"},
}
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
NAMES_THE_VERSION = ["pyproject.toml", "Dockerfile", "src/rookery/__init__.py", "frontend/package.json"]


def checked(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [str(folder / "infra" / "release"), "check", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What a release is checked by, to be changed."""
    for name in [*NAMES_THE_VERSION, "CHANGELOG.md", "uv.lock", "infra/release"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    return tmp_path


def test_the_next_release_could_be_made() -> None:
    ended = checked(ROOT)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("place", NAMES_THE_VERSION[1:])
def test_a_place_that_names_another_version_is_found(tree: Path, place: str) -> None:
    text = (tree / place).read_text()
    (tree / place).write_text(text.replace("0.1.0", "0.0.9", 1))
    assert text != (tree / place).read_text()
    ended = checked(tree)
    assert ended.returncode == 1
    assert f"{place} names 0.0.9" in ended.stderr


def test_a_tag_that_the_changelog_does_not_know_is_refused(tree: Path) -> None:
    ended = checked(tree, "0.1.0")
    assert ended.returncode == 1
    assert "CHANGELOG.md tells nothing under 0.1.0" in ended.stderr


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_read_and_only_named_jobs_more(workflow: Path) -> None:
    told: dict[str, Any] = yaml.safe_load(workflow.read_text())
    assert told["permissions"] == {"contents": "read"}
    for job in told["jobs"].values():
        assert job["timeout-minutes"] <= 120
        writes = {name for name, right in job.get("permissions", {}).items() if right == "write"}
        assert writes <= MAY_WRITE.get(workflow.name, set())


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_call_recipes_and_pinned_actions(workflow: Path) -> None:
    for job in yaml.safe_load(workflow.read_text())["jobs"].values():
        for step in job["steps"]:
            if "uses" in step:
                assert re.search(r"@(v\d+|release/v1|[0-9a-f]{40})$", step["uses"]), step["uses"]
            elif "gh release" not in step["run"]:
                assert re.match(r"(make |sudo .*\.ci/run$|echo |uv tool run )", step["run"]), step["run"]
