"""What coqc and coqchk print, read strictly: a line that is not understood is a refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLOSED = "Closed under the global context"
_NAMED = re.compile(r"([\w.']+)(?: :.*)?")
_SECTION = re.compile(r"\* (.+?):\s*(.*)")
_NONE = "<none>"


class UnknownOutputError(Exception):
    """The prover printed something that this reader does not know."""


def read_assumptions(text: str) -> list[str]:
    r"""Names of the axioms that `Print Assumptions` lists; none where it says so.

    >>> read_assumptions("Axioms:\nclassic : forall P : Prop, P\n")
    ['classic']
    """
    lines = text.strip().splitlines()
    if lines == [_CLOSED]:
        return []
    if not lines or lines[0].strip() != "Axioms:":
        raise UnknownOutputError(f"Print Assumptions says {text[:200]!r}")
    names = []
    for line in lines[1:]:
        if line.startswith((" ", "\t")):
            continue  # the type, or its continuation
        match = _NAMED.fullmatch(line.strip())
        if match is None:
            raise UnknownOutputError(f"Print Assumptions says {line[:200]!r}")
        names.append(match[1])
    return names


@dataclass(frozen=True, slots=True)
class Summary:
    """The context summary of `coqchk -o`: full names of axioms, and of what skipped a check."""

    axioms: tuple[str, ...]
    unsafe: tuple[str, ...]


def read_summary(text: str) -> Summary:
    """The summary; UnknownOutputError where it is not whole."""
    if "CONTEXT SUMMARY" not in text:
        raise UnknownOutputError(f"coqchk says {text[-300:]!r}")
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.split("CONTEXT SUMMARY", 1)[1].splitlines():
        stripped = line.strip()
        match = _SECTION.fullmatch(stripped)
        if match:
            current = sections.setdefault(match[1], [])
            if match[2] and match[2] != _NONE:
                current.append(match[2])
        elif stripped and set(stripped) != {"="}:
            current.append(stripped)
    expected = {"Theory", "Axioms"}
    skipped = {name for name in sections if name not in expected}
    if not expected <= sections.keys() or len(skipped) != 3:
        raise UnknownOutputError(f"coqchk lists {sorted(sections)}")
    unsafe = [entry for name in sorted(skipped) for entry in sections[name]]
    unsafe += [entry for entry in sections["Theory"] if entry != "Set is predicative"]
    return Summary(tuple(sections["Axioms"]), tuple(unsafe))
