"""What a program of the policy can see from inside the sandbox, tried by one that looks."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from verigrad.audit.leaks.files import MAX_FILE_BYTES, Hits
from verigrad.audit.leaks.secret import Secret
from verigrad.core.errors import SetupError
from verigrad.sandbox import Job, Limits, shared_sandbox

_SECONDS = 20
_MOST_FILES = 50_000
_CREDENTIAL = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|PRIVATE_KEY", re.I)


def search_reach(secrets: Sequence[Secret], *, roots: Sequence[Path], modules: list[str]) -> Hits:
    """Variables, files below `roots`, installed modules and the network, from inside.

    SetupError where the sandbox cannot run the program that looks.
    """
    program = Path(__file__).with_name("looking.py").read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        question = {
            "secrets": [{**asdict(s), "needed": s.needed} for s in secrets],
            "roots": list(dict.fromkeys(str(root.absolute()) for root in roots)),
            "modules": modules,
            "port": listener.getsockname()[1],
            "seconds": _SECONDS,
            "most_files": _MOST_FILES,
            "most_bytes": MAX_FILE_BYTES,
        }
        job = Job(
            files={"main.py": program},
            message=json.dumps(question).encode(),
            limits=Limits(wall_s=3 * _SECONDS, cpu_s=3 * _SECONDS, output_bytes=1 << 24),
        )
        result = shared_sandbox().run(job)
    if not result.exited_cleanly:
        raise SetupError(
            "the program that looks for leaks did not end well in the sandbox",
            cause=result.why or result.stderr[-300:].decode("utf-8", "replace"),
            remedy="`verigrad doctor` says which isolation levels work here",
        )
    return _understood(json.loads(result.message), secrets, level=str(result.level))


def _understood(answer: dict, secrets: Sequence[Secret], *, level: str) -> Hits:  # type: ignore[type-arg]
    variables = answer["variables"]
    named = [
        f"{name} is set" for name, value in variables.items() if _CREDENTIAL.search(name) and value
    ]
    told = [
        f"{secret.what} in the variable {name}"
        for name, value in variables.items()
        for secret in secrets
        if secret.is_in(value)
    ]
    looked_at, hits, is_cut = answer["roots"]
    modules, copies = answer["packages"]
    cut = [f"only {looked_at} files could be looked at: there are more in reach"] if is_cut else []
    return [
        ("variables", len(variables), [*named, *told]),
        ("reach", looked_at, [*(f"{secrets[n].what} in {path}" for n, path in hits), *cut]),
        ("packages", modules, [f"{secrets[n].what} in {path}" for n, path in copies]),
        (
            "network",
            1,
            [f"a listener outside answers (level {level})"] if answer["network"] else [],
        ),
    ]
