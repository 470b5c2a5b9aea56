"""What the name of a model means."""

from pathlib import Path

import pytest

from rookery.adapters.adapter_shelves.folder import AdapterFolder
from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.llms.openai_compatible import OpenAILLM
from rookery.adapters.llms.router import Router
from rookery.domain.errors import ConfigurationError, InvalidRequest, NotFound
from rookery.entrypoints.llms import LLMs
from rookery.entrypoints.settings import ResearchSettings, Settings
from tests.support.mind import NOON


def models(tmp_path: Path, *, fallbacks: tuple[str, ...] = (), **more: object) -> LLMs:
    research = ResearchSettings(model="extractive", fallbacks=list(fallbacks))
    settings = Settings(home=tmp_path, research=research, **more)
    offered = {"analyzer": None, "embedder": None, "home": tmp_path, "offline": True}
    return LLMs(
        settings, models=tmp_path / "models", clock=ManualClock(NOON), shelf=AdapterFolder(tmp_path), offered=offered
    )


def test_an_adapter_can_be_given_its_model_after_a_colon(tmp_path: Path) -> None:
    llm = models(tmp_path)("openai:rook-1")
    assert isinstance(llm, OpenAILLM)
    assert llm.capabilities().name == "rook-1"


def test_a_model_is_made_once(tmp_path: Path) -> None:
    llms = models(tmp_path)
    assert llms("extractive") is llms(None)


def test_fallbacks_stand_behind_every_model_but_the_one_that_needs_none(tmp_path: Path) -> None:
    llms = models(tmp_path, fallbacks=("openai:rook-1", "extractive"))
    router = llms("openai:rook-2")
    assert isinstance(router, Router)
    assert [state.name for state in router.state()] == ["openai:rook-2", "openai:rook-1", "extractive"]
    assert not isinstance(llms("extractive"), Router)


def test_a_file_that_is_not_here_is_told_with_what_there_is_and_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"rookery models pull .*take one of these: extractive"):
        models(tmp_path).check("gemma-3-4b")


def test_a_hub_reference_that_was_not_pulled_says_how(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="rookery models pull unsloth/gemma-3-4b-it-GGUF:Q4_K_M"):
        models(tmp_path).check("unsloth/gemma-3-4b-it-GGUF:Q4_K_M")


def test_wrong_settings_of_a_model_are_told_before_a_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\[llms.openai\].*max_retries"):
        models(tmp_path, llms={"openai": {"max_retries": -1}}).check("openai")


@pytest.mark.parametrize("path", ["{}/outside.gguf", "llama_cpp:{}/outside.gguf", "../outside.gguf"])
def test_callers_over_the_network_cannot_name_files(tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outside.gguf").touch()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(InvalidRequest, match="by its name, not by a path"):
        models(tmp_path).refuse_paths(path.format(tmp_path))
