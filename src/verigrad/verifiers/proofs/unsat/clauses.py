"""Reading formulas (DIMACS) and refutations (LRAT, DRUP), and the limits of checking them."""

from __future__ import annotations

from dataclasses import dataclass

from verigrad.core.verdict import Reason

Clause = tuple[int, ...]  # different literals: v or -v
MAX_VARIABLE = 10_000_000


class RefutationError(Exception):
    """A formula or refutation that is refused; `step` counts its lines from 1, 0 for none."""

    def __init__(self, why: str, *, step: int = 0, reason: Reason = Reason.WRONG) -> None:
        super().__init__(f"line {step}: {why}" if step else why)
        self.why = why
        self.step = step
        self.reason = reason


@dataclass(slots=True)
class Budget:
    """Literals that may still be looked at."""

    literals: int = 1_000_000_000

    def spend(self, literals: int) -> None:
        """Pay for looking at some."""
        self.literals -= literals
        if self.literals < 0:
            raise RefutationError("checking takes too long", reason=Reason.OVER_LIMIT)


@dataclass(frozen=True, slots=True)
class Step:
    """One line: a clause added (with LRAT: its number and hints), or clauses deleted."""

    line: int
    literals: Clause = ()
    number: int = 0
    hints: tuple[int, ...] = ()
    deletes: tuple[int, ...] | None = None  # numbers in LRAT, literals in DRUP; None: an addition


def read_dimacs(text: str) -> list[Clause]:
    r"""The clauses of a formula in conjunctive normal form, in order.

    >>> read_dimacs("c two clauses\np cnf 2 2\n1 -2 0\n2 0\n")
    [(1, -2), (2,)]
    """
    clauses: list[Clause] = []
    declared: tuple[int, int] | None = None
    literals: list[int] = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0] == "c":
            continue
        if words[0] == "p":
            declared = _header(words, declared)
            continue
        if declared is None:
            raise _malformed("the formula has no `p cnf` line before its clauses")
        for word in words:
            literal = _integer(word)
            if literal == 0:
                clauses.append(tuple(dict.fromkeys(literals)))
                literals = []
            elif abs(literal) > declared[0]:
                raise _malformed(f"literal {literal} of {declared[0]} variables")
            else:
                literals.append(literal)
    if declared is None or literals or len(clauses) != declared[1]:
        raise _malformed("the formula is not what its `p cnf` line says")
    return clauses


def _header(words: list[str], before: tuple[int, int] | None) -> tuple[int, int]:
    if before is not None or len(words) != 4 or words[1] != "cnf":
        raise _malformed("no proper `p cnf VARIABLES CLAUSES` line")
    return _integer(words[2]), _integer(words[3])


def read_refutation(text: str) -> tuple[str, list[Step]]:
    """`lrat` or `drup`, and the steps. Every addition of LRAT has two zeros, of DRUP one."""
    rows = [
        (number, words)
        for number, line in enumerate(text.splitlines(), 1)
        if (words := line.split()) and words[0] != "c"
    ]
    if not rows:
        raise RefutationError("there is no refutation", reason=Reason.NO_ANSWER)
    zeros = {words.count("0") for _, words in rows if "d" not in words[:2]}
    if zeros == {2}:
        return "lrat", [_lrat_step(line, words) for line, words in rows]
    if zeros == {1}:
        return "drup", [_drup_step(line, words) for line, words in rows]
    raise _malformed("neither LRAT (two zeros a line) nor DRUP (one)")


def _lrat_step(line: int, words: list[str]) -> Step:
    deletes = len(words) > 1 and words[1] == "d"
    numbers = [_integer(word, line) for word in words if word != "d"]
    if not numbers or numbers[-1] != 0 or numbers[0] <= 0 or words.count("d") != deletes:
        raise _malformed("no LRAT line", line)
    if deletes:
        if numbers.count(0) != 1:
            raise _malformed("no LRAT deletion", line)
        return Step(line, number=numbers[0], deletes=tuple(numbers[1:-1]))
    middle = numbers.index(0, 1)
    literals = tuple(dict.fromkeys(numbers[1:middle]))
    return Step(line, literals, numbers[0], tuple(numbers[middle + 1 : -1]))


def _drup_step(line: int, words: list[str]) -> Step:
    deletes = words[0] == "d"
    numbers = [_integer(word, line) for word in words[deletes:]]
    if not numbers or numbers[-1] != 0 or numbers.count(0) != 1:
        raise _malformed("no DRUP line", line)
    literals = tuple(dict.fromkeys(numbers[:-1]))
    return Step(line, deletes=literals) if deletes else Step(line, literals)


def _integer(word: str, line: int = 0) -> int:
    digits = word[1:] if word.startswith("-") else word
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise _malformed(f"{word[:20]!r} is no literal", line)
    value = int(word)
    if abs(value) > MAX_VARIABLE:
        raise RefutationError(f"{value} is too large", step=line, reason=Reason.OVER_LIMIT)
    return value


def _malformed(why: str, line: int = 0) -> RefutationError:
    return RefutationError(why, step=line, reason=Reason.MALFORMED)
