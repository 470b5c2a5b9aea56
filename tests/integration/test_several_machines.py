"""A rehearsal: three machines that have nothing in common but cables, of which one is pulled in the midst of a run.

On A are the API, the documents, Prefect's server, an S3 server and a model; B and C are workers. Each has a home of its
own, and sees no files of the others.
"""

import asyncio
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from rookery.adapters.object_stores.s3 import S3ObjectStore
from rookery.adapters.object_stores.s3 import Settings as S3Settings
from rookery.adapters.orchestrators.prefect.server import SETTINGS as PREFECT_SETTINGS
from rookery.application.sharing.log import RunLog
from rookery.domain.run_log import Segment
from tests.integration.test_workers import answer
from tests.support import noticeboard
from tests.support.bad_models import decides, otherwise
from tests.support.good_models import is_first_round, writes_all
from tests.support.namespaces import Machine, lacking, machines
from tests.support.openai_chat import Chat, ChatAsked
from tests.support.openai_server import openai_server
from tests.support.s3_server import KEY, SECRET
from tests.support.server import CORPUS, MAIN, ROOT, environment, start_server
from tests.support.thinking_server import hire_clerk

MISSING = lacking() if sys.platform == "linux" else "network namespaces are Linux's"
pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
LEASE_SECONDS = 16
PATIENCE = 90.0
QUESTION = "Who built the tide gauge at Kittiwake Point?"
NOTICE = "The gauge is being looked into."


class Clerk:
    """A model whose clerk pins a notice, and whose next thought waits until it may go on."""

    def __init__(self) -> None:
        self.in_thought = threading.Event()
        self.may_go_on = threading.Event()

    def hold(self) -> None:
        """Let the next clerk wait."""
        self.in_thought.clear()
        self.may_go_on.clear()

    def __call__(self, asked: ChatAsked) -> str:
        return otherwise(act=self._act, write=writes_all)(asked)

    def _act(self, asked: ChatAsked) -> str:
        if is_first_round(asked):
            return decides(("post_notice", {"text": NOTICE}))
        self.in_thought.set()
        assert self.may_go_on.wait(PATIENCE)
        if len(asked.messages) > 4:
            return decides(("finish", {}))
        return decides(("search_documents", {"query": "tide gauge"}))


class Follower:
    """Follows a run by server-sent events from its beginning, over one connection."""

    def __init__(self, api: "API", run_id: str) -> None:
        self.events: list[dict[str, Any]] = []
        self.numbers: list[int] = []
        self._changed = threading.Condition()
        self._over: Future[None] = Future()
        threading.Thread(target=lambda: api.machine.call(lambda: self._follow(api, run_id)), daemon=True).start()

    def until(self, kind: str) -> dict[str, Any]:
        """Return the first event of a kind as soon as it was told."""
        with self._changed:
            assert self._changed.wait_for(lambda: any(e["type"] == kind for e in self.events), PATIENCE), self.kinds
            return next(event for event in self.events if event["type"] == kind)

    def until_over(self) -> list[str]:
        """Return the kinds of all events once the stream has ended."""
        self._over.result(PATIENCE)
        return self.kinds

    @property
    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    def _follow(self, api: "API", run_id: str) -> None:
        try:
            with api.client.stream("GET", f"/runs/{run_id}/events", timeout=PATIENCE) as reply:
                for line in reply.iter_lines():
                    self._take(line)
            self._over.set_result(None)
        except BaseException as error:
            self._over.set_exception(error)

    def _take(self, line: str) -> None:
        name, _, value = line.partition(": ")
        with self._changed:
            if name == "id":
                self.numbers.append(int(value))
            elif name == "data":
                self.events.append(json.loads(value))
                self._changed.notify_all()


class API:
    """The API of machine A, spoken to from there; the documents lie there."""

    def __init__(self, machine: Machine, documents: Path, url: str, token: str) -> None:
        self.machine = machine
        self.documents = documents
        self.client = httpx.Client(
            base_url=f"{url}/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
        )

    def post(self, path: str, body: object = None) -> dict[str, Any]:
        return self.machine.call(lambda: self.client.post(path, json=body).raise_for_status().json())

    def get(self, path: str) -> Any:
        return self.machine.call(lambda: self.client.get(path).raise_for_status().json())

    def ask(self) -> str:
        task: str = self.post("/research", question(self.documents))["task_id"]
        return task


