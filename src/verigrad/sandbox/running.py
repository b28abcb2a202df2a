"""One job under way: its descriptors, what has come out so far, and how it ended."""

from __future__ import annotations

import marshal
import math
import os
import time
from dataclasses import dataclass, field
from functools import lru_cache

from verigrad.sandbox import presets
from verigrad.sandbox.ending import classify
from verigrad.sandbox.inside.messages import Reply, pack_limits, pack_request
from verigrad.sandbox.job import Job, Limits, Result, Status
from verigrad.sandbox.presets import Preset, Step
from verigrad.sandbox.zygote import Zygote

_CHUNK = 1 << 16
_OWN_PROCESSES = 2  # process 0 and the zygote count against RLIMIT_NPROC of their user namespace
_MB = 1 << 20
_LONGEST_S = 1e9


@dataclass(slots=True)
class Stream:
    """What comes out of one pipe: kept up to `limit` bytes, counted beyond."""

    descriptor: int
    limit: int
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0

    @property
    def is_cut(self) -> bool:
        """Whether more came than is kept."""
        return self.size > self.limit

    def take(self) -> bool:
        """Read once (poll said there is something); False at the end."""
        chunk = os.read(self.descriptor, _CHUNK)
        if self.size < self.limit:
            self.chunks.append(chunk[: self.limit - self.size])
        self.size += len(chunk)
        return bool(chunk)

    def content(self) -> bytes:
        """All that was kept."""
        return b"".join(self.chunks)


class Running:
    """A job given to a zygote. The loop in `supervise` feeds it events."""

    def __init__(self, step: Step, zygote: Zygote, peer: tuple[int, ...] = ()) -> None:
        """`peer`: descriptors for the job's 5 and 6; the caller closes its copies."""
        self.job = step.job
        self.zygote = zygote
        self.id = zygote.jobs
        self.start = time.monotonic()
        self.killed_for: Status | None = None
        self.reply: Reply | None = None
        self.wall_s = 0.0
        self.streams = self._submit(step, peer)
        self.by_descriptor = {stream.descriptor: stream for stream in self.streams}

    @property
    def deadline(self) -> float:
        """The monotonic time by which the job is dead, whatever it does."""
        return self.start + self.job.limits.wall_s

    def _submit(self, step: Step, peer: tuple[int, ...]) -> tuple[Stream, ...]:
        limits = self.job.limits
        if self.zygote.cgroup:
            self.zygote.cgroup.allow(
                memory_bytes=(limits.memory_mb + limits.disk_mb) * _MB + self.zygote.address_space,
                processes=_threads(self.job) + _OWN_PROCESSES,
            )
            self.zygote.cgroup.start_counting()
        content = payload(step)
        inputs: list[int] = []
        readers: list[int] = []
        writers: list[int] = []
        try:
            inputs.extend(map(_file_of, (self.job.stdin, self.job.message, content)))
            for _ in range(3):
                reader, writer = os.pipe()
                readers.append(reader)
                writers.append(writer)
            stdin, message, program = inputs
            passed = [stdin, writers[0], writers[1], message, writers[2], *peer, program]
            self.zygote.submit(self._request(len(content), len(passed)), passed)
        except BaseException:
            for descriptor in readers:
                os.close(descriptor)
            raise
        finally:
            for descriptor in (*inputs, *writers):
                os.close(descriptor)
        sizes = (limits.output_bytes, limits.stderr_bytes, limits.output_bytes)
        return tuple(Stream(r, size) for r, size in zip(readers, sizes, strict=True))

    def _request(self, payload_bytes: int, descriptors: int) -> bytes:
        limits = self.job.limits
        return pack_request(
            self.id,
            min(limits.wall_s, _LONGEST_S),
            payload_bytes=payload_bytes,
            processes=_threads(self.job),
            descriptors=descriptors,
            disk=(limits.disk_mb * _MB, limits.disk_files),
            limits=_kernel_limits(limits, self.job.preset, self.zygote.address_space),
        )

    def on_data(self, descriptor: int) -> bool:
        """Take output; False when that stream has ended. A flood gets the job killed."""
        stream = self.by_descriptor[descriptor]
        alive = stream.take()
        if stream.is_cut and stream is not self.streams[1]:
            self.kill(Status.OUTPUT_LIMIT)
        return alive

    def on_reply(self) -> None:
        """Take the zygote's word that the job has ended. Raises ZygoteDiedError."""
        self.reply = self.zygote.receive()
        self.wall_s = time.monotonic() - self.start

    def kill(self, why: Status) -> None:
        """Have the job ended; the first reason counts."""
        if self.killed_for is None and self.reply is None:
            self.killed_for = why
            self.zygote.ask_to_kill(self.id)

    def result(self) -> Result:
        """What came of it; call once it has ended and its streams are drained."""
        for stream in self.streams:
            os.close(stream.descriptor)
        out, err, message = self.streams
        if self.reply and self.reply.was_killed and self.zygote.cgroup:
            self.killed_for = self.killed_for or (
                Status.MEMORY if self.zygote.cgroup.ran_out() else None
            )
        return classify(
            self.job.limits,
            self.reply,
            killed_for=self.killed_for,
            partial=Result(
                Status.FAILED,
                stdout=out.content(),
                stderr=err.content(),
                message=message.content(),
                stdout_cut=out.is_cut,
                stderr_cut=err.is_cut,
                message_cut=message.is_cut,
                wall_s=self.wall_s or time.monotonic() - self.start,
                level=self.zygote.level,
            ),
        )


def _file_of(content: bytes) -> int:
    """A descriptor that reads as `content`: an anonymous file, or the null device."""
    if not content:
        return os.open(os.devnull, os.O_RDONLY)
    descriptor = os.memfd_create("input", os.MFD_CLOEXEC)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.lseek(descriptor, 0, os.SEEK_SET)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def payload(step: Step) -> bytes:
    """The job's program as `inside.program.read` wants it."""
    return marshal.dumps((step.entry, step.argv, dict(step.job.files)))


def _threads(job: Job) -> int:
    return job.limits.processes + presets.PRESETS[job.preset].own_threads


@lru_cache(maxsize=256)
def _kernel_limits(limits: Limits, preset: str, start_bytes: int) -> bytes:
    """The kernel's own limits, in the order of `RESOURCES`."""
    return pack_limits(
        [
            math.ceil(limits.cpu_s),
            limits.disk_mb * _MB,
            limits.open_files,
            0,
            0,
            min(limits.memory_mb, 256) * _MB,
            _address_space(limits, presets.PRESETS[preset], start_bytes),
            limits.processes + presets.PRESETS[preset].own_threads + _OWN_PROCESSES,
        ]
    )


def _address_space(limits: Limits, preset: Preset, start_bytes: int) -> int:
    """A Python job's budget is on top of the interpreter's; another program's is its own."""
    if preset.kind.may_execute:
        return (limits.memory_mb + preset.address_extra_mb) * _MB
    return limits.memory_mb * _MB + start_bytes
