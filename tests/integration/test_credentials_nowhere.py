"""Credentials that reach Rookery are nowhere afterwards: the bytes of all that it wrote and said are searched."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from rookery.adapters.support.zipped import write_bundle
from rookery.application.bundles import SealRun
from rookery.application.reports import as_html, as_markdown
from rookery.domain.errors import InvalidRequest
from rookery.domain.events import ToolReturned
from rookery.domain.memories import NewMemory
from rookery.domain.redaction import redact
from rookery.domain.runs import Run
from rookery.entrypoints.container import Container, close, prepare
from rookery.entrypoints.settings import ResearchSettings, Settings, SyncSettings
from tests.attacks.credentials import CONTEXTS, PLAIN, TOKENS, Draw
from tests.support import bad_models as models
from tests.support.colony import ask
from tests.support.openai_chat import Chat, Reply
from tests.support.openai_server import openai_server
from tests.support.s3_server import KEY as S3_KEY
from tests.support.s3_server import SECRET as S3_SECRET
from tests.support.searching_bytes import forms, places
from tests.support.server import LIGHT, ROOT, rookery, start_server
from tests.support.web_server import WebServer

pytestmark = pytest.mark.anyio

_TOOL = """
from pydantic import BaseModel, Field
from rookery.domain.errors import ToolError
from rookery.domain.ports.tool import Outcome, Tool
from rookery.domain.provenance import Origin, OriginKind

class Query(BaseModel):
    query: str = Field(min_length=1)

class Gossip(Tool):
    name = "gossip"
    description = "look up what is told"
    effect = "read"
    arguments = Query
    calls = 0

    async def __call__(self, arguments, scope):
        Gossip.calls += 1
        if Gossip.calls > 1:
            raise ToolError("refused: TOOL_ERROR")
        origins = [Origin(kind=OriginKind.TOOL, place="https://x.example/?token=TOOL_PLACE", title="TOOL_TITLE")]
        return Outcome(summary="told TOOL_SUMMARY", text="It is told that TOOL_TEXT opens it.", origins=origins)
"""


class Plants:
    """A credential for each place, so that a leak tells where it came from."""

    def __init__(self) -> None:
        self._draw = Draw(77)
        self.secrets: dict[str, str] = {}

    def __getitem__(self, place: str) -> str:
        """Return the credential of a place, in the form in which it stands there alone."""
        if place not in self.secrets:
            kinds = [kind for kind in TOKENS if kind not in ("slack webhook", "age")]
            self.secrets[place] = TOKENS[kinds[len(self.secrets) % len(kinds)]](self._draw)
        return self.secrets[place]

    def within(self, place: str, kind: str) -> str:
        """Return a text in which a credential of a kind stands as it usually does."""
        text, parts = CONTEXTS[kind](self._draw)
        self.secrets |= {f"{place}, {kind} {number}": part for number, part in enumerate(parts)}
        return text


def install_gossip(folder: Path, plants: Plants, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a tool whose every word has a credential in it."""
    distribution = folder / "gossip-1.0.dist-info"
    distribution.mkdir(parents=True)
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: gossip\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text("[rookery.tools]\ngossip = gossiping:Gossip\n")
    code = _TOOL
    for place in ("TOOL_ERROR", "TOOL_PLACE", "TOOL_TITLE", "TOOL_SUMMARY", "TOOL_TEXT"):
        code = code.replace(place, plants[place])
    (folder / "gossiping.py").write_text(code)
    monkeypatch.delitem(sys.modules, "gossiping", raising=False)
    monkeypatch.syspath_prepend(str(folder))


def project(folder: Path, plants: Plants) -> Path:
    """Make a working directory with an agent and a document."""
    (folder / "agents").mkdir(parents=True)
    (folder / "agents" / "keeper.toml").write_text(
        f"goal = 'Find when the archive opens; its key is {plants['goal']}.'\n"
        'tools = ["search_documents", "recall_memory", "gossip"]\n'
    )
    kinds = ["plain-word password", "database URL", "private key", "service account", "netrc", "cookie", "curl user"]
    planted = "\n\n".join(plants.within("document", kind) for kind in kinds)
    (folder / "archive.md").write_text(
        f"# The archive\n\nThe archive opens at nine with the key {plants['document']}, says the warden.\n\n{planted}\n"
    )
    return folder


def container_of(home: Path, web: WebServer, bucket: Any, model: str) -> Container:
    settings = Settings(
        home=home,
        research=ResearchSettings(embedder="hashing", vector_store="chroma", model=model),
        sync=SyncSettings(store="s3"),
        sources={"allow_hosts": [web.host]},
        object_stores={"s3": {**bucket.model_dump(), "access_key_id": S3_KEY, "secret_access_key": S3_SECRET}},
    )
    return Container(settings=settings)


