"""From what is known of an ended job to its status."""

import resource
import signal
import struct

import pytest

from verigrad.sandbox import Limits, Result, Status
from verigrad.sandbox.ending import classify
from verigrad.sandbox.inside.messages import (
    REQUEST_BYTES,
    RESOURCES,
    Reply,
    pack_limits,
    pack_request,
    unpack_reply,
)


def end(
    code: int = 0,
    *,
    by: int = 0,
    cpu_s: float = 0.0,
    started: bool = True,
    timed_out: bool = False,
    stderr: bytes = b"",
    killed_for: Status | None = None,
    **partial,
) -> Result:
    wait_status = by or code << 8
    reply = Reply(wait_status, started, timed_out, cpu_s)
    return classify(
        Limits(cpu_s=2.0),
        reply,
        killed_for=killed_for,
        partial=Result(Status.FAILED, stderr=stderr, **partial),
    )


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({}, Status.EXITED),
        ({"code": 3}, Status.EXITED),
        ({"by": signal.SIGSEGV}, Status.SIGNALLED),
        ({"by": signal.SIGKILL, "cpu_s": 1.99}, Status.TIMEOUT),
        ({"by": signal.SIGKILL, "cpu_s": 0.1}, Status.SIGNALLED),
        ({"by": signal.SIGXFSZ}, Status.DISK_LIMIT),
        ({"timed_out": True, "by": signal.SIGKILL}, Status.TIMEOUT),
        ({"killed_for": Status.MEMORY, "by": signal.SIGKILL}, Status.MEMORY),
        ({"stdout_cut": True}, Status.OUTPUT_LIMIT),
        ({"message_cut": True}, Status.OUTPUT_LIMIT),
        ({"stderr_cut": True}, Status.EXITED),
        ({"code": 1, "stderr": b"...\nMemoryError\n"}, Status.MEMORY),
        ({"code": 1, "stderr": b"RuntimeError: can't start new thread"}, Status.PROCESS_LIMIT),
        ({"code": 1, "stderr": b"OSError: [Errno 28] No space left on device"}, Status.DISK_LIMIT),
        ({"code": 0, "stderr": b"MemoryError"}, Status.EXITED),  # it went on and ended well
        ({"started": False, "code": 125, "stderr": b"sandbox: OSError: x"}, Status.FAILED),
        ({"started": False, "code": 125, "stderr": b"sandbox: MemoryError: "}, Status.MEMORY),
        ({"code": 125, "stderr": b"sandbox: OSError: forged"}, Status.EXITED),
        ({"killed_for": Status.SIGNALLED, "code": 3}, Status.EXITED),  # ended before the order came
        ({"killed_for": Status.SIGNALLED, "by": signal.SIGKILL}, Status.SIGNALLED),
        # its partner ended because it had: its budget is what ended it
        ({"killed_for": Status.SIGNALLED, "by": signal.SIGKILL, "cpu_s": 1.99}, Status.TIMEOUT),
        ({"killed_for": Status.SIGNALLED, "by": signal.SIGKILL, "timed_out": True}, Status.TIMEOUT),
    ],
)
def test_status(facts: dict, status: Status) -> None:
    assert end(**facts).status is status


def test_no_reply_is_a_timeout_for_it_comes_only_after_the_deadline() -> None:
    result = classify(Limits(wall_s=2), None, killed_for=None, partial=Result(Status.FAILED))
    assert result.status is Status.TIMEOUT
    assert "2 s by the clock" in result.why


def test_a_job_can_never_talk_itself_into_failed() -> None:
    """`failed` is masked out of training: a policy that could cause it would dodge its zeros."""
    words = [b"sandbox: x", b"", b"the zygote died", b"sandbox: OSError: No space"]
    endings = [end(code, stderr=text) for code in (0, 1, 125, 126, 127, 255) for text in words]
    assert Status.FAILED not in {result.status for result in endings}


def test_a_reply_is_read_as_the_zygote_and_the_kernel_lay_it_out() -> None:
    """started, timed out, wait status, then struct rusage: user 1.25 s, system 0.5 s, 14 more."""
    usage = struct.pack("<18q", 1, 250_000, 0, 500_000, *range(14))
    message = struct.pack("<QQq", 1, 0, 256) + usage
    assert unpack_reply(message) == Reply(256, started=True, timed_out=False, cpu_s=1.75)
    with pytest.raises(struct.error):
        unpack_reply(message[:-1])


def test_a_request_holds_the_clock_and_the_limits_as_the_kernel_reads_them() -> None:
    """timespec of 2.5 s at 8; eight pairs of soft and hard limits behind eight numbers."""
    message = pack_request(
        7,
        2.5,
        payload_bytes=100,
        processes=3,
        descriptors=6,
        disk=(4096, 9),
        limits=pack_limits([10, 20, 30, 0, 0, 60, 70, 80]),
    )
    assert len(message) == REQUEST_BYTES == 64 + 8 * 16
    assert struct.unpack_from("<8q", message) == (7, 2, 500_000_000, 100, 3, 6, 4096, 9)
    assert struct.unpack_from("<4Q", message, 64) == (10, 10, 20, 20)
    names = ("CPU", "FSIZE", "NOFILE", "CORE", "MEMLOCK", "STACK", "AS", "NPROC")
    assert tuple(getattr(resource, f"RLIMIT_{name}") for name in names) == RESOURCES
