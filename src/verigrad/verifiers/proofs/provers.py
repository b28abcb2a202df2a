"""Running a real prover: always in the sandbox, since proof text can run code while it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from verigrad.core.verdict import Reason
from verigrad.sandbox import Job, Limits, Result, Sandbox, Status, shared_sandbox
from verigrad.sandbox.job import Level
from verigrad.verifiers.proofs.base import Checked, ProofPolicy

SCRIPT = "run.sh"
_MAX_FILE_BYTES = 32 << 20


class ProverPolicy(ProofPolicy):
    """Budgets of one run of a prover, and the walls it needs."""

    wall_s: float = 60.0
    memory_mb: int = 4096
    minimum_level: Level = Level.LANDLOCK


@dataclass(frozen=True, slots=True)
class Run:
    """What a script left: its result, or the verdict where it could not be had."""

    result: Result
    early: Checked | None

    @property
    def text(self) -> str:
        """Standard output, decoded."""
        return self.result.stdout.decode("utf-8", "replace")

    @property
    def errors(self) -> str:
        """Standard error, decoded."""
        return self.result.stderr.decode("utf-8", "replace")


def run_script(
    script: str,
    files: Mapping[str, bytes],
    *,
    policy: ProverPolicy,
    sandbox: Sandbox | None = None,
) -> Run:
    """Run `script` by `sh` beside `files`; what it writes to descriptor 4 is `result.message`."""
    job = Job(
        preset="shell",
        entry=SCRIPT,
        files={**files, SCRIPT: script.encode()},
        limits=Limits(
            wall_s=policy.wall_s,
            cpu_s=policy.wall_s,
            memory_mb=policy.memory_mb,
            processes=32,
            output_bytes=_MAX_FILE_BYTES,
            disk_mb=128,
            open_files=256,
        ),
        minimum=policy.minimum_level,
    )
    result = (sandbox or shared_sandbox()).run(job)
    return Run(result, _early(result))


def _early(result: Result) -> Checked | None:
    if result.status is Status.FAILED:
        return Checked(Reason.INFRASTRUCTURE, result.why)
    if result.status is Status.TIMEOUT:
        return Checked(Reason.TIMEOUT, "the prover did not end in time")
    if result.status.hit_budget:
        return Checked(Reason.OVER_LIMIT, f"the prover hit its limit: {result.status}")
    if result.status is Status.SIGNALLED:
        return Checked(Reason.WRONG, "the prover died on this proof")
    return None


def without_comments(text: str, *, opening: str, closing: str, quote: str = '"') -> str:
    r"""`text` without nested comments and without what stands in quotes; '' where they do not end.

    >>> without_comments('a (* b (* c *) "*)" *) d "e (*"', opening="(*", closing="*)")
    'a  d ""'
    """
    parts: list[str] = []
    depth, quoted = 0, False
    pattern = re.compile("|".join(map(re.escape, (opening, closing, quote))))
    start = 0
    for match in pattern.finditer(text):
        sign = match[0]
        if depth == 0 and not quoted:
            parts.append(text[start : match.start()])
        start = match.end()
        if sign == quote:
            quoted = not quoted
            parts.append(quote if depth == 0 else "")
        elif not quoted:
            depth = depth + 1 if sign == opening else max(0, depth - 1)
    if depth or quoted:
        return ""
    return "".join([*parts, text[start:]])


def find_banned(text: str, banned: Mapping[str, re.Pattern[str]]) -> str:
    """The name of the first banned construct in `text`; '' for none. An early no, never a yes."""
    return next((name for name, pattern in banned.items() if pattern.search(text)), "")
