"""`rookery memory`, as scripts and people meet it."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import LIGHT, MAIN, ROOT, environment, rookery

RANDOM = "Zq7Lw2Xk9Vb4Nt6Rp1Hs8Gd3Jf5Cm0Ty"
SECRETS = ["gh" + "p_" + RANDOM + "a1B2", "AK" + "IA" + "Q7ZLW2XK9VB4NT6R", "hunter" + "22x"]

Run = Callable[..., "subprocess.CompletedProcess[str]"]

ARCHIVE = [
    {"content": "Ada: I keep two rooks in the attic.", "tags": ["birds"], "timestamp": "2026-05-01T10:00:00Z"},
    {"content": "Ben: The mill opens at nine.", "key": "mill", "timestamp": "2026-06-01T10:00:00Z"},
    {"content": "Cem: Kestrels hover over the weir.", "namespace": "field", "timestamp": "2026-07-01T10:00:00Z"},
]


def run(*arguments: str, home: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return rookery("memory", *arguments, home=home, **{"settings": LIGHT, **more})


def told(*arguments: str, home: Path, **more: Any) -> Any:
    """Return the JSON that a command prints."""
    done = run(*arguments, "--json", home=home, **more)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def lines(*records: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(record)}\n" for record in records)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that remembers the archive; tests that change it take care of what others expect."""
    home = tmp_path_factory.mktemp("memory") / "home"
    assert told("import", "-", home=home, stdin=lines(*ARCHIVE)) == {"memories": 3}
    return home


def test_what_is_added_is_found_listed_shown_corrected_and_forgotten(tmp_path: Path) -> None:
    home = tmp_path / "home"
    added = told("add", "The mill opens at nine.", "--key", "mill", "-t", "trades", "--source", "note:1", home=home)
    assert (added["namespace"], added["key"], added["tags"]) == ("default", "mill", ["trades"])
    assert added["source"] == "note:1"
    corrected = run("add", "-", "--key", "mill", "--importance", "0.9", home=home, stdin="The mill opens at ten.\n")
    assert corrected.stdout == f"remembered as {added['id']} in default\n"
    shown = told("show", added["id"], home=home)
    assert (shown["content"], shown["relevance_score"], shown["supersedes"]) == (
        "The mill opens at ten.\n",
        0.9,
        [added["version"]],
    )
    history = told("history", added["id"], home=home)
    assert [(past["content"], past["fate"]) for past in history] == [
        ("The mill opens at ten.\n", "holds"),
        ("The mill opens at nine.", "superseded"),
    ]
    assert run("forget", added["id"], home=home).stdout == f"forgot {added['id']}\n"
    gone = run("show", added["id"], home=home)
    assert gone.returncode == 2
    assert f"there is no memory {added['id']}, or it was forgotten" in gone.stderr
    assert "(forgotten)" in run("history", added["id"], home=home).stdout


def test_a_search_tells_score_moment_namespace_and_content(home: Path) -> None:
    found = run("search", "What birds does Ada keep?", home=home)
    head, content, *_ = found.stdout.splitlines()
    assert "2026-05-01 10:00" in head
    assert "birds" in head
    assert content.strip() == "Ada: I keep two rooks in the attic."
    assert found.stderr == ""


def test_a_search_can_be_narrowed_and_says_why(home: Path) -> None:
    options = ["-n", "default", "-n", "field", "--since", "2026-05-15", "--until", "2026-06-15", "--limit", "5"]
    [found] = told("search", "When does the mill open?", *options, home=home)
    assert found["key"] == "mill"
    assert 0 < found["relevance_score"] < 1
    assert set(found["why"]) >= {"dense", "lexical", "neighbour", "speaker", "time", "cosine", "terms"}
    assert "mill" in found["why"]["terms"]


