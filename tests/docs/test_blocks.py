"""Every block of code of the README and of `docs/` is run, or, where it cannot be, looked at as closely as can be."""

import json
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from pydantic import TypeAdapter

from infra.docs.reference.settings import sections
from rookery.entrypoints.cli.app import build
from rookery.entrypoints.plugins import GROUPS
from rookery.entrypoints.settings import load_settings
from tests.support import doc_stand_ins as stand_ins
from tests.support.colony import make_container
from tests.support.doc_blocks import Block, Command, all_blocks, blocks_of, calls, pages
from tests.support.doc_stage import Stage, says
from tests.support.server import ROOT

Set = Callable[[], AbstractContextManager[stand_ins.StandIns]]
MEETS: Mapping[str, Set] = {
    "README.md": stand_ins.team_and_web,
    "docs/integrations.md": stand_ins.team,
    "docs/guides/github.md": stand_ins.github,
    "docs/guides/jira.md": stand_ins.jira,
    "docs/guides/notion.md": stand_ins.notion,
    "docs/guides/local-model.md": stand_ins.model,
    "docs/guides/weaviate.md": stand_ins.weaviate,
    "docs/guides/pinecone.md": stand_ins.pinecone,
    "docs/guides/s3.md": stand_ins.bucket,
    "docs/memory.md": stand_ins.shared_folder,
    "docs/web.md": stand_ins.search_engine,
}
SERVED = {"README.md", "docs/agents.md", "docs/api.md"}
APPLIES_ITS_SETTINGS = {
    *("docs/guides/weaviate.md", "docs/guides/pinecone.md", "docs/guides/s3.md", "docs/memory.md", "docs/budgets.md")
}
LANGUAGES = {"console", "python", "toml", "json", "hcl", "mermaid", "text"}
MOST_PARSED = 32
"""How many blocks may have something in them that is not run. Whoever needs more has to say so here."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("docs"))
    yield stage
    stage.close()


def of(*languages: str) -> Any:
    blocks = all_blocks(*languages)
    return pytest.mark.parametrize("block", blocks, ids=[block.name for block in blocks])


@pytest.mark.parametrize("page", [page for page in pages() if any(b.language == "console" for b in blocks_of(page))])
def test_consoles_and_programs_do_what_the_page_says(page: str, stage: Stage) -> None:
    blocks = list(blocks_of(page))
    commands = [command for block in blocks if block.language == "console" for command in block.commands()]
    _need(commands)
    with stage.set_up(page, served=page in SERVED) as player, MEETS.get(page, stand_ins.nothing)() as others:
        player.meet(others)
        for block in blocks:
            if block.language == "toml":
                player.put_down(block.text, apply=page in APPLIES_ITS_SETTINGS)
            elif block.language == "python":
                player.run_python(block.text)
        faults = player.play([command for command in commands if command.runs])
    assert not faults, "\n".join(faults)


def _need(commands: list[Command]) -> None:
    for program in ("jq", "curl"):
        wanted = any(re.search(rf"\b{program} ", command.text) for command in commands if command.runs)
        if wanted and not shutil.which(program):
            pytest.skip(f"{program} is not installed")


@of("console")
def test_commands_are_ones_that_there_are(block: Block) -> None:
    for command in block.commands():
        for call in calls(command.text):
            CHECKS.get(call[0], lambda call: None)(call)


def _rookery(call: list[str]) -> None:
    """Have the command line's own parser read a call; it raises for what it does not know."""
    command: Any = typer.main.get_command(build())
    context, rest = command.make_context("rookery", call[1:]), call[1:]
    while hasattr(command, "commands"):
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, list(rest), parent=context)


def _pip(call: list[str]) -> None:
    extras = set(_project()["optional-dependencies"])
    for named in re.findall(r"rookery\[([\w,]+)\]", " ".join(call)):
        assert set(named.split(",")) <= extras, call


def _make(call: list[str]) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert next(word for word in call[1:] if "=" not in word) in targets, call


def _compose(call: list[str]) -> None:
    if call[1] != "compose":
        return
    file = call[call.index("-f") + 1]
    services = yaml.safe_load((ROOT / file).read_text())["services"].values()
    profiles = {profile for service in services for profile in service.get("profiles", [])}
    named = {after for word, after in pairwise(call) if word == "--profile"}
    assert named <= profiles, call


def _file(call: list[str]) -> None:
    assert (ROOT / call[0]).is_file(), call


def _python(call: list[str]) -> None:
    if call[1].endswith(".py"):
        _file(call[1:])


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


CHECKS: Mapping[str, Callable[[list[str]], None]] = {
    "rookery": _rookery,
    "pip": _pip,
    "make": _make,
    "docker": _compose,
    "python": _python,
    "infra/llama/build-vulkan": _file,
}


