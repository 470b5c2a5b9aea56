"""A sync exchanges what is new, little more, and everything."""

import random

import pytest

from rookery.domain.memories import NewMemory
from tests.support.devices import Device, assert_all_agree, is_idle, sync_until_idle
from tests.support.mortal import Crash
from tests.support.shared_store import Fault, SharedStore
from tests.support.stepping import run


def connected(count: int) -> list[Device]:
    store, written = SharedStore(), set[str]()
    return [Device(f"machine-{number}", number, store, written) for number in range(count)]


def some_memories(count: int, *, seed: int) -> list[NewMemory]:
    chance = random.Random(seed)
    return [
        NewMemory(namespace="agents", key=f"{seed}-{number}", content=f"{chance.getrandbits(400):x}")
        for number in range(count)
    ]


def test_one_memory_more_costs_one_small_segment() -> None:
    first, second = connected(2)
    first.remember(*some_memories(2000, seed=1))
    whole = first.sync()
    assert (whole.sent, second.sync().received) == (2000, 2000)
    first.remember(*some_memories(1, seed=2))
    sent, received = first.sync(), second.sync()
    assert (sent.sent, sent.segments_sent, received.received, received.segments_received) == (1, 1, 1, 1)
    assert sent.bytes_sent == received.bytes_received < whole.bytes_sent / 200
    assert is_idle(second.sync())


def test_what_was_received_is_not_sent_again() -> None:
    first, second = connected(2)
    for seed in range(3):
        first.remember(*some_memories(10, seed=seed))
        first.sync()
    assert second.sync().received == 30
    assert is_idle(second.sync())
    assert is_idle(first.sync())


def test_an_idle_sync_asks_twice_for_each_device_however_much_they_wrote() -> None:
    devices = connected(5)
    for number in range(6):
        for device in devices:
            device.remember(*some_memories(1, seed=10 * number + device.clock.lane))
            device.sync()
    sync_until_idle(devices, rounds=4)
    for device in devices:
        device.line.calls.clear()
        device.sync()
        assert device.line.calls == {"names": 2 * len(devices) + 1}


def test_what_other_programs_put_into_the_store_stops_nobody() -> None:
    first, second = connected(2)
    first.remember(*some_memories(3, seed=1))
    first.sync()
    [device] = {name.split("/")[1] for name in first.store.log if name.startswith("devices/")}
    for name in (
        "devices/readme.txt",
        f"devices/{device}/notes",
        f"devices/{device}/\U0001f426",
        "devices/zz/1 (copy)",
    ):
        run(first.store.put_new(name, b""))
    report = second.sync()
    assert (report.received, report.problems) == (3, [])


def test_what_comes_late_is_waited_for_and_told() -> None:
    first, second = connected(2)
    for seed in range(3):
        first.remember(*some_memories(1, seed=seed))
        first.sync()
    second.line.faults.extend([Fault.PATCHY] * 3)
    early = second.sync()
    assert early.received == 0
    assert "segment 1 is not there yet" in " ".join(early.problems)
    late = second.sync()
    assert (late.received, late.problems) == (3, [])


def test_a_claim_that_names_no_segment_is_told_and_the_other_devices_are_read() -> None:
    first, second = connected(2)
    first.remember(*some_memories(3, seed=1))
    first.sync()
    run(first.store.put_new("devices/broken/000000000001", b""))
    run(first.store.put_new("devices/zz/000000000001", b"../../secrets"))
    report = second.sync()
    assert report.received == 3
    assert [problem.split(":")[0] for problem in report.problems] == ["from broken", "from zz"]


def test_a_segment_that_was_changed_in_the_store_is_told_and_not_taken() -> None:
    first, second = connected(2)
    first.remember(*some_memories(1, seed=1))
    run(first.store.put_new("segments/" + "0" * 64, b"not what its name says"))
    run(first.store.put_new("devices/liar/000000000001", b"0" * 64))
    report = second.sync()
    assert report.received == 0
    assert "damaged" in " ".join(report.problems)


def test_a_journal_from_a_backup_gets_back_what_it_had_sent_and_received_since() -> None:
    first, second = connected(2)
    first.remember(*some_memories(1, seed=1))
    backup = first.back_up()
    first.remember(*some_memories(2, seed=2))
    second.remember(*some_memories(2, seed=3))
    sync_until_idle([first, second], rounds=4)
    first.put_back(backup, ledger=False, index=False)
    first.remember(*some_memories(4, seed=4))  # it is as long as it was, and another
    sync_until_idle([first, second], rounds=4)
    assert_all_agree([first, second])
    assert len(first.versions()) == 9


def test_what_was_packed_when_the_journal_was_lost_is_sent_and_comes_back() -> None:
    first, second = connected(2)
    backup = first.back_up()
    [packed] = first.remember(*some_memories(1, seed=1))
    first.fuse.set(2, after_effect=False)  # the ledger is written, the store is not
    with pytest.raises(Crash):
        first.sync()
    first.put_back(backup, ledger=False, index=False)
    sync_until_idle([first, second], rounds=4)
    assert first.versions() == second.versions() == [packed]


def test_a_copied_home_goes_on_under_a_name_of_its_own() -> None:
    first, second, copy = connected(3)
    first.remember(*some_memories(2, seed=1))
    first.sync()
    copy.put_back(first.back_up(), ledger=True, index=True)
    for device, seed in ((first, 2), (copy, 3), (first, 4), (copy, 5)):
        device.remember(*some_memories(1, seed=seed))
        device.sync()
    sync_until_idle([first, second, copy], rounds=4)
    assert_all_agree([first, second, copy])
    assert len(second.versions()) == 6
    assert len({name.split("/")[1] for name in first.store.log if name.startswith("devices/")}) == 2
