"""The same pairs judged by a fresh interpreter: `python -m verigrad.audit.replay` reads them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from verigrad.core.tagged import from_tagged, to_tagged
from verigrad.core.types import Message, Problem
from verigrad.verifiers import TABLE
from verigrad.verifiers.showcases.trial import fact

_TIMEOUT_S = 300


def replay(
    kind: str, switches: Mapping[str, Any], pairs: Sequence[tuple[Problem, str]]
) -> list[str | None]:
    """Facts of the pairs from a process with another hash seed and locale.

    Where that process fails, every fact is its complaint, which equals nothing.
    """
    asked = {
        "kind": kind,
        "switches": to_tagged(dict(switches)),
        "pairs": [[_sent(problem), text] for problem, text in pairs],
    }
    environment = os.environ | {
        "PYTHONHASHSEED": "12345",
        "LC_ALL": "C",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "verigrad.audit.replay"],
        input=json.dumps(asked).encode(),
        env=environment,
        capture_output=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode == 0:
        return json.loads(done.stdout)
    return [done.stderr.decode("utf-8", "replace")[-300:] for _ in pairs]


def _sent(problem: Problem) -> dict[str, Any]:
    return {
        "prompt": [message.to_json() for message in problem.prompt],
        "answer": to_tagged(problem.answer),
        "info": to_tagged(dict(problem.info)),
        "task": problem.task,
        "id": problem.id,
    }


def _received(sent: Mapping[str, Any]) -> Problem:
    prompt = tuple(Message(row["role"], row["content"]) for row in sent["prompt"])
    answer, info = from_tagged(sent["answer"]), from_tagged(sent["info"])
    return Problem(prompt, answer, info, None, sent["task"], sent["id"])


def main() -> None:
    """Judge what standard input holds; print the facts."""
    asked = json.loads(sys.stdin.buffer.read())
    verifier = TABLE.load(asked["kind"])(**from_tagged(asked["switches"]))
    facts = [fact(verifier.verify(_received(sent), text)) for sent, text in asked["pairs"]]
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main()
