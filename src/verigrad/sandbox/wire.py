"""Jobs and results as bytes, for another machine: a JSON header and raw blobs, bounds checked.

    4 bytes   length of the header
    header    JSON; every byte string is an index into "blobs", the list of their lengths
    blobs     one after another, to the very end

Reading never evaluates anything and raises ValueError for whatever is not exactly that.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from verigrad.sandbox.job import Job, Level, Limits, Phase, Result, Status

MAX_BYTES = 128 << 20  # of one message
_MAX_HEADER = 1 << 20
_STREAMS = ("stdout", "stderr", "message")
_FACTS = ("exit_code", "stdout_cut", "stderr_cut", "message_cut", "wall_s", "cpu_s", "why")


class _Writer:
    def __init__(self) -> None:
        self.blobs: list[bytes] = []

    def put(self, blob: bytes) -> int:
        self.blobs.append(blob)
        return len(self.blobs) - 1

    def message(self, body: dict[str, Any]) -> bytes:
        header = json.dumps({"body": body, "blobs": [len(blob) for blob in self.blobs]}).encode()
        return b"".join((len(header).to_bytes(4, "big"), header, *self.blobs))


class _Reader:
    def __init__(self, data: bytes) -> None:
        size = int.from_bytes(data[:4], "big")
        if len(data) > MAX_BYTES or not 2 <= size <= min(_MAX_HEADER, len(data) - 4):
            raise ValueError("not a sandbox message")
        try:
            header = json.loads(data[4 : 4 + size])
        except RecursionError as error:
            raise ValueError("a sandbox message is nested too deeply") from error
        self.body = _dict(header)["body"]
        self.blobs, end = [], 4 + size
        for length in _list(_dict(header)["blobs"]):
            if type(length) is not int or length < 0:
                raise ValueError("a length is not a natural number")
            self.blobs.append(data[end : end + length])
            end += length
        if end != len(data):
            raise ValueError("a sandbox message is cut off, or goes on past its end")

    def get(self, index: object) -> bytes:
        if type(index) is not int or not 0 <= index < len(self.blobs):
            raise ValueError("a message names bytes that it does not have")
        return self.blobs[index]


def _dict(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("an object was expected")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("a list was expected")
    return value


def encode_jobs(jobs: list[Job]) -> bytes:
    """One job to run, or two to run as a pair."""
    writer = _Writer()
    body = {
        "jobs": [
            {
                "preset": job.preset,
                "entry": job.entry,
                "argv": list(job.argv),
                "limits": asdict(job.limits),
                "compile_limits": asdict(job.compile_limits),
                "minimum": job.minimum.value,
                "stdin": writer.put(job.stdin),
                "message": writer.put(job.message),
                "files": {name: writer.put(content) for name, content in job.files.items()},
            }
            for job in jobs
        ]
    }
    return writer.message(body)


def decode_jobs(data: bytes) -> list[Job]:
    """The jobs in a message. Raises ValueError."""
    try:
        reader = _Reader(data)
        return [_job(reader, _dict(fields)) for fields in _list(_dict(reader.body)["jobs"])]
    except (KeyError, TypeError, UnicodeDecodeError) as error:
        raise ValueError(f"not a job: {type(error).__name__} {error}") from error


def _job(reader: _Reader, fields: dict[str, Any]) -> Job:
    if not all(isinstance(text, str) for text in (*fields["argv"], fields["preset"])):
        raise ValueError("a job's preset and arguments must be text")
    return Job(
        preset=fields["preset"],
        entry=fields["entry"],
        argv=tuple(fields["argv"]),
        limits=_limits(fields["limits"]),
        compile_limits=_limits(fields["compile_limits"]),
        minimum=Level(fields["minimum"]),
        stdin=reader.get(fields["stdin"]),
        message=reader.get(fields["message"]),
        files={name: reader.get(at) for name, at in _dict(fields["files"]).items()},
    )


def _limits(values: object) -> Limits:
    """Limits whose numbers are of the kinds that they have here."""
    given = _dict(values)
    for name, default in asdict(Limits()).items():
        allowed = (int, float) if isinstance(default, float) else (int,)
        if type(given.get(name, default)) not in allowed:
            raise ValueError(f"Limits.{name} is not a number of its kind")
    return Limits(**given)


def encode_results(results: list[Result]) -> bytes:
    """What came of the jobs, in order."""
    writer = _Writer()
    body = {
        "results": [
            {
                "status": result.status.value,
                "level": result.level.value if result.level else None,
                "phase": result.phase.value,
                **{name: getattr(result, name) for name in _FACTS},
                **{name: writer.put(getattr(result, name)) for name in _STREAMS},
            }
            for result in results
        ]
    }
    return writer.message(body)


def decode_results(data: bytes) -> list[Result]:
    """The results in a message. Raises ValueError."""
    try:
        reader = _Reader(data)
        return [_result(reader, _dict(each)) for each in _list(_dict(reader.body)["results"])]
    except (KeyError, TypeError, UnicodeDecodeError) as error:
        raise ValueError(f"not a result: {type(error).__name__} {error}") from error


def _result(reader: _Reader, fields: dict[str, Any]) -> Result:
    facts: dict[str, Any] = {name: fields[name] for name in _FACTS}
    streams: dict[str, Any] = {name: reader.get(fields[name]) for name in _STREAMS}
    return Result(
        status=Status(fields["status"]),
        level=Level(fields["level"]) if fields["level"] else None,
        phase=Phase(fields["phase"]),
        **facts,
        **streams,
    )
