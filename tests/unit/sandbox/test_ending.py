"""From what is known of an ended job to its status."""

import signal

import pytest

from verigrad.sandbox import Limits, Result, Status
from verigrad.sandbox.ending import classify
from verigrad.sandbox.inside.settings import Reply, pack_reply, unpack_reply


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
    reply = Reply(1, wait_status, started, timed_out, 0.5, cpu_s)
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


def test_replies_survive_packing() -> None:
    reply = Reply(7, 256, True, False, 0.25, 0.125)
    assert unpack_reply(pack_reply(reply)) == reply
