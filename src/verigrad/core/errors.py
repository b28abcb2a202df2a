"""The error tree: every error a user can meet says what, where, the likely cause and what to do.

    VerigradError
    |-- UsageError     exit 2   the command line is wrong
    |-- ConfigError    exit 3   the recipe is wrong (all problems at once)
    |-- DataError      exit 4   rows, columns, references, splits
    |-- SetupError     exit 5   a missing runtime, package, disk space, device
    `-- HaltedError    exit 6   a gate or an alarm stopped the run (NaN, verifier failures)

Add a class only when its exit code or its handling differs. Bugs raise plain Python exceptions.
"""

from __future__ import annotations


class VerigradError(Exception):
    """An error with four parts; `str()` shows them on up to four lines."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", cause: str = "", remedy: str = "") -> None:
        super().__init__(what, where, cause, remedy)
        self.what = what
        self.where = where
        self.cause = cause
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.where, self.cause, self.remedy)

    def __str__(self) -> str:
        labels = (("where", self.where), ("likely cause", self.cause), ("what to do", self.remedy))
        return "\n".join([self.what, *(f"  {label}: {text}" for label, text in labels if text)])


def _rebuild(
    kind: type[VerigradError], what: str, where: str, cause: str, remedy: str
) -> VerigradError:
    return kind(what, where=where, cause=cause, remedy=remedy)


class UsageError(VerigradError):
    """The command line is wrong."""

    exit_code = 2


class ConfigError(VerigradError):
    """The recipe is wrong; `what` lists every problem found."""

    exit_code = 3


class DataError(VerigradError):
    """The data cannot be trained or judged on."""

    exit_code = 4


class SetupError(VerigradError):
    """The machine lacks something that the command needs."""

    exit_code = 5


class HaltedError(VerigradError):
    """A gate or an alarm stopped the run; what was good is kept."""

    exit_code = 6
