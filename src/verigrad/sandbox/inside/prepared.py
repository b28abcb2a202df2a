"""System calls whose arguments stand ready, and the memory that the kernel reads and fills.

After a fork every page that is touched must be copied, which costs more than the call itself. So
the calls on a job's path go through one function with integers made beforehand: no wrapper, no
result object, no exception unless something is wrong. Layouts are those of 64-bit Linux.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from typing import NamedTuple

from . import machine, messages
from .calls import CLONE_NEWPID
from .settings import CONTROL, FROM_CLEANER, TO_CLEANER

Call = tuple[int, int, int, int, int, int]

_CLONE_PIDFD, _SIGCHLD = 0x1000, 17
_AT_FDCWD = -100
_ANY_CHILD = -1
_POLL_IN = 1
_STAT_BYTES = 144  # struct stat is at most that
_PROT_READ_WRITE, _MAP_SHARED_ANONYMOUS = 3, 0x21
_PAGE = 4096  # a larger page is mapped whole all the same
_CAPABILITY_VERSION_3 = 0x20080522
_SOL_SOCKET, _SCM_RIGHTS = 1, 1
_NPROC = 6
_ALL = (1 << 31) - 1
CONTROL_BYTES = 64  # room for 12 descriptors
_OWN = (CONTROL, TO_CLEANER, FROM_CLEANER)
_numbers = machine.numbers()

call = ctypes.PyDLL(None).syscall  # keeps the interpreter lock: there is no other thread
call.argtypes = [ctypes.c_long] * 6
call.restype = ctypes.c_long


def _prepared(name: str, *arguments: int) -> Call:
    first, second, third, fourth, fifth = (*arguments, *[0] * (5 - len(arguments)))
    return _numbers[name], first, second, third, fourth, fifth


def _room(content: bytes) -> tuple[ctypes.Array[ctypes.c_char], int]:
    buffer = ctypes.create_string_buffer(content, len(content))
    return buffer, ctypes.addressof(buffer)


class Mark:
    """A word shared by the zygote and a job until the job gives it up: its code is about to run."""

    def __init__(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
        address = libc.mmap(None, _PAGE, _PROT_READ_WRITE, _MAP_SHARED_ANONYMOUS, -1, 0)
        if address in (None, ctypes.c_void_p(-1).value):
            raise OSError(ctypes.get_errno(), "mmap of a shared page failed")
        self.address: int = address
        self.word = ctypes.c_uint64.from_address(address)
        self.give_up = _prepared("munmap", address, _PAGE)


class Plan(NamedTuple):
    """The calls for a job with a certain number of descriptors, the last of which is its program.

    arrived: the control data of a message whose descriptors arrived at 0, 1, 2, ...
    release: the zygote lets go of the job's descriptors; forget: of its handle, the next number.
    opening: the job's own first steps, before its program is read; closing: those after that.
    payload: the program's descriptor.
    """

    arrived: bytes
    release: list[Call]
    forget: Call
    opening: list[Call]
    closing: list[Call]
    payload: int


def plan(descriptors: int, *, has_namespaces: bool, limits_at: int) -> Plan:
    """How to run jobs whose request lies in memory so that its limits are at `limits_at`."""
    numbers = struct.pack(f"<{descriptors}i", *range(descriptors))
    arrived = struct.pack("<Qii", 16 + len(numbers), _SOL_SOCKET, _SCM_RIGHTS) + numbers
    opening = [_prepared("setsid"), *_closing(descriptors, _ALL, open_ones=_OWN)]
    if has_namespaces:
        opening.append(_prepared("capset", _capabilities_at, _nothing_at))
    closing = [_prepared("close", descriptors - 1)]
    for position, resource in enumerate(messages.RESOURCES):
        if resource == _NPROC and not has_namespaces:
            continue  # it would count all of this user's processes
        at = limits_at + position * messages.LIMIT.size
        closing.append(_prepared("prlimit64", 0, resource, at))
    return Plan(
        arrived,
        _closing(0, descriptors - 1, open_ones=range(descriptors)),
        _prepared("close", descriptors),
        opening,
        closing,
        descriptors - 1,
    )


def _closing(first: int, last: int, *, open_ones: Sequence[int]) -> list[Call]:
    """Close a range of descriptors; before Linux 5.9 those that are known to be open in it."""
    if call(*_prepared("close_range", _ALL, _ALL)) == 0:
        return [_prepared("close_range", first, last)]
    return [_prepared("close", number) for number in open_ones]


def rehearsal(payload: int) -> Plan:
    """A plan that does nothing, as often as the other."""
    return Plan(b"", [NOTHING], NOTHING, [NOTHING] * 3, [NOTHING] * 9, payload)


NOTHING = _prepared("getpid")
_capabilities, _capabilities_at = _room(struct.pack("<Ii", _CAPABILITY_VERSION_3, 0))
_nothing, _nothing_at = _room(bytes(24))


class Desk:
    """What a zygote needs to speak with the outside and to watch one job."""

    def __init__(self, control: int, mark: Mark) -> None:
        self.request, request_at = _room(bytes(messages.REQUEST_BYTES))
        self.control, control_at = _room(bytes(CONTROL_BYTES))
        self._vector, vector_at = _room(struct.pack("<QQ", request_at, len(self.request)))
        header = struct.pack("<7Q", 0, 0, vector_at, 1, control_at, len(self.control), 0)
        self._header, header_at = _room(header)
        self.limits_at = request_at + messages.REQUEST.size
        self.control_size = ctypes.c_uint64.from_address(header_at + 40)
        self.receive = _prepared("recvmsg", control, header_at, 0)

        self._watched, watched_at = _room(struct.pack("<iHHiHH", control, _POLL_IN, 0, 0, 1, 0))
        self.heard = ctypes.c_uint16.from_address(watched_at + 6)
        self.handle = ctypes.c_int32.from_address(watched_at + 8)
        self.ended = ctypes.c_uint16.from_address(watched_at + 14)
        clock_at = request_at + messages.CLOCK_AT
        self.wait_until = _prepared("ppoll", watched_at, 2, clock_at, 0, 8)
        self.wait = _prepared("ppoll", watched_at, 2, 0, 0, 8)
        flags = CLONE_NEWPID | _CLONE_PIDFD | _SIGCHLD
        self.fork_alone = _prepared("clone", flags, 0, watched_at + 8)

        shared_bytes, own_bytes = messages.REPLY_PARTS
        self._reply, reply_at = _room(bytes(own_bytes))
        self.timed_out = ctypes.c_uint64.from_address(reply_at)
        status_at, usage_at = reply_at + messages.STATUS_AT, reply_at + messages.USAGE_AT
        self.reap = _prepared("wait4", _ANY_CHILD, status_at, 0, usage_at)
        parts = struct.pack("<4Q", mark.address, shared_bytes, reply_at, own_bytes)
        self._parts, parts_at = _room(parts)
        self.answer = _prepared("writev", control, parts_at, 2)


class Look:
    """What can be seen from outside a directory of its entries: any change there changes this."""

    def __init__(self) -> None:
        self._here, here_at = _room(b".\0")
        self.facts, facts_at = _room(bytes(_STAT_BYTES))
        self.look = _prepared("newfstatat", _AT_FDCWD, here_at, facts_at, 0)
