"""What is remembered of devices, and for which machine."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.llms.llama_cpp.backends import Backends, BackendState
from rookery.adapters.llms.llama_cpp.looking import find_devices
from tests.support.llama import fake_worker


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    return file


def chosen(tmp_path: Path, device: str) -> tuple[Backends, Callable[[], BackendState]]:
    """Return what another process knows, and a probe that finds a device."""
    backends = Backends(
        tmp_path / "backends.json", device="auto", layers=-1, clock=ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    )
    return backends, lambda: backends.state(device, 8 if device != "CPU" else 0, 8, "found")


def test_a_choice_holds_for_the_next_process(tmp_path: Path, model: Path) -> None:
    first, probe = chosen(tmp_path, "CPU")
    first.choose(model, probe)
    later, probe = chosen(tmp_path, "Vulkan0")
    assert later.choose(model, probe).device == "CPU"


def test_a_home_that_comes_to_another_machine_has_its_devices_tried(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, probe = chosen(tmp_path, "CPU")
    first.choose(model, probe)
    monkeypatch.setenv("VK_DRIVER_FILES", "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json")
    there, probe = chosen(tmp_path, "Vulkan0")
    assert there.choose(model, probe).device == "Vulkan0"
    monkeypatch.delenv("VK_DRIVER_FILES")
    again, probe = chosen(tmp_path, "Vulkan0")
    assert again.choose(model, probe).device == "CPU"


@pytest.mark.anyio
async def test_devices_are_found_without_a_model() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    found = await find_devices(clock, command=fake_worker("--device", "Fake0"))
    assert [device.name for device in found] == ["Fake0"]
    assert await find_devices(clock, command=fake_worker()) == []
