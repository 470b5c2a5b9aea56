"""The environment in which llama.cpp decodes on Vulkan's software device, or what is missing for it."""

import subprocess
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_DRIVERS = "/usr/share/vulkan/icd.d"


class Missing(Exception):
    """What has to be installed first."""


def software_device(shaders: Path) -> dict[str, str]:
    """Return the variables; compiled shaders are kept in a folder. Nothing is built here.

    Raises:
        Missing: the driver or the libraries are not here; the message says how to get them.
    """
    drivers = sorted(Path(_DRIVERS).glob("lvp_icd*.json"))
    if not drivers:
        raise Missing("Mesa's software device is missing: apt-get install mesa-vulkan-drivers")
    command = [str(_ROOT / "infra" / "llama" / "build-vulkan"), "--where"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        raise Missing(found.stderr.strip())
    return {
        "LLAMA_CPP_LIB_PATH": found.stdout.strip(),
        "VK_ICD_FILENAMES": str(drivers[0]),
        "GGML_VK_VISIBLE_DEVICES": "0",  # one of type CPU is left out unless it is named
        "MESA_SHADER_CACHE_DIR": str(shaders),
    }