def talkative(plants: Plants) -> Chat:
    """Return a model that calls the tool with a credential, twice, and repeats one in what it writes."""
    calls = 0

    def acts(asked: Any) -> str:
        nonlocal calls
        calls += 1
        query = {"query": f"keys like {plants['call']} no. {calls}"}
        return models.decides(("gossip", query)) if calls < 3 else models.decides(("finish", {}))

    def plans(asked: Any) -> str:
        return json.dumps({"sub_questions": [f"When does the archive open with {plants['plan']}?"]})

    return Chat(say=models.otherwise(act=acts, plan=plans), context=8192)


async def use(container: Container, folder: Path, web: WebServer, plants: Plants) -> list[Run]:
    """Ask, remember and sync, with credentials in all that can be given."""
    await prepare(container)
    page = web.page(
        "/page", f"<title>Keys {plants['page title']}</title><p>The archive opens at nine with {plants['page']}.</p>"
    )
    web.redirect("/moved", f"{web.url}/page2?access_token={plants['redirect']}")
    web.page(
        f"/page2?access_token={plants['redirect']}", "<title>Moved</title><p>The archive has moved to the quay.</p>"
    )
    remember = container.remember()
    await remember(
        NewMemory(content=f"The archive opens by {plants['memory']}.", tags=[plants["tag"]], key=plants["slot"])
    )
    question = f"When does the archive open, and is {plants['question']} its key? The password: {plants['word']}"
    runs = [
        await ask(container, question, folder / "archive.md", page, f"{web.url}/moved"),
        await ask(container, question, folder / "archive.md", agent="keeper"),
        await ask(container, "When does the archive open?", agent="keeper"),
    ]
    for sources, namespace in (([f"{web.url}/page?token={plants['address']}"], "default"), ([], plants["namespace"])):
        with pytest.raises(InvalidRequest) as refused:
            await ask(container, "When?", *sources, namespace=namespace)
        assert redact(str(refused.value)).count == 0
    await container.sync_memories()()
    return runs


async def export(container: Container, runs: list[Run], folder: Path) -> None:
    """Write what leaves a machine: bundles, reports, events and calls."""
    for run in runs:
        _, files = await SealRun(container.run_store(), container.snapshots())(run.id)
        write_bundle(folder / f"{run.id}.rookery", files)
        (folder / f"{run.id}.json").write_text(run.model_dump_json())
        (folder / f"{run.id}.events").write_text(str(await container.run_store().events(run.id)))
        (folder / f"{run.id}.calls").write_text(str(await container.run_store().calls(run.id)))
        if run.result is not None:
            (folder / f"{run.id}.md").write_text(as_markdown(run.result))
            (folder / f"{run.id}.html").write_text(as_html(run.result))


async def fetch_objects(container: Container, folder: Path) -> int:
    """Fetch all that lies in the bucket."""
    objects = container.objects()
    names = [name async for name in objects.names("")]
    for number, name in enumerate(names):
        (folder / f"{number}").write_bytes(name.encode() + b"\n" + await objects.get(name))
    return len(names)


