"""The command line for a person: questions in place, short ids, reports on paper."""

import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pypdf
import pytest

from tests.support import noticeboard
from tests.support.bad_models import decides, otherwise
from tests.support.good_models import is_first_round, task_of
from tests.support.openai_chat import Chat
from tests.support.openai_server import openai_server
from tests.support.server import CORPUS, LIGHT, MAIN, ROOT, environment, rookery
from tests.support.workspace import with_a_clerk

QUESTION = "When was the observatory founded?"
TRICKY = "late\u202e\x1b[2K and read"


def posts(asked):
    if not is_first_round(asked):
        return decides(("finish", {}))
    return decides(("post_notice", {"text": TRICKY if "tricky" in task_of(asked) else "it is late"}))


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def settings(home, tmp_path):
    with openai_server(chat=Chat(say=otherwise(act=posts), context=32768)) as model:
        yield LIGHT | {"ROOKERY_RESEARCH__OFFLINE": "false"} | with_a_clerk(home, tmp_path, model)


_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A command in a terminal of its own, 80 columns wide."""

    def __init__(self, *arguments, home, settings):
        self._ours, theirs = pty.openpty()
        variables = environment(home, settings) | {"COLUMNS": "80", "TERM": "xterm"}
        self.process = subprocess.Popen(
            [*MAIN, *arguments], cwd=ROOT, env=variables, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
        )
        os.close(theirs)
        self._written = ""

    @property
    def shown(self):
        """What was written, without colours and movements."""
        return _CONTROL.sub("", self._written)

    def until(self, words, *, seconds=60):
        """Read until these words are shown."""
        end = time.monotonic() + seconds
        while words not in self.shown and time.monotonic() < end:
            self._read()
        assert words in self.shown, self.shown

    def type(self, text):
        os.write(self._ours, text.encode())

    def end(self):
        """Return the exit code."""
        end = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < end:
            self._read()
        os.close(self._ours)
        return self.process.wait(1)

    def _read(self):
        if select.select([self._ours], [], [], 0.1)[0]:
            try:
                self._written += os.read(self._ours, 65536).decode("utf-8", "replace")
            except OSError:  # the command has ended
                time.sleep(0.01)


def pinned(tmp_path):
    return noticeboard.notices(tmp_path / "board.txt")


@pytest.mark.parametrize(("answer", "result"), [("y\n", ["it is late"]), ("n\n", []), ("\n", [])])
def test_who_sits_at_a_terminal_is_asked_in_place(home, settings, tmp_path, answer, result):
    terminal = Terminal("agents", "run", "clerk", "Post that it is late", home=home, settings=settings)
    terminal.until("approve? y/N")
    assert "text: it is late" in terminal.shown
    assert pinned(tmp_path) == []
    terminal.type(answer)
    terminal.end()
    assert pinned(tmp_path) == result


def test_hidden_characters_in_what_is_to_be_approved_are_shown(home, settings):
    terminal = Terminal("agents", "run", "clerk", "Post that it is tricky", home=home, settings=settings)
    terminal.until("approve? y/N")
    assert "late⟨U+202E⟩⟨U+001B⟩[2K and read" in terminal.shown
    terminal.type("n\n")
    terminal.end()


def test_a_decision_elsewhere_takes_the_question_away(home, settings, tmp_path):
    terminal = Terminal("agents", "run", "clerk", "Post that it is late", home=home, settings=settings)
    terminal.until("approve? y/N")
    [waiting] = json.loads(rookery("approvals", "list", "--json", home=home).stdout)["approvals"]
    rookery("approvals", "approve", waiting["id"], home=home)
    terminal.until("run ", seconds=60)
    terminal.end()
    assert pinned(tmp_path) == ["it is late"]


def test_ctrl_c_cancels_politely_and_says_how_to_go_on(home, settings):
    terminal = Terminal("agents", "run", "clerk", "Post that it is late", home=home, settings=settings)
    terminal.until("approve? y/N")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130
    assert re.search(r"go on with `rookery runs resume\s+[0-9a-f-]+", terminal.shown)
    assert "Traceback" not in terminal.shown


def test_nobody_is_asked_in_a_script(home, settings, tmp_path):
    command = [*MAIN, "agents", "run", "clerk", "Post that it is late", "--json"]
    variables = environment(home, settings)
    with subprocess.Popen(
        command, cwd=ROOT, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        end = time.monotonic() + 60
        waiting = []
        while not waiting and time.monotonic() < end:
            waiting = json.loads(rookery("approvals", "list", "--json", home=home).stdout)["approvals"]
        rookery("approvals", "deny", waiting[0]["id"], home=home)
        told, complaints = process.communicate(timeout=60)
    assert json.loads(told)["status"]
    assert b"approve?" not in told + complaints


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A home in which two questions were asked."""
    home = tmp_path_factory.mktemp("asked") / "home"
    for question in (QUESTION, "Wer gründete die Sternwarte, und wann? Πότε; Когда?"):
        told = rookery("research", question, "--source", str(CORPUS), "--json", home=home, settings=LIGHT)
        assert told.returncode in (0, 3), told.stderr
    return home