class Site(NamedTuple):
    """All machines, with what runs on A."""

    api: API
    workers: list[Machine]
    settings: Mapping[str, str]
    clerk: Clerk
    folder: Path
    objects: S3ObjectStore
    ways: Mapping[str, str]

    @contextmanager
    def worker(self, number: int) -> Iterator[Path]:
        """Work on B (0) or C (1) until the block ends; yield the file with what the worker logs."""
        home = self.folder / "bc"[number]
        log = home / "worker.log"
        with (
            log.open("a") as errors,
            self.workers[number].program(
                [*MAIN, "worker", "--limit", "1"],
                environment=_environment(home, self.settings),
                errors=errors,
                folder=ROOT,
            ),
        ):
            yield log

    def segments(self, run_id: str) -> list[Segment]:
        """Return the log of a run; reading it checks that each segment follows from the one before."""
        return self.api.machine.call(lambda: asyncio.run(RunLog(self.objects, run_id).read()))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    for name in "abc":
        (folder / name).mkdir()
    hire_clerk(folder / "a")  # a run brings its agents with it
    noticeboard.write(folder / "site")
    clerk = Clerk()
    hidden = [[folder / "b", folder / "c"], [folder / "a", folder / "c"], [folder / "a", folder / "b"]]
    documents = folder / "a" / "documents"
    shutil.copytree(CORPUS, documents)
    with ExitStack() as stack:
        a, *workers = stack.enter_context(machines(*hidden))
        ways = {"s3": a.also(101), "prefect": a.also(102)}
        model = a.call(lambda: stack.enter_context(openai_server(chat=Chat(say=clerk, context=32768), host=a.address)))
        s3 = stack.enter_context(_s3(a, ways["s3"]))
        prefect = stack.enter_context(_prefect(a, ways["prefect"], folder / "a" / "prefect-server"))
        settings = _settings(folder) | {
            "OPENAI_BASE_URL": model.url,
            "ROOKERY_RESEARCH__ORCHESTRATOR": "prefect",
            "ROOKERY_ORCHESTRATORS__PREFECT__API_URL": prefect,
            "ROOKERY_ORCHESTRATORS__PREFECT__WORK_POOL": "machines",
            "ROOKERY_ORCHESTRATORS__PREFECT__POLL_SECONDS": "0.3",
            "ROOKERY_RUNS__SHARED": "true",
            "ROOKERY_RUNS__LEASE_SECONDS": str(LEASE_SECONDS),
            "ROOKERY_RUNS__POLL_SECONDS": "0.2",
            "ROOKERY_SYNC__STORE": "s3",
        }
        settings |= {f"ROOKERY_OBJECT_STORES__S3__{name.upper()}": str(value) for name, value in s3.items()}
        api = stack.enter_context(_api(a, documents, settings))
        objects = S3ObjectStore(S3Settings.model_validate(s3))
        yield Site(api, workers, settings, clerk, folder, objects, ways)


