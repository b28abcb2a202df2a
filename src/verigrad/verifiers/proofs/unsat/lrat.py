"""LRAT: every added clause names the clauses that make it follow.

Source: Cruz-Filipe, Heule, Hunt, Kaufmann, Schneider-Kamp, "Efficient Certified RAT Verification"
(2017). A clause follows by reverse unit propagation if assuming it false makes each hint unit in
turn and the last one false; or it has the RAT property on its first literal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verigrad.verifiers.proofs.unsat.clauses import Budget, Clause, RefutationError, Step


def check_lrat(formula: Sequence[Clause], steps: Iterable[Step], *, budget: Budget) -> int:
    """Number of lines up to the empty clause; RefutationError where a line does not follow.

    >>> step = Step(1, (), 3, (1, 2))
    >>> check_lrat([(1,), (-1,)], [step], budget=Budget())
    1
    """
    live = {number: frozenset(clause) for number, clause in enumerate(formula, 1)}
    last = len(formula)
    count = 0
    for count, step in enumerate(steps, 1):
        if step.deletes is not None:
            _delete(live, step)
            continue
        if step.number <= last:
            raise RefutationError(f"clause number {step.number} is not new", step=step.line)
        last = step.number
        _check_addition(live, step, budget)
        if not step.literals:
            return count
        live[step.number] = frozenset(step.literals)
    raise RefutationError(f"{count} lines, and none of them is the empty clause")


def _delete(live: dict[int, frozenset[int]], step: Step) -> None:
    for number in step.deletes or ():
        if live.pop(number, None) is None:
            raise RefutationError(f"there is no clause {number} to delete", step=step.line)


def _check_addition(live: dict[int, frozenset[int]], step: Step, budget: Budget) -> None:
    false = set(step.literals)
    if any(-literal in false for literal in false):
        return  # a tautology follows from nothing
    split = next((i for i, hint in enumerate(step.hints) if hint < 0), len(step.hints))
    if _refutes(live, step.hints[:split], false, step, budget):
        return
    if not step.literals or split == len(step.hints):
        raise RefutationError("the clause does not follow from its hints", step=step.line)
    _check_rat(live, step, false, step.hints[split:], budget)


def _refutes(
    live: dict[int, frozenset[int]],
    hints: Sequence[int],
    false: set[int],
    step: Step,
    budget: Budget,
) -> bool:
    """Propagate along `hints`; `false` grows by what follows. True where a hint becomes false."""
    for hint in hints:
        clause = live.get(hint)
        if clause is None:
            raise RefutationError(f"hint {hint} names no clause", step=step.line)
        budget.spend(len(clause))
        left = clause - false
        if not left:
            return True
        if len(left) > 1:
            raise RefutationError(f"hint {hint} is neither unit nor false", step=step.line)
        false.update(-literal for literal in left)
    return False


def _check_rat(
    live: dict[int, frozenset[int]],
    step: Step,
    false: set[int],
    hints: Sequence[int],
    budget: Budget,
) -> None:
    """Every live clause with the negated pivot needs a refutation of the resolvent."""
    pivot = step.literals[0]
    starts = [i for i, hint in enumerate(hints) if hint < 0]
    parts = {
        -hints[start]: hints[start + 1 : end]
        for start, end in zip(starts, [*starts[1:], len(hints)], strict=True)
    }
    budget.spend(len(live))
    for number, clause in live.items():
        if -pivot not in clause:
            continue
        if number not in parts:
            raise RefutationError(f"RAT: nothing is said of clause {number}", step=step.line)
        budget.spend(len(clause))
        others = {literal for literal in clause if literal != -pivot}
        if any(-literal in false for literal in others):
            continue  # the resolvent is a tautology, or true already
        if not _refutes(live, parts[number], false | others, step, budget):
            raise RefutationError(f"RAT: clause {number} is not refuted", step=step.line)
