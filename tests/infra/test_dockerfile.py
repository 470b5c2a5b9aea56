"""The Dockerfile, without an engine."""

import re
import subprocess

from tests.support.server import ROOT

DOCKERFILE = ROOT / "Dockerfile"


def test_hadolint_finds_nothing() -> None:
    subprocess.run(["hadolint", "--failure-threshold", "info", str(DOCKERFILE)], check=True)


def test_bases_are_named_with_their_versions() -> None:
    bases = [line.split()[1] for line in DOCKERFILE.read_text().splitlines() if line.startswith("FROM ")]
    outer = [base for base in bases if ":" in base]
    assert len(outer) >= 3
    for base in outer:
        assert re.search(r":\d+\.\d+\.\d+(-slim)?-trixie(-slim)?$", base), base


def test_what_is_not_the_image_s_business_does_not_come_to_the_engine() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert "!." not in ignored
    assert not [line for line in ignored if line.startswith("!") and line.removeprefix("!").startswith((".", "tests"))]


def test_scripts_of_the_image_pass_shellcheck() -> None:
    scripts = [ROOT / "infra/docker" / name for name in ("engine", "stand-in-bases", "test-image")]
    subprocess.run(["shellcheck", *scripts, ROOT / "infra/llama/build-portable"], check=True)
