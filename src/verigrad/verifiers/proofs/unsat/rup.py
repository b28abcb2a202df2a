"""RUP without hints: unit propagation finds by itself why a clause follows.

Source: Goldberg, Novikov, "Verification of proofs of unsatisfiability for CNF formulas" (2003);
two watched literals after Moskewicz et al. (2001). Deletions are passed over: what was derived
stays derived, so that more clauses can only help. `elaborate` writes the reasons down as LRAT.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from verigrad.verifiers.proofs.unsat.clauses import Budget, Clause, RefutationError, Step


def check_rup(formula: Sequence[Clause], steps: Iterable[Step], *, budget: Budget) -> int:
    """Number of lines up to the empty clause; RefutationError where a line does not follow."""
    return len(elaborate(formula, steps, budget=budget))


def elaborate(formula: Sequence[Clause], steps: Iterable[Step], *, budget: Budget) -> list[Step]:
    """The additions of a DRUP proof, each with LRAT's number and hints, up to the empty clause."""
    solver = Propagator(budget)
    for clause in formula:
        solver.add(clause)
    lines: list[Step] = []
    number = len(formula)
    for step in steps:
        if step.deletes is not None:
            continue
        hints = solver.refute(step.literals)
        if hints is None:
            raise RefutationError("the clause does not follow by propagation", step=step.line)
        number += 1
        lines.append(Step(step.line, step.literals, number, tuple(hints)))
        if not step.literals:
            return lines
        solver.add(step.literals)
    raise RefutationError(f"{len(lines)} clauses, and none of them is the empty one")


class Propagator:
    """Clauses under unit propagation; what follows from units alone is kept."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.clauses: list[list[int]] = [[]]  # from 1; the first two literals are watched
        self.watches: defaultdict[int, list[int]] = defaultdict(list)
        self.true: dict[int, int] = {}  # literal -> the clause that forces it, 0: assumed
        self.trail: list[int] = []
        self.done = 0  # how much of the trail has been propagated
        self.conflict: int | None = None  # the clause that units alone make false

    def add(self, clause: Clause) -> None:
        """A further clause; its consequences as a unit are drawn at once."""
        number = len(self.clauses)
        self.budget.spend(len(clause))
        literals = sorted(clause, key=lambda literal: -literal in self.true)  # false ones last
        self.clauses.append(literals)
        if not set(clause).isdisjoint(-literal for literal in clause):
            return  # a tautology never becomes unit
        for literal in literals[:2]:
            self.watches[literal].append(number)
        open_ones = [literal for literal in literals if -literal not in self.true]
        if self.conflict is not None or any(literal in self.true for literal in open_ones):
            return
        if not open_ones:
            self.conflict = number
        elif len(open_ones) == 1:
            self._assign(open_ones[0], number)
            self.conflict = self._propagate()

    def refute(self, clause: Clause) -> list[int] | None:
        """Hints that show `clause`: assumed false, propagation must end in a false clause."""
        if self.conflict is not None:
            return self.reasons_of(self.conflict, assumed=clause)
        self.budget.spend(len(clause) + 1)
        if not set(clause).isdisjoint(-literal for literal in clause):
            return []
        mark = len(self.trail)
        found: int | None = None
        for literal in clause:
            if literal in self.true:
                found = self.true[literal]  # the clause that forces it is false under ours
                break
            if -literal not in self.true:
                self._assign(-literal, 0)
        hints = None
        if found is None:
            found = self._propagate()
        if found is not None:
            hints = self.reasons_of(found, assumed=clause)
        for literal in self.trail[mark:]:
            del self.true[literal]
        del self.trail[mark:]
        self.done = mark
        return hints

    def reasons_of(self, conflict: int, *, assumed: Clause = ()) -> list[int]:
        """The clauses that led to the false clause `conflict`, in the order they become unit.

        Literals of `assumed` are false without a reason.
        """
        self.budget.spend(len(self.trail))
        given = {-literal for literal in assumed}
        needed = {-literal for literal in self.clauses[conflict]} - given
        hints = [conflict]
        for literal in reversed(self.trail):
            if literal in needed and self.true[literal]:
                reason = self.true[literal]
                if reason != conflict:
                    hints.append(reason)
                    others = {-other for other in self.clauses[reason] if other != literal}
                    needed |= others - given
        return hints[::-1]

    def _assign(self, literal: int, reason: int) -> None:
        self.true[literal] = reason
        self.trail.append(literal)

    def _propagate(self) -> int | None:
        """Draw all consequences; the number of a clause that became false, if one did."""
        while self.done < len(self.trail):
            false = -self.trail[self.done]
            self.done += 1
            watching = self.watches[false]
            self.watches[false] = kept = []
            for place, number in enumerate(watching):
                if not self._visit(number, false, kept):
                    kept.extend(watching[place + 1 :])
                    return number
        return None

    def _visit(self, number: int, false: int, kept: list[int]) -> bool:
        """Find another watch for clause `number`, or its consequence; False where it is false."""
        clause = self.clauses[number]
        if len(clause) > 1 and clause[0] == false:
            clause[0], clause[1] = clause[1], clause[0]
        first = clause[0]
        if len(clause) > 1 and first in self.true:
            kept.append(number)
            return True
        for place in range(2, len(clause)):
            literal = clause[place]
            if -literal not in self.true:
                clause[1], clause[place] = literal, clause[1]
                self.watches[literal].append(number)
                self.budget.spend(place)
                return True
        self.budget.spend(len(clause))
        kept.append(number)
        if len(clause) == 1 or -first in self.true:
            return False
        self._assign(first, number)
        return True
