"""Special judges: a problem's own checker, run in a sandbox of its own, with its own verdict."""

from __future__ import annotations

import json
from typing import Any

from verigrad.core.verdict import Reason
from verigrad.sandbox import Job
from verigrad.verifiers.code.frames import BadFrames, read_frames
from verigrad.verifiers.code.outcome import Outcome, Setting, unfinished
from verigrad.verifiers.code.packing import ENTRY, job_files, message, new_nonce
from verigrad.verifiers.code.tests_data import Common

_PROGRAM = ("codec", "solution", "run_checker")


def ask_checker(
    source: str, question: dict[str, Any], *, tests: Common, setting: Setting
) -> Outcome:
    """What `check(input, output, expected)` of `source` says; `question` holds their trees.

    Only True accepts. A checker that raises, hangs or dies accepts nothing.
    """
    nonce = new_nonce()
    request = {"nonce": nonce, "source": source, **question}
    job = Job(
        entry=ENTRY,
        files=job_files(),
        message=message(_PROGRAM, json.dumps(request).encode()),
        limits=setting.limits(tests),
        minimum=setting.policy.minimum_level,
    )
    result = setting.sandbox.run(job)
    early = unfinished(result)
    if early is not None:
        return Outcome(Reason.WRONG, f"the checker did not end: {early.why}", level=result.level)
    try:
        said = read_frames(result.message, nonce=nonce, count=1)
    except BadFrames as error:
        return Outcome(Reason.WRONG, f"the checker: {error}", level=result.level)
    if said == [["accepts", True]]:
        return Outcome(Reason.CORRECT, level=result.level)
    why = "the checker rejects the output" if said == [["accepts", False]] else f"checker: {said}"
    return Outcome(Reason.WRONG, why[:300], level=result.level)
