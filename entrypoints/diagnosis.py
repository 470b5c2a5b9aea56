"""What is here and what is missing, for `doctor` and `/readyz`."""

import importlib.util
import platform
import sqlite3
from importlib.metadata import version

from rookery.domain.errors import RookeryError
from rookery.entrypoints.container import Container
from rookery.entrypoints.diagnosis_doors import look_at_mcp, look_at_slack
from rookery.entrypoints.diagnosis_home import look_at_home
from rookery.entrypoints.findings import Finding
from rookery.entrypoints.roster import web_tools
from rookery.entrypoints.syncing import sync_state
from rookery.entrypoints.work_pools import handing_over


async def diagnose(container: Container) -> list[Finding]:
    """Look at everything that a run or the server needs."""
    return [
        Finding(name="python", state="ok", detail=f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}"),
        await _storage(container),
        *await look_at_home(container),
        _model(container),
        await _llama(container),
        await _embedder(container),
        await _vector_store(container),
        await _memory(container),
        await _sync(container),
        _orchestrator(container),
        _files(container),
        await _web_search(container),
        await look_at_slack(container),
        *await look_at_mcp(container),
        _dashboard(),
    ]


async def readiness(container: Container) -> list[Finding]:
    """Look at what must work before a request can be served."""
    return [await _storage(container), _model(container)]


async def _storage(container: Container) -> Finding:
    home = container.home()
    try:
        runs = await container.run_store().page(limit=1)
        sources = await container.library().sources()
    except RookeryError as error:
        return Finding(name="home", state="broken", detail=str(error))
    state = "has runs" if runs.items else "no run yet"
    return Finding(name="home", state="ok", detail=f"{home}: {state}, {len(sources)} documents")


def _model(container: Container) -> Finding:
    research, llms = container.settings().research, container.llms()
    try:
        llms.check(research.model)
    except RookeryError as error:
        return Finding(name="model", state="broken", detail=f"{error}; `rookery models list` shows what is here")
    others = [name for name in research.fallbacks if name != research.model]
    stand_ins = f"; if it fails: {', '.join(others)}" if others else ""
    runs_on = llms.runs_on(research.model)
    detail = f"{research.model} on {runs_on}" if runs_on else research.model
    return Finding(name="model", state="ok", detail=f"{detail}{stand_ins}")


async def _llama(container: Container) -> Finding:
    if importlib.util.find_spec("llama_cpp") is None:
        detail = "not installed, so GGUF models cannot run here: `pip install 'rookery[llama]'` (docs/llama.md)"
        return Finding(name="llama.cpp", state="missing", detail=detail)
    from rookery.adapters.llms.llama_cpp.looking import find_devices

    name = f"llama-cpp-python {version('llama-cpp-python')}"
    try:
        devices = await find_devices(container.clock())
    except RookeryError as error:
        return Finding(name="llama.cpp", state="broken", detail=f"{name}: {error}")
    found = ", ".join(f"{device.name} ({device.description})" for device in devices)
    return Finding(name="llama.cpp", state="ok", detail=f"{name}; {found or 'no GPU found'}, and the CPU")


async def _embedder(container: Container) -> Finding:
    embedder = container.embedder()
    if embedder is None:
        return Finding(name="embedder", state="missing", detail="none is set: documents are searched by words only")
    try:
        await embedder.embed(["ready?"])
    except RookeryError as error:
        return Finding(name="embedder", state="broken", detail=f"documents are searched by words only: {error}")
    return Finding(name="embedder", state="ok", detail=f"{embedder.identity}, {embedder.dimension} dimensions")


async def _vector_store(container: Container) -> Finding:
    name = container.settings().research.vector_store
    try:
        await container.vector_store().ids("doctor", "nothing")
    except RookeryError as error:
        return Finding(name="vector store", state="broken", detail=str(error))
    return Finding(name="vector store", state="ok", detail=name)


async def _memory(container: Container) -> Finding:
    projection = container.projection()
    try:
        await projection.catch_up()
        await projection.mirror()
        states = await projection.index.namespaces()
    except RookeryError as error:
        return Finding(name="memory", state="broken", detail=str(error))
    held = f"{sum(state.memories for state in states)} memories (namespaces: {len(states)})"
    mirrors = ", ".join([container.settings().research.vector_store, *container.settings().memory.mirrors])
    if projection.trouble:
        return Finding(name="memory", state="broken", detail=f"{held}; {'; '.join(projection.trouble)}")
    return Finding(name="memory", state="ok", detail=f"{held}, followed by {mirrors}")


async def _sync(container: Container) -> Finding:
    state = await sync_state(container)
    if state is None:
        return Finding(
            name="sync", state="missing", detail="no store is set: set ROOKERY_SYNC__STORE to s3 or directory"
        )
    try:
        container.objects()
    except RookeryError as error:
        return Finding(name="sync", state="broken", detail=str(error))
    last = f"last {state.synced_at:%Y-%m-%d %H:%M} UTC" if state.synced_at else "never synced"
    sealed = "encrypted" if state.encrypted else "not encrypted"
    return Finding(name="sync", state="ok", detail=f"{state.store}, {sealed}, {last}, {state.waiting} versions wait")


def _orchestrator(container: Container) -> Finding:
    name = container.settings().research.orchestrator
    try:
        orchestrator = container.orchestrator()
    except RookeryError as error:
        return Finding(name="orchestrator", state="broken", detail=str(error))
    workers = handing_over(orchestrator)
    handed = f"; `rookery serve` hands runs to the work pool {workers.work_pool}" if workers else ""
    return Finding(name="orchestrator", state="ok", detail=f"{name}{handed}")


def _files(container: Container) -> Finding:
    try:
        files = container.files()
    except RookeryError as error:
        return Finding(name="files", state="broken", detail=str(error))
    if files is None:
        return Finding(name="files", state="missing", detail="the file tools need Linux or macOS")
    opened = "".join(f", {name}: (only read)" for name in files.names)
    return Finding(name="files", state="ok", detail=f"agents stay in their workspace{opened}, guarded by {files.walls}")


async def _web_search(container: Container) -> Finding:
    from rookery.adapters.tools.web_search import WebSearch

    if container.settings().research.offline:
        return Finding(name="web search", state="missing", detail="Rookery works offline")
    try:
        if not web_tools(container.settings()):
            detail = "no engine is set: give the address of a SearXNG, BRAVE_API_KEY or TAVILY_API_KEY (docs/web.md)"
            return Finding(name="web search", state="missing", detail=detail)
        tool = container.tools().get(WebSearch.name)
    except RookeryError as error:
        return Finding(name="web search", state="broken", detail=str(error))
    if not isinstance(tool, WebSearch):
        return Finding(name="web search", state="missing", detail="an engine is set, and no agent has web_search")
    failures = await tool.check()
    told = "; ".join(f"{name}: {failure or 'answers'}" for name, failure in failures.items())
    return Finding(name="web search", state="broken" if all(failures.values()) else "ok", detail=told)


def _dashboard() -> Finding:
    from rookery.entrypoints.api.dashboard import FOLDER

    if (FOLDER / "index.html").is_file():
        return Finding(name="dashboard", state="ok", detail="built; `rookery serve` serves it")
    return Finding(name="dashboard", state="missing", detail="not built: `just dashboard` builds it (Node 20)")