@pytest.mark.parametrize("model", ["extractive", "openai:rook-1"])
async def test_after_runs_they_are_nowhere(tmp_path, monkeypatch, web, s3_settings, caplog, model):
    plants = Plants()
    caplog.set_level("DEBUG", logger="rookery")
    plants.secrets |= {"word": PLAIN[0], "namespace": TOKENS["github classic"](Draw(5))}
    install_gossip(tmp_path / "site", plants, monkeypatch)
    folder = project(tmp_path / "project", plants)
    monkeypatch.chdir(folder)
    for written in ("exported", "objects"):
        (tmp_path / written).mkdir()
    with openai_server(chat=talkative(plants)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", plants["API key"])
        server.replies.append(Reply(400, json.dumps({"error": {"message": f"no: {plants['server error']}"}})))
        container = container_of(tmp_path / "home", web, s3_settings, model)
        runs = await use(container, folder, web, plants)
        await export(container, runs, tmp_path / "exported")
        assert await fetch_objects(container, tmp_path / "objects") > 0
        happened = [event for run in runs for event in await container.run_store().events(run.id)]
        told = [step.output for run in runs for step in await container.run_store().steps(run.id)]
        await close(container)
    (tmp_path / "log.txt").write_text(caplog.text)
    returned = [event.summary for event in happened if isinstance(event, ToolReturned) and event.tool == "gossip"]
    assert any("[redacted:" in summary for summary in returned), "the tool was not asked"
    assert any("[redacted:" in output for output in told)
    assert not server.replies or model == "extractive"
    leaks = {part: places(tmp_path / part, plants.secrets) for part in ("home", "exported", "objects")}
    assert leaks == {"home": set(), "exported": set(), "objects": set()}
    log = (tmp_path / "log.txt").read_bytes()
    assert [place for place, secret in plants.secrets.items() if any(form in log for form in forms(secret))] == []


def ask_api(url: str, headers: dict[str, str], plants: Plants) -> None:
    """Call the API with credentials where callers put them: headers, addresses, bodies that are right and wrong."""
    own = {**headers, "Idempotency-Key": plants["Idempotency-Key"], "X-Api-Key": plants["X-Api-Key"]}
    with httpx.Client(base_url=url, headers=own, timeout=60) as client:
        question = {"question": f"When is the archive open? The key is {plants['asked']}"}
        started = client.post("/v1/research", json=question)
        assert started.status_code == 202
        again = client.post("/v1/research", json=question)
        assert again.json() == started.json(), "what is kept of the key tells that it is the same"
        client.get(started.json()["events_url"])
        answers = [
            client.get(f"/v1/runs?token={plants['in the address']}"),
            client.get(f"/v1/runs/{plants['as an id']}"),
            client.get("/v1/runs", headers={"Authorization": f"Bearer {plants['bearer']}"}),
            client.get(
                "/v1/runs", headers={"Cookie": f"session={plants['cookie']}", "Last-Event-ID": plants["last id"]}
            ),
            client.post("/v1/research", json={"question": "Why?", "depth": plants["depth"]}),
            client.post(
                "/v1/research", json={"question": "Why?", "sources": [f"https://x.example/?key={plants['address']}"]}
            ),
            client.post(
                "/v1/memories", json={"content": f"The key is {plants['remembered']}.", "nonsense": plants["nonsense"]}
            ),
            client.post("/v1/memories", json={"content": f"The key is {plants['remembered too']}."}),
        ]
        said = "".join(answer.text for answer in answers)
    assert [name for name, secret in plants.secrets.items() if secret in said] == []


def test_what_callers_of_the_api_send_is_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    plants = Plants()
    with start_server(tmp_path / "home", settings=LIGHT) as server:
        ask_api(server.url, server.headers, plants)
    leaks = places(tmp_path / "home", plants.secrets)
    printed = "".join(capfd.readouterr())
    assert leaks == set()
    assert [name for name, secret in plants.secrets.items() if secret in printed] == []


def test_commands_do_not_repeat_them(tmp_path: Path) -> None:
    plants = Plants()
    asked = [
        rookery(
            "research", "When?", "--source", f"https://x.example/?token={plants['address']}", home=tmp_path / "home"
        ),
        rookery("research", f"Is {plants['question']} the key?", "--json", home=tmp_path / "home", settings=LIGHT),
        rookery("runs", "show", plants["run"], home=tmp_path / "home"),
        rookery("memory", "add", f"The key is {plants['memory']}", home=tmp_path / "home", settings=LIGHT),
        rookery("sources", "add", f"/nowhere/{plants['path']}", home=tmp_path / "home", settings=LIGHT),
    ]
    said = "".join(one.stdout + one.stderr for one in asked)
    assert [name for name, secret in plants.secrets.items() if secret in said] == []
    assert places(tmp_path / "home", plants.secrets) == set()


_LOG = """
import logging
from rookery.entrypoints.clean_logs import keep_credentials_out
keep_credentials_out()
keep_credentials_out()
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
logging.info("the key %s of %d", SECRET, 3)
logging.getLogger("uvicorn.access").info('%s - "%s %s" %d', "127.0.0.1", "GET", "/v1/runs?token=" + SECRET, 200)
try:
    raise RuntimeError("refused " + SECRET)
except RuntimeError:
    logging.exception("it failed")
raise ValueError("uncaught " + SECRET)
"""


def test_logs_and_tracebacks_have_none(tmp_path: Path) -> None:
    secret = TOKENS["github classic"](Draw(9))
    (tmp_path / "log.py").write_text(f"SECRET = open({str(tmp_path / 'secret')!r}).read()\n{_LOG}")
    (tmp_path / "secret").write_text(secret)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "log.py")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert secret not in done.stderr
    assert done.stderr.count("[redacted:") == 4
    assert "INFO the key [redacted:github-token] of 3" in done.stderr
    assert "GET /v1/runs?token=[redacted:" in done.stderr
    assert "RuntimeError: refused [redacted:github-token]" in done.stderr
    assert "ValueError: uncaught [redacted:github-token]" in done.stderr