@of("toml")
def test_toml_is_what_its_loader_takes(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = tomllib.loads(block.text)
    if "project" in shown:
        assert {name.removeprefix("rookery.") for name in shown["project"]["entry-points"]} <= set(GROUPS)
        return
    if "goal" in shown:
        _takes_agent(block, tmp_path)
        return
    (tmp_path / "rookery.toml").write_text(block.text)
    monkeypatch.chdir(tmp_path)
    load_settings()
    for name, model in sections():
        for values in _sections_of(shown, name.split(".")):
            model.model_validate(values)


def _sections_of(shown: dict[str, Any], path: list[str]) -> Iterator[dict[str, Any]]:
    """Return the tables of a TOML text that a section's name stands for; NAME is any."""
    if not path:
        yield shown
        return
    names = list(shown) if path[0] == "NAME" else [path[0]]
    for name in names:
        if isinstance(shown.get(name), dict):
            yield from _sections_of(shown[name], path[1:])


def _takes_agent(block: Block, home: Path) -> None:
    name = re.match(r"# agents/(\w+)\.toml\n", block.text)
    assert name, f"{block.name}: an agent's file begins with its name"
    (home / "agents").mkdir()
    (home / "agents" / f"{name[1]}.toml").write_text(block.text)
    settings = [tomllib.loads(other.text) for other in blocks_of(block.page) if other.language == "toml"]
    servers = {name: values for one in settings for name, values in one.get("mcpServers", {}).items()}
    assert name[1] in make_container(home, settings={"mcpServers": servers}).agents()


@of("json")
def test_json_is_what_its_schema_says(block: Block) -> None:
    shown = json.loads(block.text)
    if block.schema:
        from rookery.entrypoints.api import schemas

        TypeAdapter(getattr(schemas, block.schema)).validate_python(shown)
    for server in shown.get("mcpServers", {}).values():
        if "command" in server:
            _rookery([server["command"], *server["args"]])


@of("hcl")
def test_terraform_is_well_formed_and_names_variables_that_there_are(block: Block) -> None:
    if shutil.which("terraform"):
        subprocess.run(["terraform", "fmt", "-check", "-"], input=block.text, text=True, check=True)
    source = re.search(r"//(infra/terraform/\w+)\?", block.text)
    assert source
    declared = "".join(path.read_text() for path in (ROOT / source[1]).glob("*.tf"))
    for name in set(re.findall(r"^  (\w+) +=", block.text, re.MULTILINE)) - {"source"}:
        assert f'variable "{name}"' in declared, name


@pytest.mark.parametrize("page", pages())
def test_blocks_are_of_a_kind_that_is_tested(page: str) -> None:
    for block in blocks_of(page):
        assert block.language in LANGUAGES, f"{block.name}: no test knows what to do with {block.language!r}"
        assert block.reason is not None
    assert len(list(blocks_of(page))) == len(re.findall(r"^ *```\w", (ROOT / page).read_text("utf-8"), re.MULTILINE))


def test_blocks_that_are_not_run_are_few() -> None:
    reasons = Counter(block.reason for block in all_blocks(*LANGUAGES) if block.reason)
    assert 0 < sum(reasons.values()) <= MOST_PARSED, reasons


def test_a_comment_that_nobody_understands_is_refused() -> None:
    for note in ("parsed, no reason that we know", "skipped", "without rookery serve"):
        with pytest.raises(ValueError, match="is not among the comments"):
            _ = Block("docs/x.md", 1, "console", "$ rookery version\n", note).reason


def test_commands_are_found_with_what_they_print() -> None:
    text = "$ rookery runs list | jq -r \\\n    .x   # why\nout\n$ A=b rookery doctor && echo '#team'\n"
    first, second = Block("docs/x.md", 1, "console", text, "without A=b, needs root").commands()
    assert (first.prints, first.runs, second.runs) == ("out\n", True, False)
    assert list(calls(first.text)) == [["rookery", "runs", "list"], ["jq", "-r", ".x"]]
    assert list(calls(second.text)) == [["rookery", "doctor"], ["echo", "#team"]]


@pytest.mark.parametrize("words", ["rookery reserach x", "rookery research x --dept deep", "rookery runs show"])
def test_a_command_that_there_is_not_is_noticed(words: str) -> None:
    with pytest.raises(Exception, match=r"(?i)no such|missing|option"):
        _rookery(words.split())


def test_what_is_shown_is_compared_but_for_white_space() -> None:
    assert says("a   b\nc  d", "a b\n…\nd")
    assert not says("a b c", "a …\nx")
