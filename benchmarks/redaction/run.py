"""Our rules beside those of detect-secrets, on the corpus of the tests; and how fast ours are.

`uv run python -m benchmarks.redaction.run`
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings

from rookery.domain.redaction import redact
from tests.attacks.credentials import Planted, credentials, left_of
from tests.attacks.innocents import innocents

HOSTILE = ("a", "password=", "://a:b", "curl ", "mysql ", "login x ", "eyJaaaaaaaaaa.", "?token=", "cookie sid=", "x-")
HOSTILE += ("Private-Lines: 1\n", "password is ", "a.b:1:c:d:", "session", "1//0", "auth=", "- a a a pass", "A_")


def theirs(text: str, *, entropy: bool) -> set[str]:
    """Return the secrets that detect-secrets finds, with all its plug-ins or without those that go by entropy alone."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "text.txt"
        file.write_text(text)
        found = SecretsCollection()
        found.scan_file(str(file))
    kept = [one for one in (found.files and found[str(file)]) or [] if entropy or "Entropy" not in one.type]
    return {one.secret_value or "" for one in kept}


def recall(planted: list[Planted], clean: Callable[[str], str]) -> float:
    """Return the share of texts of which no piece of a secret is left."""
    return sum(not left_of(one, clean(one.text)) for one in planted) / len(planted)


def _without(text: str, secrets: set[str]) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "[redacted]")
    return text


def _found_after(planted: Planted) -> bool:
    """Whether they find in a text, after ours, what was a part of a planted secret."""
    clean = redact(planted.text).text
    return any(found in secret for found in theirs(clean, entropy=False) for secret in planted.secrets if found)


def main() -> None:
    """Print the tables."""
    planted, harmless = credentials(7), innocents(107)
    print(f"{len(planted)} credentials of {len({one.kind for one in planted})} kinds, {len(harmless)} innocents")
    print(f"{'rules':34} {'recall':>7} {'false alarms':>13}")
    alarms = sum(redact(one.text).count > 0 for one in harmless) / len(harmless)
    print(f"{'Rookery':34} {recall(planted, lambda text: redact(text).text):7.3f} {alarms:13.3f}")
    with default_settings():
        for entropy in (True, False):
            label = "detect-secrets" if entropy else "detect-secrets without entropy"
            found = recall(planted, lambda text: _without(text, theirs(text, entropy=entropy)))  # noqa: B023
            alarms = sum(bool(theirs(one.text, entropy=entropy)) for one in harmless) / len(harmless)
            print(f"{label:34} {found:7.3f} {alarms:13.3f}")
        left = [one for one in planted if _found_after(one)]
        print(f"detect-secrets without entropy still finds a whole secret in {len(left)} of our clean texts")
    _speed()


def _speed() -> None:
    texts = {
        "innocents": "\n".join(one.text for one in innocents(107)) * 20,
        "credentials": "\n".join(one.text for one in credentials(7)),
        "prose": "The kittiwakes came back to the cliff, and the wardens counted two hundred pairs of them.\n" * 20_000,
    }
    for name, text in texts.items():
        print(f"{name:34} {len(text) / 1e6 / _seconds(text):7.1f} MB/s")
    print("hostile texts: time for 200,000 characters over time for 100,000 (2 is linear)")
    for piece in HOSTILE:
        short, long = piece * (100_000 // len(piece)), piece * (200_000 // len(piece))
        print(f"{piece!r:34} {_seconds(long) / _seconds(short):7.2f} {_seconds(long) * 1000:9.1f} ms")


def _seconds(text: str) -> float:
    times = []
    for _ in range(3):
        began = time.process_time()
        redact(text)
        times.append(time.process_time() - began)
    return max(min(times), 1e-6)


if __name__ == "__main__":
    main()
