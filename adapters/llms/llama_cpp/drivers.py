"""Which GPUs and drivers a machine has, as far as the file system tells: enough to see that it is another one."""

import os
from pathlib import Path

_NODES = (("/dev/dri", "renderD*"), ("/dev", "nvidia[0-9]*"), ("/dev", "kfd"))
_MANIFESTS = ("/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d")
_VARIABLES = (
    "VK_ICD_FILENAMES",
    "VK_DRIVER_FILES",
    "GGML_VK_VISIBLE_DEVICES",
    "GGML_DISABLE_VULKAN",
    "CUDA_VISIBLE_DEVICES",
)


def drivers() -> str:
    """Return a text that is another one when a GPU or a driver came or went, or was hidden."""
    files = [str(path) for folder, pattern in _NODES for path in sorted(Path(folder).glob(pattern))]
    files += [str(path) for folder in _MANIFESTS for path in sorted(Path(folder).glob("*.json"))]
    return " ".join(files + [f"{name}={os.environ[name]}" for name in _VARIABLES if name in os.environ])
