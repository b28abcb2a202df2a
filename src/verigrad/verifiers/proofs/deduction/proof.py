"""Fitch-style proofs: lines in boxes, each by a rule from lines and boxes that are in reach.

Source: Huth, Ryan, "Logic in Computer Science", section 1.2 (rules), with Fitch's bars for boxes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from verigrad.core.verdict import Reason
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.logic.formulas import Formula, write
from verigrad.verifiers.logic.parsing import parse

FALSE = Formula("constant", name="false")
_REFERENCE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_MAX_LINES = 2_000
_MAX_LINE_CHARS = 4_000
_NAMES = {"\u2192": "->", "\u2227": "&", "\u2228": "\\/", "\u00ac": "~", "\u22a5": "_|_",
          "\u2194": "<->"}  # fmt: skip
_OTHER_NAMES = {"assume": "assumption", "vI": "\\/I", "vE": "\\/E", "PBC": "RAA", "X": "_|_E"}
CLASSICAL = frozenset({"DNE", "RAA", "LEM"})


class DeductionError(Exception):
    """A line that does not follow, or cannot be read."""

    def __init__(self, why: str, *, line: int = 0, reason: Reason = Reason.WRONG) -> None:
        super().__init__(f"line {line}: {why}" if line else why)
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `depth` counts its boxes. A reference is (line, line) for a box, else (n, n)."""

    number: int
    depth: int
    formula: Formula
    rule: str
    refs: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class _Box:
    """An assumption and what was derived under it, while open and after."""

    first: int
    assumption: Formula
    last: int = 0
    conclusion: Formula | None = None


@dataclass(slots=True)
class _Scope:
    """What is in reach: one list of lines and closed boxes for every open box."""

    open: list[_Box] = field(default_factory=list)
    lines: list[dict[int, Formula]] = field(default_factory=lambda: [{}])
    boxes: list[dict[tuple[int, int], _Box]] = field(default_factory=lambda: [{}])

    def enter(self, line: Line) -> None:
        """Close what is deeper, and open a box where the line is an assumption."""
        is_new = line.rule == "assumption"
        if line.depth < is_new:
            raise DeductionError("an assumption needs a bar", line=line.number)
        while len(self.open) > line.depth - is_new:
            box = self.open.pop()
            self.lines.pop()
            self.boxes.pop()
            self.boxes[-1][box.first, box.last] = box
        if len(self.open) + is_new != line.depth:
            raise DeductionError(
                "a box is opened by an assumption, one at a time", line=line.number
            )
        if is_new:
            self.open.append(_Box(line.number, line.formula))
            self.lines.append({})
            self.boxes.append({})

    def add(self, line: Line) -> None:
        """The line may be used from now on, in this box and those inside it."""
        self.lines[-1][line.number] = line.formula
        if self.open:
            self.open[-1].last = line.number
            self.open[-1].conclusion = line.formula

    def formula(self, number: int) -> Formula | None:
        """Of a line in reach."""
        return next((level[number] for level in self.lines if number in level), None)

    def box(self, ref: tuple[int, int]) -> _Box | None:
        """A closed box in reach."""
        return next((level[ref] for level in self.boxes if ref in level), None)


def negation(formula: Formula) -> Formula:
    """`~formula`."""
    return Formula("not", (formula,))


def read_lines(text: str) -> list[Line]:
    """The lines of a proof: `NUMBER. [| ...] FORMULA RULE [REFERENCES]`, numbered from 1."""
    rows = [row for row in text.splitlines() if row.strip() and set(row.strip()) - set("-_ |")]
    if len(rows) > _MAX_LINES:
        raise DeductionError(f"over {_MAX_LINES} lines", reason=Reason.OVER_LIMIT)
    return [_read_line(row, number) for number, row in enumerate(rows, 1)]


def _read_line(row: str, number: int) -> Line:
    if len(row) > _MAX_LINE_CHARS:
        raise DeductionError("the line is too long", line=number, reason=Reason.OVER_LIMIT)
    for sign, name in _NAMES.items():
        row = row.replace(sign, name)
    head, _, rest = row.strip().partition(" ")
    bars = rest.lstrip()
    body = bars.lstrip("| \t")
    formula, rule, refs = _parts(body.split())
    if head.rstrip(".):") != str(number) or not rule:
        why = f"not `{number}. FORMULA RULE`: {row.strip()[:60]!r}"
        raise DeductionError(why, line=number, reason=Reason.MALFORMED)
    try:
        read = parse(formula.replace("_|_", "false"))
    except UnreadableError as error:
        raise DeductionError(error.why, line=number, reason=error.reason) from None
    depth = bars[: len(bars) - len(body)].count("|")
    return Line(number, depth, read, _OTHER_NAMES.get(rule, rule), refs)