def _settings(folder: Path) -> dict[str, str]:
    return {
        "ROOKERY_RESEARCH": json.dumps({"embedder": None, "vector_store": "memory", "model": "openai:rook-1"}),
        "ROOKERY_TOOLS__POST_NOTICE__BOARD": str(folder / "board.txt"),
        "OPENAI_API_KEY": "sk-not-a-real-key",
        "PYTHONPATH": str(folder / "site"),
        "ROOKERY_RESEARCH__OFFLINE": "false",
        "NO_PROXY": "*",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _environment(home: Path, settings: Mapping[str, str]) -> dict[str, str]:
    return environment(home, settings) | {"ROOKERY_SERVER__SOURCE_ROOTS": json.dumps([str(home)])}


@contextmanager
def _s3(machine: Machine, address: str) -> Iterator[dict[str, object]]:
    """Run moto's server on a machine. Of two requests it deals with one, and a client that is gone blocks nobody."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    moto, one_at_a_time = DomainDispatcherApplication(create_backend_app), threading.Lock()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        with one_at_a_time:
            return list(moto(environ, start_response))

    class Quiet(WSGIRequestHandler):
        def log(self, *_: object) -> None:
            """Keep quiet."""

    server = machine.call(lambda: make_server(address, 0, app, threaded=True, request_handler=Quiet))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    url = f"http://{address}:{server.server_port}"
    try:
        machine.call(lambda: httpx.put(f"{url}/shared", trust_env=False).raise_for_status())
        yield {
            "bucket": "shared",
            "endpoint_url": url,
            "region": "us-east-1",
            "access_key_id": KEY,
            "secret_access_key": SECRET,
            "connect_timeout_seconds": 1,
            "read_timeout_seconds": 3,
            "max_attempts": 1,
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _prefect(machine: Machine, address: str, home: Path) -> Iterator[str]:
    home.mkdir()
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", address, "--port", "4200"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    variables = inherited | PREFECT_SETTINGS | {"PREFECT_HOME": str(home), "NO_PROXY": "*"}
    url = f"http://{address}:4200/api"
    with (home / "log").open("w") as log, machine.program(command, environment=variables, errors=log, folder=home):
        _until(lambda: machine.call(lambda: _answers(f"{url}/health")), "Prefect's server does not answer")
        yield url


@contextmanager
def _api(machine: Machine, documents: Path, settings: Mapping[str, str]) -> Iterator[API]:
    home = documents.parent
    command = [*MAIN, "serve", "--host", machine.address, "--port", "8400"]
    variables = _environment(home, settings)
    with (
        (home / "serve.log").open("w") as log,
        machine.program(command, environment=variables, errors=log, folder=ROOT) as process,
    ):
        assert process.stdout is not None
        url, _, token = process.stdout.readline().strip().partition("/#token=")
        assert token, (home / "serve.log").read_text()
        yield API(machine, documents, url, token)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _until(look: Callable[[], object], else_: str) -> None:
    end = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < end, else_
        time.sleep(0.1)


def alone(site: Site, folder: Path) -> dict[str, Any]:
    """Return the result of the same question on one machine that shares nothing."""
    home = folder / "home"
    home.mkdir()
    hire_clerk(home)
    clerk = Clerk()
    clerk.may_go_on.set()
    with openai_server(chat=Chat(say=clerk, context=32768)) as model:
        settings = _settings(site.folder) | {
            "OPENAI_BASE_URL": model.url,
            "ROOKERY_TOOLS__POST_NOTICE__BOARD": str(folder / "board.txt"),
            "ROOKERY_SERVER__SOURCE_ROOTS": json.dumps([str(site.api.documents)]),
        }
        with (
            start_server(home, settings=settings) as server,
            httpx.Client(base_url=f"{server.url}/v1", headers=server.headers, trust_env=False, timeout=30) as client,
        ):
            run_id = client.post("/research", json=question(site.api.documents)).raise_for_status().json()["task_id"]
            _until(lambda: client.get("/approvals?status=pending").json()["items"], "nobody asks for approval")
            [approval] = client.get("/approvals?status=pending").json()["items"]
            client.post(f"/approvals/{approval['id']}", json={"decision": "approve"}).raise_for_status()
            _until(lambda: client.get(f"/runs/{run_id}").json()["result"], "the run does not end")
            return client.get(f"/runs/{run_id}").json()["result"]


def question(documents: Path) -> dict[str, object]:
    return {"question": QUESTION, "agent": "clerk", "sources": [str(documents)]}


def pinned(site: Site) -> list[str]:
    """Return every notice on the board, those too that came twice."""
    board = site.folder / "board.txt"
    return board.read_text().splitlines() if board.exists() else []


def begin(site: Site) -> tuple[str, Follower]:
    """Ask, approve the notice as a person does, and return when the clerk is in its second thought."""
    site.clerk.hold()
    run_id = site.api.ask()
    follower = Follower(site.api, run_id)
    approval = follower.until("approval_requested")["approval_id"]
    site.api.post(f"/approvals/{approval}", {"decision": "approve"})
    assert site.clerk.in_thought.wait(PATIENCE), follower.kinds
    return run_id, follower


def test_a_run_whose_worker_is_cut_off_is_finished_by_another_machine(site, tmp_path):
    b = site.workers[0]
    with ExitStack() as stack:
        log = stack.enter_context(site.worker(0))
        run_id, follower = begin(site)
        b.cut()
        stack.enter_context(site.worker(1))
        follower.until("run_resumed")
        site.clerk.may_go_on.set()
        kinds = follower.until_over()
        b.heal()
        _until(lambda: "is no longer conducted here" in log.read_text(), "B does not say that it gave up")
        run = site.api.get(f"/runs/{run_id}")
    assert run["status"] == "succeeded"
    assert answer(run["result"]) == answer(alone(site, tmp_path))
    assert follower.numbers == list(range(1, len(kinds) + 1))
    assert [kinds.count(kind) for kind in ("run_started", "run_resumed", "approval_requested", "run_finished")] == [
        1
    ] * 4
    assert len(pinned(site)) == 1
    epochs = [segment.epoch for segment in site.segments(run_id)]
    assert epochs == sorted(epochs)
    for citation in run["result"]["citations"]:
        text = site.api.get(f"/snapshots/{citation['source_sha256']}")["text"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_a_cut_that_heals_in_time_is_not_noticed_and_a_worker_that_was_cut_off_works_again(site):
    with site.worker(0):
        before = len(pinned(site))
        run_id, follower = begin(site)
        held = len({segment.holder for segment in site.segments(run_id)})
        site.workers[0].cut()
        time.sleep(LEASE_SECONDS * 0.35)  # longer than between two renewals; not a wait for something
        site.workers[0].heal()
        with site.worker(1):
            site.clerk.may_go_on.set()
            kinds = follower.until_over()
        assert "run_resumed" not in kinds
        assert len({segment.holder for segment in site.segments(run_id)}) == held
        assert len(pinned(site)) == before + 1


@pytest.mark.parametrize("lost", ["s3", "prefect"])
def test_a_worker_that_reaches_only_one_of_store_and_prefect_does_no_harm(site, lost):
    b, way = site.workers[0], site.ways[lost]
    before = len(pinned(site))
    with site.worker(0) as log:
        told = len(log.read_text())
        run_id, follower = begin(site)
        b.lose_way(way)
        try:
            with site.worker(1):
                if lost == "s3":
                    follower.until("run_resumed")
                site.clerk.may_go_on.set()
                kinds = follower.until_over()
        finally:
            b.find_way(way)
    assert site.api.get(f"/runs/{run_id}")["status"] == "succeeded"
    assert follower.numbers == list(range(1, len(kinds) + 1))
    assert kinds.count("run_finished") == 1
    assert len(pinned(site)) == before + 1
    assert "Traceback" not in log.read_text()[told:]
