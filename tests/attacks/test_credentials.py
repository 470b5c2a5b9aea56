"""Credentials are found and innocents stay: measured on a corpus that is drawn by lot."""

from collections import Counter
from collections.abc import Iterable

import pytest

from rookery.domain.redaction import redact
from tests.attacks.credentials import Planted, credentials, left_of
from tests.attacks.innocents import innocents

SEEDS = (1, 2, 3)


def table(all_of_it: Iterable[str], wrong: Iterable[str]) -> str:
    """Return how many there are of each kind, and how many went wrong."""
    counted, failed = Counter(all_of_it), Counter(wrong)
    return "\n".join(f"{kind:24} {counted[kind]:4} {failed[kind] or '':4}" for kind in sorted(counted))


@pytest.mark.parametrize("seed", SEEDS)
def test_credentials_are_found_whole(seed: int) -> None:
    planted = credentials(seed)
    missed = [one for one in planted if left_of(one, redact(one.text).text)]
    print(table((one.kind for one in planted), (one.kind for one in missed)))
    assert len(planted) >= 200
    assert len({one.kind for one in planted}) >= 30
    assert len(missed) <= len(planted) * 0.02, [one.text for one in missed]


@pytest.mark.parametrize("seed", SEEDS)
def test_innocents_stay(seed: int) -> None:
    harmless = innocents(seed + 100)
    accused = [one for one in harmless if redact(one.text).text != one.text]
    print(table((one.kind for one in harmless), (one.kind for one in accused)))
    assert len({one.text for one in harmless}) >= 200
    assert len(accused) <= len(harmless) * 0.01, [one.text for one in accused]


@pytest.mark.parametrize("planted", credentials(4, each=2), ids=lambda planted: planted.kind)
def test_nothing_but_the_credential_goes_and_doing_it_again_changes_nothing(planted: Planted) -> None:
    text = f"Kittiwakes came back in 1959.\n\n{planted.text}\n\nThe wardens counted 213 pairs."
    clean = redact(text)
    assert clean.count >= 1
    assert clean.text.startswith("Kittiwakes came back in 1959.\n\n")
    assert clean.text.endswith("\n\nThe wardens counted 213 pairs.")
    assert redact(clean.text).count == 0


def test_a_credential_is_found_among_much_that_is_none() -> None:
    harmless = "\n".join(one.text for one in innocents(105))
    for planted in credentials(5, each=1):
        clean = redact(f"{harmless}\n{planted.text}\n{harmless}")
        assert not left_of(planted, clean.text), planted
