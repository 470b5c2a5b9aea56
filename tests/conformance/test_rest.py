"""What the API's description says is what the API does: thousands of requests are made from it."""

import re
import subprocess
import sysconfig
from pathlib import Path

from tests.support.server import LIGHT, start_server

CASES = 2000
EXAMPLES = 25  # that are drawn for each door, besides those that cover its description
SEED = 20261129
CONFIG = Path(__file__).parent / "schemathesis.toml"
PATIENCE = 400  # seconds, after which something hangs


def test_no_request_meets_a_fault_or_an_answer_that_is_not_described(tmp_path):
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "rooks.md").write_text("# Rooks\n\nRooks nest in elms. The tide gauge was built in 1887.\n", "utf-8")
    settings = {"ROOKERY_SERVER__REQUESTS_PER_SECOND": "0", "ROOKERY_SERVER__SOURCE_ROOTS": f'["{papers}"]'}
    with start_server(tmp_path / "home", settings=LIGHT | settings) as server:
        told = attacked(server.url, server.token, tmp_path)
    assert told.returncode == 0, told.stdout[-20_000:]
    generated = re.search(r"(\d+) generated", told.stdout)
    assert generated
    assert int(generated[1]) >= CASES


def attacked(url: str, token: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Have schemathesis make requests to every door: those that cover the description, random ones, and chains."""
    program = Path(sysconfig.get_path("scripts")) / "schemathesis"
    options = [
        f"--header=Authorization: Bearer {token}",
        "--phases=examples,coverage,fuzzing,stateful",
        "--checks=all",
        f"--max-examples={EXAMPLES}",
        f"--seed={SEED}",
        "--request-timeout=60",
        "--workers=1",
        "--continue-on-failure",
        "--no-color",
    ]
    return subprocess.run(
        [str(program), f"--config-file={CONFIG}", "run", f"{url}/openapi.json", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
