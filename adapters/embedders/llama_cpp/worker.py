"""The process that holds a model: it answers what comes by standard input, and ends when that is closed."""

import os
import signal
import sys
from typing import BinaryIO

from rookery.adapters.embedders.llama_cpp.model import Model, Unusable
from rookery.adapters.embedders.llama_cpp.wire import Answer, Embed, Load, pack, read, write


def main() -> None:
    """Load the model that the first frame names, then embed until the end. Ctrl-C is left to the embedder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.stdin.buffer, _standard_output())


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer each frame by one; a model that cannot be loaded ends it."""
    first = read(requests)
    if first is None:
        return
    try:
        model = Model(Load.model_validate_json(first[0]))
    except Unusable as error:
        write(answers, Answer(error=str(error)))
        return
    write(answers, Answer(dimension=model.dimension))
    while (request := read(requests)) is not None:
        _answer(model, Embed.model_validate_json(request[0]), answers)


def _answer(model: Model, request: Embed, answers: BinaryIO) -> None:
    try:
        vectors = pack(model.embed(request.texts))
    except Unusable as error:
        write(answers, Answer(error=str(error)))
    else:
        write(answers, Answer(dimension=model.dimension), vectors)


def _standard_output() -> BinaryIO:
    """What a library prints must not come between frames: from now on it goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


if __name__ == "__main__":
    main()
