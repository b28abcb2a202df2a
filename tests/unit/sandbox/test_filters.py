"""The filters, run by a small interpreter of the kernel's instruction set written for this test."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from verigrad.sandbox.inside import bpf, filters, machine
from verigrad.sandbox.inside.syscall_numbers import AARCH64, X86_64

X86 = 0xC000003E


def evaluate(program: bytes, number: int, *arguments: int, arch: int = X86) -> int:
    """What the kernel would return: classic BPF over struct seccomp_data."""
    padded = [*arguments, *([0] * (6 - len(arguments)))]
    data = struct.pack("<iIQ6Q", number, arch, 0, *[value & (2**64 - 1) for value in padded])
    steps = list(struct.iter_unpack("<HBBI", program))
    at, register = 0, 0
    while True:
        code, true, false, constant = steps[at]
        at += 1
        if code == 0x20:  # LD W ABS
            (register,) = struct.unpack_from("<I", data, constant)
        elif code == 0x54:  # AND K
            register &= constant
        elif code == 0x06:  # RET K
            return constant
        else:
            compare = {
                0x15: register == constant,
                0x35: register >= constant,
                0x25: register > constant,
            }
            at += true if compare[code] else false


def refusal(code: int) -> int:
    return 0x00050000 | code


def test_ranges_join_neighbours() -> None:
    assert bpf.ranges([7, 3, 1, 2, 3]) == [(1, 3), (7, 7)]


def test_small_filter_decides_as_its_table_says() -> None:
    rules = {
        1: bpf.Rule(),
        2: bpf.Rule(),
        5: bpf.Rule(errno.EPERM),
        9: bpf.Rule(errno.EINVAL, (bpf.Check(1, (3, 4)), bpf.Check(0, (0,), 0xF0))),
        10: bpf.Rule(errno.EACCES, bpf.null(4)),
    }
    program = bpf.assemble(rules, arch=X86, x32=True, default=refusal(errno.ENOSYS))
    assert evaluate(program, 1) == evaluate(program, 2) == bpf.ALLOW
    assert evaluate(program, 3) == evaluate(program, 0) == refusal(errno.ENOSYS)
    assert evaluate(program, 5) == refusal(errno.EPERM)
    assert evaluate(program, 9, 0x0F, 3) == evaluate(program, 9, 0, 4) == bpf.ALLOW
    assert evaluate(program, 9, 0x10, 3) == evaluate(program, 9, 0, 5) == refusal(errno.EINVAL)
    assert evaluate(program, 10, 0, 0, 0, 0, 0) == bpf.ALLOW
    assert evaluate(program, 10, 0, 0, 0, 0, 1) == refusal(errno.EACCES)
    assert evaluate(program, 10, 0, 0, 0, 0, 1 << 32) == refusal(errno.EACCES)
    assert evaluate(program, 1, arch=0x40000003) == bpf.KILL
    assert evaluate(program, 0x40000001) == bpf.KILL


@pytest.mark.skipif(machine.name() != "x86_64", reason="x86_64 numbers")
@pytest.mark.parametrize("level", ["namespaces", "landlock", "seccomp"])
def test_levels_refuse_what_they_must(level: str) -> None:
    program = filters.zygote_filter(level, may_execute=False)
    for name in ("socket", "ptrace", "mount", "setns", "unshare", "execve", "chroot", "setuid"):
        assert evaluate(program, X86_64[name], 0) == refusal(errno.EPERM), name
    for number in (321, 425, 298, 323, 319, 435):  # bpf, io_uring, perf, userfaultfd, memfd, clone3
        assert evaluate(program, number) == refusal(errno.ENOSYS)
    for name in ("read", "write", "mmap", "exit_group", "futex", "wait4"):
        assert evaluate(program, X86_64[name]) == bpf.ALLOW
    assert evaluate(program, X86_64["fcntl"], 1, 8) == refusal(errno.EPERM)  # F_SETOWN
    assert evaluate(program, X86_64["fcntl"], 1, 10) == refusal(errno.EPERM)  # F_SETSIG
    assert evaluate(program, X86_64["fcntl"], 1, 3) == bpf.ALLOW  # F_GETFL
    assert evaluate(program, X86_64["clone"], 0x10000000) == refusal(errno.EPERM)  # NEWUSER
    opened = evaluate(program, X86_64["openat"])
    assert opened == (refusal(errno.ENOENT) if level == "seccomp" else bpf.ALLOW)
    chmod = evaluate(program, X86_64["fchmodat"])
    assert chmod == (bpf.ALLOW if level == "namespaces" else refusal(errno.EPERM))


@pytest.mark.skipif(machine.name() != "x86_64", reason="x86_64 numbers")
def test_child_filter_lets_a_job_signal_itself_alone() -> None:
    program = filters.child_filter(4321, processes=1)
    assert evaluate(program, X86_64["kill"], 4321, 9) == bpf.ALLOW
    for target in (1, 0, -1, 4320):
        assert evaluate(program, X86_64["kill"], target, 9) == refusal(errno.EPERM)
    thread = 0x003D0F00  # what pthread_create passes to clone
    assert evaluate(program, X86_64["clone"], thread) == refusal(errno.EAGAIN)
    several = filters.child_filter(4321, processes=2)
    assert evaluate(several, X86_64["clone"], thread) == bpf.ALLOW
    assert evaluate(several, X86_64["clone"], 17) == refusal(errno.EPERM)  # a fork
    assert evaluate(several, X86_64["openat"]) == bpf.ALLOW


@pytest.mark.parametrize(
    ("table", "header"),
    [
        (X86_64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        (AARCH64, "/usr/include/asm-generic/unistd.h"),
    ],
    ids=["x86_64", "aarch64"],
)
def test_numbers_are_the_kernel_headers(table: dict[str, int], header: str) -> None:
    if not Path(header).exists():
        pytest.skip(f"no {header} here")
    text = Path(header).read_text()
    known = {n: int(v) for n, v in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    known.setdefault("newfstatat", known.get("fstatat", -1))
    assert {name: known.get(name, number) for name, number in table.items()} == table
    assert len(set(table) & set(known)) > 100
