"""What Linux offers against leaving a folder: openat2 (from 5.6) and Landlock (from 5.13).

Numbers and structures are those of `linux/openat2.h` and `linux/landlock.h`; the C library has no functions for them.
The numbers of system calls this young are the same on all architectures but Alpha.
"""

import ctypes
import os
import sys
from functools import cache

_OPENAT2, _CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 437, 444, 445, 446
_NO_XDEV, _NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x01, 0x02, 0x04, 0x08
_PR_SET_NO_NEW_PRIVS = 38
_RULESET_VERSION, _PATH_BENEATH = 1, 1

_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = (1 << bit for bit in (1, 2, 3, 5, 7, 8))
_TRUNCATE = 1 << 14
_READ = _READ_FILE | _READ_DIR
_WRITE = _READ | _WRITE_FILE | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG
_HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}  # by ABI
_NETWORK = 0b11  # bind and connect by TCP, from ABI 4
_SCOPED = 0b11  # abstract sockets and signals, from ABI 6


class _How(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


class _Ruleset(ctypes.Structure):
    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


@cache
def _libc() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def _call(number: int, *arguments: object) -> int:
    result = int(_libc().syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def open_beneath(root: int, path: str, flags: int) -> int:
    """Open what lies below the folder `root`, through no link and in no other mount, and return its descriptor.

    Raises:
        OSError: it cannot be opened; EXDEV where it leads out, ELOOP where a link is on the way, EAGAIN where something
            was moved meanwhile.
    """
    how = _How(flags, 0, _BENEATH | _NO_MAGICLINKS | _NO_SYMLINKS | _NO_XDEV)
    size = ctypes.c_size_t(ctypes.sizeof(how))
    return _call(_OPENAT2, ctypes.c_int(root), ctypes.c_char_p(path.encode()), ctypes.byref(how), size)


@cache
def has_openat2() -> bool:
    """Whether `open_beneath` works here; containers may forbid it."""
    if sys.platform != "linux":
        return False
    folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.close(open_beneath(folder, ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    except OSError:
        return False
    finally:
        os.close(folder)
    return True


@cache
def landlock_abi() -> int:
    """Return the version of Landlock that is in force here; 0 for none."""
    if sys.platform != "linux":
        return 0
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_RULESET_VERSION))
    except OSError:
        return 0


def restrict_thread(abi: int, root: int, *, writable: bool) -> None:
    """Take from the calling thread, for good, all files but those below `root`, and what else Landlock can take.

    Raises:
        OSError: the kernel refused.
    """
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    handled = _HANDLED[min(abi, 5)]
    attributes = _Ruleset(handled, _NETWORK if abi >= 4 else 0, _SCOPED if abi >= 6 else 0)
    rules = _call(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        allowed = ((_WRITE | _TRUNCATE) if writable else _READ) & handled
        below = _PathBeneath(allowed, root)
        _call(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(_PATH_BENEATH), ctypes.byref(below), ctypes.c_uint32(0))
        if _libc().prctl(_PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))) != 0:
            raise OSError(ctypes.get_errno(), "no_new_privs was refused")
        _call(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)
