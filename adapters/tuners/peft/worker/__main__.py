"""`python -m rookery.adapters.tuners.peft.worker`: one training by standard input, answers by standard output."""

import os
import sys
import threading
from typing import BinaryIO

from rookery.adapters.tuners.peft.wire import Done, Refused, Step
from rookery.adapters.tuners.peft.worker.weights import Untunable
from rookery.domain.lessons import Training

_SETTINGS = {
    "HF_HUB_OFFLINE": "1",  # all that is needed is in the file
    "TRANSFORMERS_VERBOSITY": "error",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # or CUDA's sums depend on their order
}


def main() -> None:
    """Train once. The process ends when nobody listens any more."""
    os.environ.update(_SETTINGS)
    answers = _standard_output()
    training = Training.model_validate_json(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with, args=(sys.stdin.buffer,), daemon=True).start()
    from rookery.adapters.tuners.peft.worker.training import train

    def tell(answer: Step | Done | Refused) -> None:
        answers.write(answer.model_dump_json().encode() + b"\n")
        answers.flush()

    try:
        done = train(training, lambda progress: tell(Step(progress=progress)))
    except Untunable as error:
        tell(Refused(why=str(error)))
    else:
        tell(Done(trained=done))
    os._exit(0)  # the thread that listens would hold the process


def _standard_output() -> BinaryIO:
    """What a library prints must not come between answers: from now on it goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _end_with(requests: BinaryIO) -> None:
    requests.read()
    os._exit(1)


if __name__ == "__main__":
    main()
