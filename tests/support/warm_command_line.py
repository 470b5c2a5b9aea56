"""A command line that is warm: each command runs in a process of its own, forked from one that has imported all.

    python -m tests.support.warm_command_line SOCKET

reads command lines from standard input, as JSON lists, runs them to warm up, says `ready`, and serves. `CLIENT` is the
program that hands it a command with folder, environment and standard files, and ends with the command's exit code.
"""

import json
import os
import signal
import socket
import sys
from typing import Any

CLIENT = """import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as door:
    door.connect({socket!r})
    asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(door, [len(asked).to_bytes(4, "big")], [0, 1, 2])
    door.sendall(asked)
    code = door.recv(1)
os._exit(code[0] if code else 70)
"""


def serve(path: str) -> None:
    """Serve until the process is ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(16)
        print("ready", flush=True)
        while True:
            door, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _run(door)
            door.close()


def _run(door: socket.socket) -> None:
    """Be a command: take over what its client has, and end with its code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    arguments, folder, variables = _asked(door)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    code = _code_of(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    door.sendall(bytes([code]))
    os._exit(code)


def _asked(door: socket.socket) -> tuple[list[str], str, dict[str, str]]:
    length, files, _, _ = socket.recv_fds(door, 4, 3)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    with door.makefile("rb") as stream:
        asked: Any = json.loads(stream.read(int.from_bytes(length, "big")))
    return asked[0], asked[1], asked[2]


def _code_of(arguments: list[str]) -> int:
    from rookery.entrypoints.cli import main

    sys.argv = ["rookery", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


if __name__ == "__main__":
    door_path = sys.argv[1]
    for line in sys.stdin:
        assert _code_of(json.loads(line)) in (0, 3), line
    serve(door_path)
