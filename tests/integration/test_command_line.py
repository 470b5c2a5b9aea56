"""The command line, as scripts and people meet it."""

import json
import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.server import CORPUS, LIGHT, MAIN, ROOT, copy_home, environment, rookery

QUESTION = "When was the observatory founded?"
NOWHERE = "What is the boiling point of tungsten?"


@pytest.fixture(scope="module")
def home(well_read_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which one question was asked."""
    home = copy_home(well_read_home, tmp_path_factory.mktemp("module") / "home")
    asked = rookery("research", QUESTION, "--source", str(CORPUS), home=home)
    assert asked.returncode == 0, asked.stderr
    return home


def last_run(home: Path) -> dict:
    return json.loads(rookery("runs", "list", "--json", home=home).stdout)[0]


def test_the_answer_goes_to_stdout_and_the_progress_to_stderr(home):
    asked = rookery("research", QUESTION, "--source", str(CORPUS), home=home)
    assert "Sources" in asked.stdout
    assert "[1]" in asked.stdout
    assert "coordinator" not in asked.stdout
    assert "coordinator" in asked.stderr
    assert "\x1b[" not in asked.stdout + asked.stderr


def test_json_is_one_document_and_nothing_else(home):
    asked = rookery("research", QUESTION, "--json", home=home)
    result = json.loads(asked.stdout)
    assert result["status"] == "succeeded"
    assert asked.stderr == ""


def test_stream_json_is_the_events_line_by_line(home):
    asked = rookery("research", QUESTION, "--stream-json", home=home)
    events = [json.loads(line) for line in asked.stdout.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["type"] == "run_started"
    assert events[-1]["type"] == "run_finished"


def test_the_question_can_come_from_standard_input(home):
    asked = rookery("research", "-", "--json", home=home, stdin=QUESTION + "\n")
    assert json.loads(asked.stdout)["inputs"]["question"] == QUESTION


def test_a_question_that_is_not_answered_ends_with_code_3_and_says_so(home):
    asked = rookery("research", NOWHERE, "--source", str(CORPUS), home=home)
    assert asked.returncode == 3
    assert "The sources do not answer this question." in asked.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["research", "?!"], "no letter and no digit"),
        (["research", "Why?", "--depth", "bottomless"], "quick"),
        (["research", "Why?", "--model", "gpt-17"], "take one of these: extractive"),
        (["research", "Why?", "--namespace", "../x"], "namespace"),
        (["research", "Why?", "--max-seconds", "-1"], "max_seconds"),
        (["research", "Why?", "-o", "answer.docx"], ".md, .html, .pdf or .json"),
        (["research", "Why?", "-o", "nowhere/answer.md"], "there is no folder"),
        (["runs", "show", "unknown"], "there is no run unknown"),
        (["sources", "remove", "unknown"], "there is no document unknown"),
        (["agents", "show", "nobody"], "there are: coordinator"),
        (["tokens", "revoke", "unknown"], "there is no token unknown"),
        (["reserach", "Why?"], "reserach"),
    ],
)
def test_a_wrong_command_ends_with_code_2_and_says_what_to_do(home, arguments, complaint):
    told = rookery(*arguments, home=home)
    assert told.returncode == 2
    assert complaint in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("ending", ["md", "html", "json"])
def test_a_report_is_written_where_it_was_asked_for(home, tmp_path, ending):
    report = tmp_path / f"report.{ending}"
    rookery("research", QUESTION, "-o", str(report), home=home)
    assert QUESTION in report.read_text("utf-8")


def test_runs_can_be_shown_replayed_verified_and_exported(home, tmp_path):
    run = last_run(home)
    assert json.loads(rookery("runs", "show", run["id"], "--json", home=home).stdout) == run
    assert "[1]" in rookery("runs", "replay", run["id"], home=home).stdout
    verified = json.loads(rookery("runs", "verify", run["id"], "--json", home=home).stdout)
    assert (verified["citations"], verified["faults"]) == (len(run["result"]["citations"]), [])
    rookery("runs", "export", run["id"], "-o", str(tmp_path / "run.md"), home=home)
    assert (tmp_path / "run.md").is_file()
    events = json.loads(rookery("runs", "events", run["id"], "--json", home=home).stdout)
    assert events[-1]["type"] == "run_finished"


def test_a_finished_run_can_be_neither_resumed_nor_cancelled(home):
    run = last_run(home)
    for command in ("resume", "cancel", "pause"):
        told = rookery("runs", command, run["id"], home=home)
        assert told.returncode == 2
        assert "succeeded" in told.stderr


def test_documents_can_be_added_listed_and_removed(tmp_path):
    note = tmp_path / "note.md"
    note.write_text("# Rooks\n\nRooks nest in tall elms.\n")
    added = json.loads(rookery("sources", "add", str(note), "--json", home=tmp_path / "home").stdout)
    assert added["added"] == 1
    again = json.loads(rookery("sources", "add", str(note), "--json", home=tmp_path / "home").stdout)
    assert (again["added"], len(again["sources"])) == (0, 1)
    assert json.loads(rookery("research", "Where do rooks nest?", "--json", home=tmp_path / "home").stdout)["claims"]
    rookery("sources", "remove", added["sources"][0]["id"], home=tmp_path / "home")
    assert json.loads(rookery("sources", "list", "--json", home=tmp_path / "home").stdout) == []
    gone = rookery("research", "Where do rooks nest?", "--json", home=tmp_path / "home")
    assert json.loads(gone.stdout)["claims"] == []


def test_a_changed_document_replaces_what_was_there(tmp_path):
    note = tmp_path / "note.md"
    for tree in ("elms", "oaks"):
        note.write_text(f"# Rooks\n\nRooks nest in tall {tree}.\n")
        rookery("sources", "add", str(note), home=tmp_path / "home")
    asked = rookery("research", "Where do rooks nest?", "--json", home=tmp_path / "home")
    assert "oaks" in asked.stdout
    assert "elms" not in asked.stdout
    assert len(json.loads(rookery("sources", "list", "--json", home=tmp_path / "home").stdout)) == 1


def test_a_credential_is_nowhere_after_a_run(tmp_path):
    secret = "AKIA" + "Q3EGZ7XKJ4WLDM2P"
    note = tmp_path / "note.md"
    note.write_text(f"# Rooks\n\nRooks nest in tall elms. The key is {secret} and it is private.\n")
    home = tmp_path / "home"
    asked = rookery("research", f"Where do rooks nest? {secret}", "--source", str(note), home=home)
    assert asked.returncode == 0
    assert secret not in asked.stdout + asked.stderr
    for file in home.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file


def test_doctor_says_what_is_there(home):
    told = rookery("doctor", "--json", home=home)
    findings = {finding["name"]: finding for finding in json.loads(told.stdout)["findings"]}
    assert findings["embedder"]["state"] == "ok"
    assert findings["vector store"]["state"] == "ok"
    assert "14 documents" in findings["home"]["detail"]
    assert told.returncode == 0


def test_doctor_names_settings_as_they_are_written(tmp_path):
    pool = {"ROOKERY_RESEARCH__ORCHESTRATOR": "prefect", "ROOKERY_ORCHESTRATORS__PREFECT__WORK_POOL": "rookery"}
    told = rookery("doctor", home=tmp_path, settings=LIGHT | pool)
    assert told.returncode == 1
    assert "[orchestrators.prefect] api_url" in " ".join(told.stdout.split())


def test_without_an_embedder_the_run_goes_on_by_words_and_says_so_once(tmp_path):
    variables = environment(tmp_path) | {"ROOKERY_EMBEDDERS__MINILM__CARRIER": "no_such_package"}
    command = [*MAIN, "research", QUESTION, "--source", str(CORPUS), "--json"]
    asked = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=False)
    result = json.loads(asked.stdout)
    assert result["claims"]
    assert result["reflection_notes"].count("searched by words only") == 1


def test_init_writes_settings_that_load_and_overwrites_nothing(tmp_path):

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*MAIN, *arguments]
        variables = environment(tmp_path / "home")
        return subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)

    assert run("init").returncode == 0
    assert run("runs", "list").returncode == 0
    assert run("init").returncode == 2


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_interrupt_politely_and_the_run_can_be_resumed(tmp_path, sent):
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(300):
        (folder / f"{number}.md").write_text(f"# Note {number}\n\nRooks nest in tall elms, says note {number}.\n")
    command = [*MAIN, "research", "Where do rooks nest?", "--source", str(folder), "--stream-json"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(tmp_path / "home"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert '"run_started"' in process.stdout.readline()
        process.send_signal(sent)
        _, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "rookery runs resume" in complaint
    run = last_run(tmp_path / "home")
    assert run["status"] == "interrupted"
    resumed = rookery("runs", "resume", run["id"], "--json", home=tmp_path / "home")
    assert json.loads(resumed.stdout)["status"] == "succeeded"


def test_in_a_terminal_the_agents_are_shown_while_they_work(home):
    leader, follower = pty.openpty()
    command = [*MAIN, "research", QUESTION, "--source", str(CORPUS)]
    variables = environment(home) | {"TERM": "xterm-256color", "COLUMNS": "80"}
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=follower) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        process.communicate(timeout=60)
    os.close(leader)
    for agent in (b"coordinator", b"researcher-1", b"critic", b"writer"):
        assert agent in shown
