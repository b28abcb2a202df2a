"""The system calls that Python has no function for, by ctypes. Each raises OSError on failure."""

from __future__ import annotations

import ctypes
import os
import struct

from . import machine

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x00020000, 0x02000000, 0x04000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_NOATIME, MS_BIND, MS_REC, MS_PRIVATE = 1024, 4096, 16384, 1 << 18
MNT_DETACH = 2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_NOEXEC = 1, 2, 4, 8
_AT_RECURSIVE = 0x8000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_PR_SET_CHILD_SUBREAPER = 36
_SECCOMP_MODE_FILTER = 2

_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long
_numbers = machine.numbers()


def call(name: str, *arguments: object) -> int:
    """One system call by name: ints, bytes, None and ctypes buffers as arguments."""
    passed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = _syscall(ctypes.c_long(_numbers[name]), *passed)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces in `flags` for new ones."""
    call("unshare", flags)


def mount(source: str, target: str, kind: str, *, flags: int = 0, options: str = "") -> None:
    """Attach a file system, or with MS_BIND a tree that is already visible, at `target`."""
    texts = [text.encode() if text else None for text in (source, target, kind, options)]
    call("mount", texts[0], texts[1], texts[2], flags, texts[3])


def unmount(target: str) -> None:
    """Detach what is mounted at `target`, busy or not."""
    call("umount2", target.encode(), MNT_DETACH)


def restrict_mount(target: str, attributes: int, *, recursive: bool) -> None:
    """Add ATTR_* to the mount at `target`, and to those below it if recursive (Linux 5.12)."""
    flags = _AT_RECURSIVE if recursive else 0
    change = ctypes.create_string_buffer(struct.pack("<QQQQ", attributes, 0, 0, 0), 32)
    call("mount_setattr", -100, target.encode(), flags, change, 32)


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root directory and put the present one at `old`."""
    call("pivot_root", new.encode(), old.encode())


def _prctl(option: int, value: int, pointer: object = None) -> None:
    # variadic C function: every argument must have full width
    rest = [pointer if pointer is not None else ctypes.c_ulong(0), ctypes.c_ulong(0)]
    if _libc.prctl(ctypes.c_int(option), ctypes.c_ulong(value), *rest, ctypes.c_ulong(0)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def set_dumpable(value: int) -> None:
    """0: no core dump, no ptrace and no /proc access by equals; 1: the default."""
    _prctl(_PR_SET_DUMPABLE, value)


def die_with_parent() -> None:
    """Be killed when the parent (thread) ends."""
    _prctl(_PR_SET_PDEATHSIG, 9)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ended."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def forbid_new_privileges() -> None:
    """No exec may ever gain privileges again, here and in all children."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def install_filter(program: bytes) -> None:
    """Put a seccomp filter (an array of sock_filter) on this thread and its children."""
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(code))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.create_string_buffer(header, len(header)))
