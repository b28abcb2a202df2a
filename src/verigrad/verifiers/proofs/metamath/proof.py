"""The kernel: does this proof derive this statement? Normal and compressed proofs.

Source: N. Megill, D. A. Wheeler, "Metamath: A Computer Language for Mathematical Proofs",
sections 4.1 to 4.4 and appendix B. Work is bounded before it is done: expressions and steps have
limits, since substitution can double an expression at every step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from verigrad.core.verdict import Reason
from verigrad.verifiers.proofs.metamath.errors import MetamathError
from verigrad.verifiers.proofs.metamath.frames import Assertion, Expression, Hypothesis, Step

_LETTERS = re.compile(r"[U-Y]*[A-T]|Z|\?")
_MAX_DIGITS = 12  # letters of one number: far more than any database has statements
Lookup = Callable[[str], Assertion | Hypothesis]


@dataclass(slots=True)
class Budget:
    """What is left to be spent: steps, and characters of expressions; and the longest expression.

    Comparing two sets of variables costs the product of their sizes in characters.
    """

    steps: int = 10_000_000
    chars: int = 10_000_000_000
    expression_chars: int = 10_000_000

    def step(self) -> None:
        """Pay for one step."""
        self.steps -= 1
        if self.steps < 0:
            raise MetamathError("the proof has too many steps", reason=Reason.OVER_LIMIT)

    def write(self, chars: int) -> None:
        """Pay for an expression, or for work as long."""
        self.chars -= chars
        if chars > self.expression_chars or self.chars < 0:
            why = "the expressions of the proof grow too long"
            raise MetamathError(why, reason=Reason.OVER_LIMIT)


def number_of(letters: str) -> int:
    """The number that letters of a compressed proof write, from 0.

    >>> number_of("A"), number_of("T"), number_of("UA"), number_of("YT"), number_of("UUA")
    (0, 19, 20, 119, 120)
    """
    value = 0
    for letter in letters[:-1]:
        value = value * 5 + ord(letter) - ord("T")
    return value * 20 + ord(letters[-1]) - ord("A")


def check_proof(
    theorem: Assertion, lookup: Lookup, *, variables: frozenset[str], budget: Budget
) -> int:
    """Verify `theorem.proof`; returns the number of steps. MetamathError where it does not hold.

    `lookup` gives what a label names, and raises MetamathError for what the proof may not use.
    """
    assert theorem.proof is not None
    machine = _Machine(theorem, variables, budget)
    try:
        if theorem.proof.letters is None:
            for label in theorem.proof.labels:
                machine.apply(_named(label, lookup))
        else:
            machine.run_compressed(list(_operands(theorem, lookup)), theorem.proof.letters)
        machine.finish()
    except MetamathError as error:
        step = error.step or machine.steps
        raise MetamathError(
            error.why, label=theorem.label, step=step, reason=error.reason
        ) from None
    return machine.steps


def _named(label: str, lookup: Lookup) -> Expression | Step:
    if label == "?":
        raise MetamathError("the proof is incomplete: it has a step `?`")
    found = lookup(label)
    return found.expression if isinstance(found, Hypothesis) else found.step()


def _operands(theorem: Assertion, lookup: Lookup) -> Iterator[Expression | Step]:
    assert theorem.proof is not None
    mandatory = {hypothesis.label for hypothesis in theorem.hypotheses}
    yield from (hypothesis.expression for hypothesis in theorem.hypotheses)
    for label in theorem.proof.labels:
        if label in mandatory:
            raise MetamathError(
                f"{label} is a mandatory hypothesis and must not be listed",
                reason=Reason.MALFORMED,
            )
        yield _named(label, lookup)


class _Machine:
    """The proof stack."""

    def __init__(self, theorem: Assertion, variables: frozenset[str], budget: Budget) -> None:
        self.theorem = theorem
        self.variables = variables
        self.budget = budget
        self.stack: list[Expression] = []
        self.steps = 0
        self.known: dict[str, frozenset[str]] = {}

    def run_compressed(self, operands: list[Expression | Step], letters: str) -> None:
        """Every letter group: an operand, an earlier result, or `Z` (remember the last result)."""
        groups = _LETTERS.findall(letters)
        if sum(map(len, groups)) != len(letters):
            raise MetamathError("the letters of the proof cannot be read", reason=Reason.MALFORMED)
        numbers: dict[str, int] = {}
        just_saved = False
        for group in groups:
            if group == "Z":
                if not self.stack or just_saved:
                    raise MetamathError("Z follows nothing", reason=Reason.MALFORMED)
                operands.append(self.stack[-1])
                just_saved = True
                continue
            just_saved = False
            if group == "?":
                raise MetamathError("the proof is incomplete: it has a step `?`")
            number = numbers.get(group)
            if number is None:
                if len(group) > _MAX_DIGITS:
                    raise MetamathError("a step's number is too large", reason=Reason.MALFORMED)
                number = numbers[group] = number_of(group)
            if number >= len(operands):
                raise MetamathError(
                    f"step {group} names nothing", step=self.steps + 1, reason=Reason.MALFORMED
                )
            self.apply(operands[number])

    def apply(self, operand: Expression | Step) -> None:
        """Push a hypothesis, or replace the arguments of an assertion by its conclusion."""
        self.steps += 1
        self.budget.step()
        if isinstance(operand, Expression):
            self.stack.append(operand)
            return
        stack, size = self.stack, operand.size
        if size > len(stack):
            raise MetamathError(f"{operand.label} needs {size} arguments, {len(stack)} are there")
        first = len(stack) - size
        values = []
        for place, typecode in operand.floats:
            argument = stack[first + place]
            if argument[0] != typecode:
                raise MetamathError(f"{operand.label} needs a {typecode} and is given `{argument}`")
            values.append(argument[1])
        for place, wanted in operand.essentials:
            argument = stack[first + place]
            body = wanted.render(values)
            if argument[1] != body or argument[0] != wanted.typecode:
                raise MetamathError(_mismatch(operand.label, wanted.typecode, body, argument))
        if operand.apart:
            self._check_apart(operand, values)
        body = operand.conclusion.render(values)
        self.budget.write(len(body))
        del stack[first:]
        stack.append(Expression(operand.conclusion.typecode, body))

    def finish(self) -> None:
        """The stack must hold the theorem and nothing else."""
        if len(self.stack) != 1:
            raise MetamathError(f"the proof leaves {len(self.stack)} expressions instead of one")
        if self.stack[0] != self.theorem.expression:
            raise MetamathError(f"the proof shows `{str(self.stack[0])[:300]}` instead")

    def _check_apart(self, operand: Step, values: list[str]) -> None:
        """No shared variable, and every pair of their variables declared distinct here."""
        declared = self.theorem.scope_distinct
        for one, other in operand.apart:
            left, right = self._variables(values[one]), self._variables(values[other])
            self.budget.write(len(left) * len(right))
            for a in left:
                for b in right:
                    if a == b or ((a, b) if a < b else (b, a)) not in declared:
                        raise MetamathError(
                            f"{operand.label} needs {a} and {b} to be distinct variables"
                        )

    def _variables(self, body: str) -> frozenset[str]:
        found = self.known.get(body)
        if found is None:
            found = self.known[body] = self.variables.intersection(body.split())
        return found


def _mismatch(label: str, typecode: str, body: str, given: Expression) -> str:
    wanted = f"{typecode} {body}".rstrip()
    return f"{label} needs `{wanted[:300]}` and is given `{str(given)[:300]}`"
