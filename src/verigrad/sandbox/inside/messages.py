"""What a zygote and the outside say to each other about jobs, in fixed layouts.

The zygote reads and answers without making anything that a fork would have to copy: the kernel
itself reads the job's clock (struct timespec) and limits (struct rlimit64) from the request, and
writes the job's end into the reply (wait status, struct rusage, of which only the times are read).
Nothing that comes from inside is ever unmarshalled.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

REQUEST = struct.Struct("<8q")
CLOCK_AT = 8  # where in a request its timespec is
LIMIT = struct.Struct("<QQ")  # soft, hard
RESOURCES = (0, 1, 7, 4, 8, 3, 9, 6)  # CPU FSIZE NOFILE CORE MEMLOCK STACK AS NPROC
REQUEST_BYTES = REQUEST.size + len(RESOURCES) * LIMIT.size
KILL = struct.Struct("<q")  # an order to kill: the job's number
REPLY = struct.Struct("<?7x?7xi4x4q112x")
REPLY_PARTS = (8, REPLY.size - 8)  # the first from the page shared with the job, the rest our own
STATUS_AT, USAGE_AT = 8, 16  # in the second part
_SECOND_NS = 1_000_000_000


def pack_request(
    job: int,
    wall_s: float,
    *,
    payload_bytes: int,
    processes: int,
    descriptors: int,
    disk: tuple[int, int],
    limits: bytes,
) -> bytes:
    """What the zygote is told of a job.

    descriptors: how many come along: 0, 1, 2, the message's two [, the peer's two], the payload.
    disk: bytes and files. limits: as `pack_limits` gives them.
    """
    clock = divmod(int(wall_s * _SECOND_NS), _SECOND_NS)
    return REQUEST.pack(job, *clock, payload_bytes, processes, descriptors, *disk) + limits


def pack_limits(values: Sequence[int]) -> bytes:
    """One for each of `RESOURCES`, soft and hard alike."""
    return b"".join(LIMIT.pack(value, value) for value in values)


class Reply(NamedTuple):
    """What the zygote says of a finished job.

    started: the job's own code ran. False is the sandbox's failure, which no job can forge.
    """

    wait_status: int
    started: bool
    timed_out: bool
    cpu_s: float

    @property
    def was_killed(self) -> bool:
        """Whether SIGKILL ended it and the zygote's clock did not send it."""
        return self.wait_status & 0x7F == 9 and not self.timed_out


def unpack_reply(message: bytes) -> Reply:
    """The reply in `message`. Raises struct.error for anything else."""
    started, timed_out, status, user_s, user_us, system_s, system_us = REPLY.unpack(message)
    cpu_s = user_s + system_s + (user_us + system_us) / 1e6
    return Reply(status, started, timed_out, cpu_s)