def _parts(words: list[str]) -> tuple[str, str, tuple[tuple[int, int], ...]]:
    """Formula, rule and references: these are the numbers at the end, the rule stands before."""
    refs: list[tuple[int, int]] = []
    while words and all(_REFERENCE.fullmatch(part) for part in _references(words[-1])):
        for part in reversed(_references(words.pop())):
            match = _REFERENCE.fullmatch(part)
            assert match is not None
            refs.append((int(match[1]), int(match[2] or match[1])))
    rule = words.pop() if words else ""
    return " ".join(words).rstrip(";,"), rule, tuple(refs[::-1])


def _references(word: str) -> list[str]:
    return word.strip(",").replace("\u2013", "-").split(",")


def check_deduction(
    text: str, premises: tuple[Formula, ...], goal: Formula, *, classical: bool
) -> int:
    """Number of lines of a proof of `goal` from `premises`; DeductionError where it is none."""
    lines = read_lines(text)
    if not lines:
        raise DeductionError("there is no proof", reason=Reason.NO_ANSWER)
    scope = _Scope()
    for line in lines:
        scope.enter(line)
        if line.rule == "premise":
            if line.formula not in premises or line.depth:
                raise DeductionError("not one of the premises", line=line.number)
        elif line.rule in CLASSICAL and not classical:
            raise DeductionError(f"{line.rule} is a rule of classical logic", line=line.number)
        elif line.rule != "assumption":
            _check(line, scope)
        scope.add(line)
    last = lines[-1]
    if last.depth or last.formula != goal:
        raise DeductionError(f"the proof ends with {write(last.formula)[:100]}", line=last.number)
    return len(lines)


def _check(line: Line, scope: _Scope) -> None:
    arity, rule = RULES.get(line.rule, ("", None))
    if rule is None:
        raise DeductionError(f"there is no rule {line.rule}", line=line.number)
    given: list[Formula | _Box] = []
    if len(line.refs) != len(arity):
        raise DeductionError(f"{line.rule} needs {len(arity)} references", line=line.number)
    for kind, ref in zip(arity, line.refs, strict=True):
        found = (
            scope.box(ref) if kind == "b" else scope.formula(ref[0]) if ref[0] == ref[1] else None
        )
        if found is None:
            what = "box" if kind == "b" else "line"
            raise DeductionError(f"no {what} {ref[0]}-{ref[1]} in reach", line=line.number)
        given.append(found)
    if not rule(line.formula, *given):
        raise DeductionError(
            f"{write(line.formula)[:100]} does not follow by {line.rule}", line=line.number
        )


def _is(box: _Box, assumption: Formula, conclusion: Formula) -> bool:
    return box.assumption == assumption and box.conclusion == conclusion


def _or_elimination(goal: Formula, either: Formula, left: _Box, right: _Box) -> bool:
    return (
        either.kind == "or"
        and _is(left, either.parts[0], goal)
        and _is(right, either.parts[1], goal)
    )


def _iff_introduction(goal: Formula, there: _Box, back: _Box) -> bool:
    return goal.kind == "iff" and (
        _is(there, goal.parts[0], goal.parts[1]) and _is(back, goal.parts[1], goal.parts[0])
    )


def _iff_elimination(goal: Formula, both: Formula, one: Formula) -> bool:
    return both.kind == "iff" and (both.parts in ((one, goal), (goal, one)))


# rule -> what it refers to (l: a line, b: a box), and whether its formula follows from them
RULES: Mapping[str, tuple[str, Callable[..., bool]]] = {
    "R": ("l", lambda goal, one: goal == one),
    "&I": ("ll", lambda goal, a, b: goal == Formula("and", (a, b))),
    "&E": ("l", lambda goal, both: both.kind == "and" and goal in both.parts),
    "\\/I": ("l", lambda goal, one: goal.kind == "or" and one in goal.parts),
    "\\/E": ("lbb", _or_elimination),
    "->I": ("b", lambda goal, box: goal.kind == "implies" and _is(box, *goal.parts)),
    "->E": ("ll", lambda goal, rule, one: rule == Formula("implies", (one, goal))),
    "<->I": ("bb", _iff_introduction),
    "<->E": ("ll", _iff_elimination),
    "~I": ("b", lambda goal, box: goal.kind == "not" and _is(box, goal.parts[0], FALSE)),
    "~E": ("ll", lambda goal, one, other: goal == FALSE and other == negation(one)),
    "_|_E": ("l", lambda goal, one: one == FALSE and goal is not None),
    "DNE": ("l", lambda goal, one: one == negation(negation(goal))),
    "RAA": ("b", lambda goal, box: _is(box, negation(goal), FALSE)),
    "LEM": ("", lambda goal: goal.kind == "or" and goal.parts[1] == negation(goal.parts[0])),
}