def ids(home):
    return [run["id"] for run in json.loads(rookery("runs", "list", "--json", home=home).stdout)]


def test_a_run_is_known_by_the_beginning_of_its_id(asked):
    later, sooner = ids(asked)
    shown = rookery("runs", "list", home=asked).stdout
    assert sooner[:13] in shown
    assert sooner not in shown
    assert json.loads(rookery("runs", "show", sooner[:13], "--json", home=asked).stdout)["id"] == sooner
    assert json.loads(rookery("runs", "verify", later[:13], "--json", home=asked).stdout)["run_id"] == later
    assert rookery("runs", "replay", later[:13], home=asked).returncode in (0, 3)
    assert rookery("runs", "cancel", later[:13], home=asked).returncode == 2


def test_a_beginning_that_several_runs_share_is_refused_with_their_ids(asked):
    told = rookery("runs", "show", ids(asked)[0][:4], home=asked)
    assert told.returncode == 2
    assert "2 runs begin with" in told.stderr
    assert "there is no run 01" in rookery("runs", "show", "01", home=asked).stderr


def test_a_pdf_has_the_question_the_quotes_and_every_alphabet(asked, tmp_path):
    for run in ids(asked):
        paper = tmp_path / f"{run}.pdf"
        done = rookery("runs", "export", run, "-o", str(paper), home=asked)
        assert done.returncode == 0, done.stderr
        shown = json.loads(rookery("runs", "show", run, "--json", home=asked).stdout)
        pages = pypdf.PdfReader(io.BytesIO(paper.read_bytes())).pages
        words = "".join("".join(page.extract_text().split()) for page in pages)
        assert "".join(shown["question"].split()) in words
        for citation in shown["result"]["citations"]:
            assert f"[{citation['id']}]" in words
            assert "".join(citation["title"].split())[:20] in words


@pytest.mark.parametrize(("typed", "meant"), [("reserach", "research"), ("runs lsit", "list"), ("dcotor", "doctor")])
def test_a_misspelt_command_is_guessed(typed, meant, tmp_path):
    told = rookery(*typed.split(), home=tmp_path)
    assert told.returncode == 2
    assert f"Did you mean '{meant}'" in told.stderr


def test_bash_completes_commands(tmp_path):
    typing = (
        'eval "$(_ROOKERY_COMPLETE=source_bash rookery)" && complete -p rookery && '
        "COMP_WORDS=(rookery runs ex) COMP_CWORD=2 && "
        '"$(complete -p rookery | sed "s/.*-F \\([^ ]*\\).*/\\1/")" rookery ex runs && printf "%s\\n" "${COMPREPLY[@]}"'
    )
    commands = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = environment(tmp_path) | {"PATH": commands}
    told = subprocess.run(["bash", "-c", typing], env=variables, capture_output=True, text=True, check=False)
    assert told.stdout.splitlines()[-1] == "export", told


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_told_how_to_complete_and_what(shell, tmp_path):
    script = rookery(home=tmp_path, settings={"_ROOKERY_COMPLETE": f"source_{shell}"})
    assert f"_ROOKERY_COMPLETE=complete_{shell}" in script.stdout
    asked = {"_TYPER_COMPLETE_ARGS": "rookery runs ex", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    told = rookery(home=tmp_path, settings=asked | {"_ROOKERY_COMPLETE": f"complete_{shell}"})
    assert "export" in told.stdout
    assert "list" not in told.stdout


def test_sigint_twice_ends_at_once(home, settings):
    terminal = Terminal("agents", "run", "clerk", "Post that it is late", home=home, settings=settings)
    terminal.until("approve? y/N")
    terminal.process.send_signal(signal.SIGINT)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130
