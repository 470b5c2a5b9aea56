"""CPU seconds to start, beside `python -c pass` in the same run. Limits: import 0.15 s, `--help` 0.5 s."""

import os
import statistics
import subprocess
import sys

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import rookery": ["-c", "import rookery"],
    "rookery --help": [
        "-c",
        "import sys; sys.argv = ['rookery', '--help']; from rookery.entrypoints.cli import main; main()",
    ],
}
ROUNDS = 7


def cpu_seconds(arguments: list[str]) -> float:
    """Return the user and system time that one fresh process took."""
    before = os.times()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Measure the commands in turns, so that all meet the same load, and print their medians."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, arguments in COMMANDS.items():
            times[name].append(cpu_seconds(arguments))
    floor = statistics.median(times["python -c pass"])
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:<16} {median:6.3f} s CPU   {median / floor:5.1f} × python -c pass")


if __name__ == "__main__":
    main()
