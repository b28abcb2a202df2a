"""Recipe -> the sandbox that every verifier and tool of this process uses."""

from __future__ import annotations

import os
from typing import Any

from verigrad.core.errors import ConfigError
from verigrad.core.isolation import SandboxSection
from verigrad.sandbox import Level, Sandbox, use_sandbox
from verigrad.sandbox.local import LocalSandbox
from verigrad.sandbox.remote import RemoteSandbox

TOKEN = "VERIGRAD_SANDBOX_TOKEN"  # noqa: S105 (the variable's name)

_BOUND: list[LocalSandbox | RemoteSandbox] = []


def bind_sandbox(section: SandboxSection) -> None:
    """Make the process's sandbox what the recipe says; a section that says nothing leaves it.

    One that an earlier recipe asked for is closed, so that its `allow_unsafe` ends with it.
    SetupError where the machine has no such level, ConfigError where the token is missing.
    """
    while _BOUND:
        use_sandbox(None)
        _BOUND.pop().close()
    if section == SandboxSection():
        return
    _BOUND.append(_remote(section) if section.url else _local(section))
    use_sandbox(_BOUND[0])


def sandbox_facts() -> dict[str, Any]:
    """What a run's record says of the sandbox its recipe asked for; nothing where it did not.

    >>> sandbox_facts()
    {}
    """
    if not _BOUND:
        return {}
    bound: Sandbox = _BOUND[0]
    if isinstance(bound, LocalSandbox):
        return {"sandbox": {"level": str(bound.level), "has_walls": bound.level.is_wall}}
    return {"sandbox": {"level": "remote", "has_walls": True}}


def _local(section: SandboxSection) -> LocalSandbox:
    return LocalSandbox(
        slots=section.slots,
        level=Level(section.level) if section.level else None,
        minimum=Level(section.minimum),
        allow_unsafe=section.allow_unsafe,
    )


def _remote(section: SandboxSection) -> RemoteSandbox:
    token = os.environ.get(TOKEN)
    if not token:
        raise ConfigError(
            "`sandbox.url` needs the server's secret",
            cause=f"the environment variable {TOKEN} is not set",
            remedy=f"export {TOKEN}, the same here and where the server runs",
        )
    return RemoteSandbox(section.url or "", token=token, minimum=Level(section.minimum))