def test_a_batch_of_queries_gives_a_line_each(home: Path) -> None:
    done = run("search", "-", "--batch", "--limit", "1", home=home, stdin="rooks\n\nkestrels\nzzz\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [[one["content"][:3] for one in answer["memories"]] for answer in answers[:2]] == [["Ada"], ["Cem"]]
    assert len(answers) == 3
    assert all(answer["degraded"] == [] for answer in answers)


def test_a_list_is_newest_first_and_can_be_narrowed(home: Path) -> None:
    listed = told("list", "-n", "default", "-n", "field", "--limit", "2", home=home)
    assert [one["content"][:3] for one in listed] == ["Cem", "Ben"]


def test_an_export_moves_to_another_home_and_importing_it_again_changes_nothing(home: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "export.jsonl", tmp_path / "other"
    assert told("export", "-o", str(file), home=home) == {"memories": 3, "file": str(file)}
    assert [json.loads(line)["content"][:3] for line in file.read_text().splitlines()] == ["Ada", "Ben", "Cem"]
    for _ in range(2):
        assert told("import", str(file), home=other) == {"memories": 3}
    assert run("export", home=other).stdout == file.read_text()


def test_a_bad_line_is_named_and_nothing_of_the_file_is_stored(tmp_path: Path) -> None:
    done = run("import", "-", home=tmp_path, stdin=lines(*ARCHIVE[:2]) + '{"contnet": "x"}\n')
    assert done.returncode == 2
    assert "line 3: content: Field required" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "memory.db").exists()


def test_mem0s_export_becomes_memories_of_its_users(tmp_path: Path) -> None:
    export = {
        "results": [
            {"id": "1", "memory": "Keeps two rooks", "user_id": "zoë", "created_at": "2026-05-01T10:00:00-07:00"},
            {"id": "2", "memory": "Likes the weir", "agent_id": "guide", "metadata": {"mood": "glad"}, "role": "user"},
        ]
    }
    (tmp_path / "mem0.json").write_text(json.dumps(export, indent=2))
    assert told("import", str(tmp_path / "mem0.json"), home=tmp_path / "home") == {"memories": 2}
    [second, first] = told("list", home=tmp_path / "home")
    assert (first["id"], first["namespace"], first["timestamp"]) == ("1", "zoë", "2026-05-01T17:00:00Z")
    assert (second["namespace"], second["tags"]) == ("guide", ["mood:glad", "role:user"])


def test_a_rebuild_makes_the_indexes_anew(home: Path) -> None:
    (home / "memory-index.db").write_bytes(b"not a database " * 100)
    for suffix in ("-wal", "-shm"):
        (home / f"memory-index.db{suffix}").unlink(missing_ok=True)
    assert told("rebuild", home=home) == {"memories": 3, "journal_problems": [], "degraded": []}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["show", "unknown"], "there is no memory unknown"),
        (["import", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["sync"], "ROOKERY_SYNC__STORE"),
        (["add", ""], "content"),
    ],
)
def test_a_wrong_command_ends_with_code_2_and_says_what_to_do(
    tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    done = run(*arguments, home=tmp_path)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_without_an_embedder_it_is_said_that_words_alone_find(home: Path) -> None:
    settings = LIGHT | {"ROOKERY_RESEARCH__EMBEDDER": "minilm", "ROOKERY_EMBEDDERS__MINILM__CARRIER": "no_such_package"}
    done = run("search", "rooks", "--json", home=home, settings=settings)
    assert [one["content"][:3] for one in json.loads(done.stdout)] == ["Ada"]
    assert "words only" in done.stderr


def test_credentials_reach_neither_memory_nor_any_file_of_the_home(tmp_path: Path) -> None:
    home, [token, key, password] = tmp_path / "home", SECRETS
    record = {
        "content": f"The token is {token} and password={password}",
        "key": f"key {key}",
        "tags": [f"tag {token}", "fine"],
        "source": f"https://ada:{password}@example.org/",
    }
    done = run("import", "-", home=home, stdin=lines(record))
    shown = run("add", f"Use {key}!", "-t", token, home=home)
    assert shown.stdout.endswith("(2 credentials were replaced)\n")
    listed = told("list", home=home)
    assert sorted(one["redactions"] for one in listed) == [2, 5]
    everything = done.stdout + done.stderr + shown.stdout + shown.stderr + json.dumps(listed)
    assert [secret for secret in SECRETS if secret in everything] == []
    files = [file for file in home.rglob("*") if file.is_file()]
    assert {"memory.db", "memory-index.db"} <= {file.name for file in files}
    for file in files:
        assert [secret for secret in SECRETS if secret.encode() in file.read_bytes()] == [], file


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings of machines that share an encrypted folder."""
    folder = tmp_path_factory.mktemp("shared")
    identity = run("identity", home=folder).stdout.strip()
    assert identity.startswith("AGE-SECRET-KEY-")
    return LIGHT | {
        "ROOKERY_SYNC__STORE": "directory",
        "ROOKERY_SYNC__IDENTITY": identity,
        "ROOKERY_OBJECT_STORES__DIRECTORY__PATH": str(folder),
    }


@contextmanager
def watching(home: Path, settings: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """Sync until the block ends, in whatever way."""
    command = [*MAIN, "memory", "sync", "--watch", "--interval", "1"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=environment(home, settings), text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def test_machines_exchange_what_they_remember_encrypted_until_they_are_interrupted(
    shared: dict[str, str], tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    run("add", "Rooks nest in elms.", "-t", "birds", home=here, settings=shared)
    run("add", "Kestrels hover over the weir.", home=there, settings=shared)
    with watching(here, shared) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("sent 1 (")
        report = told("sync", home=there, settings=shared)
        assert (report["sent"], report["received"], report["devices"]) == (1, 1, 1)
        assert "received 1 (" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=30)
    assert (process.returncode, complaint) == (130, "")
    assert run("export", home=here, settings=shared).stdout == run("export", home=there, settings=shared).stdout
    folder = Path(shared["ROOKERY_OBJECT_STORES__DIRECTORY__PATH"])
    objects = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert len(objects) == 4
    assert not any(word in content for content in objects for word in (b"Rooks", b"Kestrels", b"birds", b"rookery"))
