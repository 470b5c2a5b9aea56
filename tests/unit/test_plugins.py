"""Adapters are found by name and get what their constructors name."""

from pathlib import Path

import pytest

from rookery.domain.errors import ConfigurationError
from rookery.entrypoints import plugins
from rookery.entrypoints.roster import roster
from rookery.entrypoints.settings import AgentSettings, Settings, load_settings, settings_file


def test_every_registered_adapter_can_be_imported():
    for group in plugins.GROUPS:
        for name, entry in plugins.available(group).items():
            assert callable(entry.load()), (group, name)


def test_an_unknown_adapter_is_refused_with_the_names_there_are():
    with pytest.raises(ConfigurationError, match="no llm 'gpt'; there are: extractive"):
        plugins.build("llms", "gpt", settings={}, offered={})


def test_wrong_settings_of_an_adapter_name_their_key():
    with pytest.raises(ConfigurationError, match=r"\[orchestrators.local\].*parallel"):
        plugins.build("orchestrators", "local", settings={"parallel": 0}, offered={"run_store": None, "home": Path()})


def test_the_environment_overrides_the_file_and_flags_override_both(tmp_path, monkeypatch):
    (tmp_path / "rookery.toml").write_text('[server]\nport = 1\nhost = "::1"\n[research]\nlanguage = "german"\n')
    (tmp_path / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "down")
    monkeypatch.setenv("ROOKERY_SERVER__PORT", "2")
    settings = load_settings(home=tmp_path)
    assert (settings.server.port, settings.server.host, settings.research.language) == (2, "::1", "german")
    assert settings.home == tmp_path
    assert settings_file(Path.cwd()) == tmp_path / "rookery.toml"


@pytest.mark.parametrize("content", ["[server]\nport = 'x'\n", "[sevrer]\nport = 1\n", "not toml"])
def test_a_wrong_settings_file_is_a_clear_error(tmp_path, monkeypatch, content):
    (tmp_path / "rookery.toml").write_text(content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"server\.port|sevrer|cannot be read"):
        load_settings()


def test_a_home_in_the_folder_of_the_user_is_found_there(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings(home=Path("~/rook")).home == tmp_path / "rook"


def test_agents_are_changed_by_settings_and_unknown_ones_are_told():
    agents = roster(Settings(agents={"writer": AgentSettings(lora="style", memory="private")}), ["search_documents"])
    assert (agents["writer"].lora, agents["writer"].memory, agents["writer"].priority) == ("style", "private", 5)
    assert agents["critic"].lora is None
    with pytest.raises(ConfigurationError, match="scribe; there are: coordinator"):
        roster(Settings(agents={"scribe": AgentSettings()}), ["search_documents"])
