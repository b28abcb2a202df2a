"""The `[sandbox]` section of a recipe: where untrusted code runs, and behind which walls."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from verigrad.core.config import Strict


class SandboxSection(Strict):
    """Where untrusted code runs, and behind which walls. Left out: here, the best this machine has.

    level: exactly this one. minimum: no lower one. slots: jobs alive at a time (default: cores).
    allow_unsafe: permit `process`, which has no wall; the run's record then says so.
    url: a sandbox server, as `http://10.0.0.5:8711`; its secret is in VERIGRAD_SANDBOX_TOKEN.
    """

    level: Literal["namespaces", "landlock", "seccomp", "process"] | None = None
    minimum: Literal["namespaces", "landlock", "seccomp", "process"] = "seccomp"
    slots: int | None = Field(default=None, ge=1)
    allow_unsafe: bool = False
    url: str | None = Field(default=None, pattern=r"^https?://")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if "process" in (self.level, self.minimum) and not self.allow_unsafe:
            raise ValueError("level `process` holds nobody who wants out: say allow_unsafe = true")
        if self.url and (self.level or self.slots or self.allow_unsafe):
            raise ValueError("with a url only `minimum` can be said: the rest is the server's")
        return self
