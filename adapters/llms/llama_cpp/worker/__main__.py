"""`python -m rookery.adapters.llms.llama_cpp.worker`: frames by standard input, answers by standard output."""

import os
import signal
import sys
import threading
import traceback
from typing import BinaryIO

from rookery.adapters.llms.llama_cpp.worker.machine import wait_in_sleep
from rookery.adapters.llms.llama_cpp.worker.serve import serve


def main() -> None:
    """Serve until the end. Ctrl-C is left to whoever started this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["GGML_NO_BACKTRACE"] = "1"  # or a debugger is started when llama.cpp aborts
    wait_in_sleep()
    threading.excepthook = lambda failure: _end(failure.exc_value)
    sys.excepthook = lambda _, failure, __: _end(failure)
    serve(sys.stdin.buffer, _standard_output())
    sys.stdout.flush()
    os._exit(0)


def _standard_output() -> BinaryIO:
    """What a library prints must not come between frames: from now on it goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _end(failure: BaseException | None) -> None:
    """A process of which a part has failed is of no use; another is started for it."""
    traceback.print_exception(failure)
    sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    main()
