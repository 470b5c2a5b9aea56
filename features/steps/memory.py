"""Noting, finding, correcting, forgetting and sharing."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from pytest_bdd import given, parsers, then, when

from rookery.application.memory.exchange import read_memories
from rookery.application.memory.recall import Recalled, history_of_memory
from rookery.domain.memories import Fate, Memory, MemoryFilter, NewMemory, PastMemory
from rookery.entrypoints.container import Container, close
from rookery.entrypoints.settings import Settings

T = TypeVar("T")

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
MILL = "the mill"
PASSWORD = "hunter" + "22x"


class Notebook:
    """What one machine remembers."""

    def __init__(self, home: Path, share: Path, runner: asyncio.Runner) -> None:
        self._runner = runner
        self.home = home
        settings = {
            "home": home,
            "research": {"embedder": "hashing", "vector_store": "memory"},
            "sync": {"store": "directory"},
            "object_stores": {"directory": {"path": str(share)}},
        }
        self._container = Container(settings=Settings.model_validate(settings))
        self.noted: list[Memory] = []
        self.found = Recalled(memories=[])

    def note(self, content: str, *, about: str | None = None, day: int = 0) -> None:
        """Note something, so many days after a Monday."""
        new = NewMemory(content=content, key=about, timestamp=MONDAY + timedelta(days=day))
        self.noted += self._wait(self._container.remember()(new))

    def look_for(self, query: str) -> list[str]:
        """Search, and return what was found."""
        self.found = self._wait(self._container.search_memories()(query))
        return [memory.content for memory in self.found.memories]

    def forget(self, about: str) -> None:
        """Forget what is held about something."""
        self._wait(self._container.forget()(self._of(about)))

    def history(self, about: str) -> list[PastMemory]:
        """Return all that was ever held about something, what holds first."""
        return self._wait(history_of_memory(self._container.projection(), self._of(about)))

    def take_over(self, export: str) -> None:
        """Import what another program exported."""
        self._wait(self._container.import_memories()(iter(read_memories(export))))

    def exchange(self) -> None:
        """Exchange with the other machines."""
        self._wait(self._container.sync_memories()())

    def held(self, about: str) -> list[str]:
        """Return what holds about something."""
        memories, _ = self._wait(self._container.memory_index().page(MemoryFilter(), limit=100))
        return [memory.content for memory in memories if memory.key == about]

    def close(self) -> None:
        """Check that the journal is whole, and close it."""
        assert self._wait(self._container.journal().check()) == []
        self._wait(close(self._container))

    def _of(self, about: str) -> str:
        entries = self._wait(self._container.journal().after(0, limit=1000))
        return next(entry.memory.id for entry in entries if entry.memory.key == about)

    def _wait(self, work: Awaitable[T]) -> T:
        async def whole() -> T:
            return await work

        return self._runner.run(whole())


@pytest.fixture
def new_notebook(tmp_path: Path) -> Iterator[Callable[[str], Notebook]]:
    """Open notebooks by the names of their machines; they share a folder."""
    share = tmp_path / "share"
    share.mkdir()
    opened: list[Notebook] = []
    with asyncio.Runner() as runner:

        def open_one(name: str) -> Notebook:
            opened.append(Notebook(tmp_path / name, share, runner))
            return opened[-1]

        yield open_one
        for notebook in opened:
            notebook.close()


@pytest.fixture
def notebook(new_notebook: Callable[[str], Notebook]) -> Notebook:
    """The notebook of a person with one machine."""
    return new_notebook("mine")


@given(parsers.re(r'I noted "(?P<content>[^"]*)"'))
@given(parsers.re(r'I noted "(?P<content>[^"]*)" about (?P<about>the \w+)'))
@when(parsers.re(r'I note "(?P<content>[^"]*)" about (?P<about>the \w+)'))
def note(notebook: Notebook, content: str, about: str | None = None) -> None:
    notebook.note(content, about=about, day=len(notebook.noted))


@when(parsers.parse('I look for "{query}"'))
def look_for(notebook: Notebook, query: str) -> None:
    notebook.look_for(query)


@then(parsers.parse('the first thing I find is "{content}"'))
def first(notebook: Notebook, content: str) -> None:
    assert notebook.found.memories[0].content == content
    assert notebook.found.degraded == []


@then(parsers.parse('I do not find "{content}"'))
def not_found(notebook: Notebook, content: str) -> None:
    assert content not in [memory.content for memory in notebook.found.memories]


@then(parsers.parse('I find "{content}" when I look for "{query}"'))
def found_by(notebook: Notebook, content: str, query: str) -> None:
    assert content in notebook.look_for(query)


@then("I am told what speaks for it")
def told_why(notebook: Notebook) -> None:
    [best, *_] = notebook.found.memories
    assert {"nest", "rook"} <= set(best.why.terms)
    assert best.why.lexical > 0
    assert best.why.dense > 0


@then("the history of the mill shows, newest first")
def shown_history(notebook: Notebook, docstring: str) -> None:
    assert [past.content for past in notebook.history(MILL)] == docstring.splitlines()


@when("I forget what I know about the mill")
def forget(notebook: Notebook) -> None:
    notebook.forget(MILL)


@given("a laptop and a desktop that share a folder", target_fixture="machines")
def two_machines(new_notebook: Callable[[str], Notebook]) -> dict[str, Notebook]:
    return {name: new_notebook(name) for name in ("laptop", "desktop")}


@given(parsers.re(r'(?P<later>later )?on the (?P<name>laptop|desktop) I noted "(?P<content>[^"]*)" about the mill'))
def note_there(machines: dict[str, Notebook], later: str | None, name: str, content: str) -> None:
    machines[name].note(content, about=MILL, day=1 if later else 0)


@given("both exchange their memories")
@when("both exchange their memories")
def exchange(machines: dict[str, Notebook]) -> None:
    for name in ("laptop", "desktop", "laptop"):
        machines[name].exchange()


@when(parsers.parse("I forget on the {name} what I know about the mill"))
def forget_there(machines: dict[str, Notebook], name: str) -> None:
    machines[name].forget(MILL)


@then(parsers.parse('both hold "{content}" about the mill'))
def both_hold(machines: dict[str, Notebook], content: str) -> None:
    for notebook in machines.values():
        assert notebook.held(MILL) == [content]
        assert notebook.look_for("When does the mill open?") == [content]


@then(parsers.parse('on both the history of the mill shows that "{content}" lost'))
def lost(machines: dict[str, Notebook], content: str) -> None:
    for notebook in machines.values():
        assert [past.content for past in notebook.history(MILL) if past.fate is Fate.LOST] == [content]


@then("neither holds anything about the mill")
def none_holds(machines: dict[str, Notebook]) -> None:
    for notebook in machines.values():
        assert notebook.held(MILL) == []
        assert notebook.look_for("When does the mill open?") == []


@when("I note a recipe with a password in it")
def note_password(notebook: Notebook) -> None:
    notebook.note(f"To open the archive, log in as ada with password={PASSWORD} and be patient.")


@then("the password is nowhere on my disk")
def nowhere(notebook: Notebook) -> None:
    files = [file for file in notebook.home.rglob("*") if file.is_file()]
    assert files
    assert [file for file in files if PASSWORD.encode() in file.read_bytes()] == []


@then("the note says where it was")
def marked(notebook: Notebook) -> None:
    assert notebook.look_for("How is the archive opened?") == [
        "To open the archive, log in as ada with password=[redacted:password] and be patient."
    ]


@then("I am told that one credential was replaced")
def told_replaced(notebook: Notebook) -> None:
    assert [memory.redactions for memory in notebook.noted] == [1]


@given(parsers.parse('an export from mem0 in which Zoë "{content}"'), target_fixture="export")
def export(content: str) -> str:
    record = {"id": "5e0b3a57", "memory": content, "user_id": "Zoë", "created_at": MONDAY.isoformat()}
    return json.dumps({"results": [record]})


@when("I import it twice")
def import_twice(notebook: Notebook, export: str) -> None:
    for _ in range(2):
        notebook.take_over(export)


@then("it is there once, under Zoë's name")
def once(notebook: Notebook) -> None:
    assert [(memory.namespace, memory.id) for memory in notebook.found.memories] == [("Zoë", "5e0b3a57")]
