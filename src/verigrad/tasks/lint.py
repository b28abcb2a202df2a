"""Problems checked before anything is trained on them.

References and tokens are judged by callables, so that neither verifiers nor tokenizers are known
here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from verigrad.core.errors import DataError
from verigrad.core.types import Problem
from verigrad.tasks.faults import Fault, is_empty, own_faults
from verigrad.tasks.overlap import overlap, question_hash
from verigrad.tasks.splits import Split

CheckReference = Callable[[Problem], str | None]  # why the reference is no good, or None
CountTokens = Callable[[Problem], int]  # of the rendered prompt

NUM_EXAMPLES = 3
_MAX_SHOWN_CHARS = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: how many problems of a split have it, and the first of them."""

    fault: Fault
    split: Split
    count: int
    examples: tuple[str, ...]
    is_fatal: bool

    @property
    def headline(self) -> str:
        """`3 train problems with an empty reference:`."""
        problems = "problem" if self.count == 1 else "problems"
        split = self.split.replace("_", "-")
        return f"{self.count:,} {split} {problems} with {self.fault.what}:"


@dataclass(frozen=True, slots=True)
class LintReport:
    """Everything found, the fatal first."""

    findings: tuple[Finding, ...]
    num_problems: int

    @property
    def is_fatal(self) -> bool:
        """True where at least one finding is."""
        return any(finding.is_fatal for finding in self.findings)

    def count(self, fault: Fault | str) -> int:
        """Problems of both splits with this fault."""
        return sum(finding.count for finding in self.findings if finding.fault == fault)

    def lines(self, *, fatal_only: bool = False) -> list[str]:
        """For people: a line for each finding, then its first examples."""
        lines: list[str] = []
        for finding in self.findings:
            if finding.is_fatal or not fatal_only:
                lines += [finding.headline, *(f"    {each}" for each in finding.examples)]
        return lines

    def raise_if_fatal(self, *, where: str = "") -> None:
        """DataError that says how many, shows the first examples and what to do."""
        fatal = list(dict.fromkeys(f.fault for f in self.findings if f.is_fatal))
        if fatal:
            raise DataError(
                "\n".join(self.lines(fatal_only=True)),
                where=where,
                cause=f"lint of {self.num_problems:,} problems found {', '.join(fatal)}",
                remedy="; ".join(f"{fault}: {fault.remedy}" for fault in fatal),
            )

    def to_json(self) -> list[dict[str, Any]]:
        """Plain JSON."""
        return [
            {
                "fault": str(finding.fault),
                "split": str(finding.split),
                "count": finding.count,
                "fatal": finding.is_fatal,
                "examples": list(finding.examples),
            }
            for finding in self.findings
        ]


def lint(
    train: Sequence[Problem],
    held_out: Sequence[Problem] = (),
    *,
    check_reference: CheckReference | None = None,
    count_tokens: CountTokens | None = None,
    max_prompt_tokens: int | None = None,
    allow: Collection[Fault | str] = (),
) -> LintReport:
    """Looks at every problem; faults in `allow` are reported, but not fatal.

    >>> report = lint([Problem.of("2+2?", "4"), Problem.of("2+2?", ""), Problem.of("2+3?", "5")])
    >>> [(str(f.fault), f.count) for f in report.findings]
    [('empty_reference', 1), ('contradiction', 1)]
    """
    if (count_tokens is None) is not (max_prompt_tokens is None):
        raise TypeError("give count_tokens and max_prompt_tokens together")
    tally = _Tally()
    for split, problems in ((Split.TRAIN, train), (Split.HELD_OUT, held_out)):
        repeats = _Repeats()
        for number, problem in enumerate(problems, start=1):
            found = [*own_faults(problem), *repeats.faults(problem)]
            if check_reference is not None and not is_empty(problem.answer):
                found += _reference_faults(problem, check_reference)
            if count_tokens is not None and max_prompt_tokens is not None:
                found += _length_faults(count_tokens(problem), max_prompt_tokens)
            for fault, seen in found:
                tally.add(fault, split, example=_shown(f"problem {number:,}", problem, seen))
    for problem, twin in overlap(train, held_out):
        example = _shown(f"problem {problem.id}", problem, f"held-out problem {twin.id}")
        tally.add(Fault.OVERLAP, Split.TRAIN, example=example)
    return LintReport(tally.findings(allow), len(train) + len(held_out))


class _Repeats:
    """Questions met before in a split, with their first reference."""

    def __init__(self) -> None:
        self._answers: dict[int, str] = {}

    def faults(self, problem: Problem) -> Iterator[tuple[Fault, str]]:
        """Whether `problem` repeats an earlier question."""
        content, answer = question_hash(problem), str(problem.answer)
        earlier = self._answers.get(content)
        if earlier is None:
            self._answers[content] = answer
        else:
            fault = Fault.DUPLICATE if earlier == answer else Fault.CONTRADICTION
            yield fault, f"earlier reference {earlier[:40]!r}"


class _Tally:
    """Counts by fault and split, and the first examples of each."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[Fault, Split]] = Counter()
        self._examples: dict[tuple[Fault, Split], list[str]] = {}

    def add(self, fault: Fault, split: Split, *, example: str) -> None:
        """One more problem with `fault`."""
        self._counts[fault, split] += 1
        examples = self._examples.setdefault((fault, split), [])
        if len(examples) < NUM_EXAMPLES:
            examples.append(example)

    def findings(self, allow: Collection[Fault | str]) -> tuple[Finding, ...]:
        """Fatal ones first, then in the order of `Fault`."""
        allowed = {Fault(fault) for fault in allow}
        findings = [
            Finding(
                fault,
                split,
                count,
                tuple(self._examples[fault, split]),
                fault.is_fatal and fault not in allowed,
            )
            for (fault, split), count in self._counts.items()
        ]
        order = list(Fault)
        return tuple(
            sorted(findings, key=lambda f: (not f.is_fatal, order.index(f.fault), f.split))
        )


def _reference_faults(problem: Problem, check: CheckReference) -> list[tuple[Fault, str]]:
    why = check(problem)
    return [] if why is None else [(Fault.REJECTED_REFERENCE, f"{problem.answer!r:.60}: {why}")]


def _length_faults(num_tokens: int, most: int) -> list[tuple[Fault, str]]:
    if num_tokens <= most:
        return []
    return [(Fault.PROMPT_TOO_LONG, f"{num_tokens:,} tokens, room for {most:,}")]


def _shown(which: str, problem: Problem, seen: str) -> str:
    question = " ".join(problem.question.split())
    cut = question if len(question) <= _MAX_SHOWN_CHARS else f"{question[:_MAX_SHOWN_CHARS]}..."
    text = f"{which}: {cut!r}" + (f" ({seen})" if seen else "")
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
