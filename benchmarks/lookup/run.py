"""Ask whole research runs of a small trained model: `python benchmarks/lookup/run.py [--questions 40] [--devices cpu]`.

The model is trained first if it is not in the cache (`train.py`). It has seen no fact of the documents that are made
here. An answer counts when a supported claim has the word that was asked for, the model itself has spoken, and every
citation is at its offsets in the file whose digest it names. Prints the share of right answers and what they took.
"""

import argparse
import hashlib
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from train import default_path, trained
from worlds import Question, make_world

from tests.support.software_vulkan import Missing, software_device

WANTED = 0.9
PLACES, FACTS, PER_WORLD = 12, 4, 5
_NAMES = {"cpu": "CPU", "vulkan": "Vulkan0"}
_UNSEEN = 1_000_000  # seeds from here on are not those of lessons


class Asked(NamedTuple):
    """A question, the folder that answers it and its part of the library."""

    question: Question
    folder: Path
    namespace: str


class Answered(NamedTuple):
    """What came of a question; `fault` says why it does not count."""

    question: str
    fault: str | None
    seconds: float
    prompt_tokens: int
    completion_tokens: int


class Report(NamedTuple):
    """What came of all questions on a device."""

    device: str
    questions: int
    right: int
    verified: int
    seconds: float
    prompt_tokens: float
    completion_tokens: float
    faults: list[str]

    @property
    def share(self) -> float:
        """Of right answers."""
        return self.right / self.questions


def unseen(folder: Path, questions: int) -> Iterator[Asked]:
    """Write worlds into folders and yield questions about them."""
    for number in range(-(-questions // PER_WORLD)):
        place = folder / f"world-{number}"
        world = make_world(random.Random(_UNSEEN + number), places=PLACES, facts=FACTS)
        world.write(place)
        of_world = world.questions(min(PER_WORLD, questions - number * PER_WORLD), number)
        for place_in_world, question in enumerate(of_world):
            yield Asked(question, place, f"world-{number}-{place_in_world}")


def ask_all(model: Path, device: str, questions: int, folder: Path) -> Report:
    """Ask on a device; each question is a command of its own, in a part of the library of its own.

    Raises:
        Missing: the device cannot be used here.
        SystemExit: a run did not use it.
    """
    variables = {} if device == "cpu" else software_device(folder / "shaders")
    variables |= {
        "ROOKERY_HOME": str(folder / f"home-{device}"),
        "ROOKERY_LLMS__LLAMA_CPP__DEVICE": "cpu" if device == "cpu" else "auto",
        "ROOKERY_LLMS__LLAMA_CPP__LOAD_TIMEOUT_SECONDS": "1800",  # the first time, shaders are compiled
        "ROOKERY_LLMS__LLAMA_CPP__N_CTX": "2048",
        "ROOKERY_RESEARCH__FALLBACKS": "[]",
    }
    answers: list[Answered] = []
    for asked in unseen(folder / f"worlds-{device}", questions):
        answers.append(_ask(model, asked, variables))
        right = sum(answer.fault is None for answer in answers)
        print(f"{device}: {right} of {len(answers)} right", file=sys.stderr, flush=True)
    used = _device_of(model, variables)
    if used != _NAMES[device]:
        raise SystemExit(f"the runs used {used}, not {_NAMES[device]}")
    return _report(device, answers)


def _ask(model: Path, asked: Asked, variables: dict[str, str]) -> Answered:
    began = time.monotonic()
    options = ["--source", str(asked.folder), "--namespace", asked.namespace, "--depth", "quick"]
    result = _rookery(["research", asked.question.text, "--model", str(model), *options, "--json"], variables)
    seconds = time.monotonic() - began
    usage = result["usage"]
    return Answered(
        asked.question.text, fault_of(result, asked, model), seconds, usage["prompt_tokens"], usage["completion_tokens"]
    )


def fault_of(result: dict[str, Any], asked: Asked, model: Path) -> str | None:
    """Return why an answer does not count; null: it does."""
    if Path(result["model"]).stem != model.stem:
        return f"{result['model']} answered"
    for citation in result["citations"]:
        file = Path(unquote(urlsplit(citation["url"]).path))
        text = file.read_text("utf-8")
        if text[citation["start"] : citation["end"]] != citation["quote"]:
            return f"not a quote: {citation['quote']}"
        if hashlib.sha256(file.read_bytes()).hexdigest() != citation["source_sha256"]:
            return f"another source: {citation['url']}"
    told = [claim["text"] for claim in result["claims"] if claim["supported"] and claim["citations"]]
    if not any(re.search(rf"\b{asked.question.answer}\b", text) for text in told):
        return f"wanted {asked.question.answer}, got {told}"
    return None


def _device_of(model: Path, variables: dict[str, str]) -> str:
    found = _rookery(["doctor", "--json"], variables | {"ROOKERY_RESEARCH__MODEL": str(model)})
    [detail] = [finding["detail"] for finding in found["findings"] if finding["name"] == "model"]
    used = re.search(r" on (\w+)", detail)
    return used[1] if used else detail


def _rookery(arguments: Sequence[str], variables: dict[str, str]) -> Any:
    command = [str(Path(sys.executable).with_name("rookery")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | variables)
    if not done.stdout.strip():
        raise SystemExit(f"`rookery {arguments[0]}` failed ({done.returncode}): {done.stderr.strip()}")
    return json.loads(done.stdout)


def _report(device: str, answers: Sequence[Answered]) -> Report:
    return Report(
        device=device,
        questions=len(answers),
        right=sum(answer.fault is None for answer in answers),
        verified=sum(
            "quote" not in (answer.fault or "") and "source" not in (answer.fault or "") for answer in answers
        ),
        seconds=statistics.median(answer.seconds for answer in answers),
        prompt_tokens=statistics.fmean(answer.prompt_tokens for answer in answers),
        completion_tokens=statistics.fmean(answer.completion_tokens for answer in answers),
        faults=[f"{answer.question} {answer.fault}" for answer in answers if answer.fault],
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--devices", default="cpu,vulkan")
    parser.add_argument("--model", type=Path, default=default_path(), help="default: the one that train.py makes")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    model = trained(arguments.model)
    with tempfile.TemporaryDirectory() as folder:
        try:
            reports = [
                ask_all(model, device, arguments.questions, Path(folder)) for device in arguments.devices.split(",")
            ]
        except Missing as error:
            raise SystemExit(str(error)) from error
    if arguments.json:
        print(json.dumps([report._asdict() | {"share": report.share} for report in reports], indent=2))
        return
    for report in reports:
        print(
            f"{report.device:<8} right {report.right} of {report.questions} ({report.share:.2f}, wanted: {WANTED}), "
            f"citations verified {report.verified}, {report.seconds:.1f} s a run, "
            f"{report.prompt_tokens:.0f} + {report.completion_tokens:.0f} tokens"
        )
        print("".join(f"    {fault}\n" for fault in report.faults), end="")


if __name__ == "__main__":
    main()
