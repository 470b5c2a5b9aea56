"""What `rookery init` writes, and what becomes of a key that nobody knows."""

import re
import tomllib

import pytest

from rookery.domain.errors import ConfigurationError
from rookery.entrypoints.cli.setup import TEMPLATE
from rookery.entrypoints.settings import Settings, load_settings


def test_what_is_commented_out_are_settings_that_exist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written = re.sub(r"^# (?=\[|[a-z_]+ = )", "", TEMPLATE, flags=re.MULTILINE)
    (tmp_path / "rookery.toml").write_text(written)
    told = tomllib.loads(written)
    assert len(told) >= 12
    settings = load_settings()
    assert settings.approvals == Settings().approvals
    assert settings.mcpServers["files"]["command"] == "npx"


def test_a_key_that_nobody_knows_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rookery.toml").write_text("[server]\nprot = 8400\n")
    with pytest.raises(ConfigurationError, match=r"server\.prot"):
        load_settings()
