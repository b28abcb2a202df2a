"""The verifier of formulas: truth tables where they decide, z3 in a worker where they do not."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.sandbox.workers import WorkerError, WorkerLimits, Workers, WorkerTimeoutError
from verigrad.verifiers.base import Policy, correct, failed, rejected
from verigrad.verifiers.extract import Extraction, ExtractPolicy
from verigrad.verifiers.final_answer import FinalAnswerVerifier, UnreadableError
from verigrad.verifiers.logic.formulas import Formula, has_form, write
from verigrad.verifiers.logic.parsing import parse
from verigrad.verifiers.logic.tables import MAX_ATOMS, atoms_of, table
from verigrad.verifiers.puzzles import base as puzzles
from verigrad.verifiers.puzzles.base import find_answer

Form = Literal["any", "nnf", "cnf", "dnf"]
_WORKERS = Workers(
    "verigrad.verifiers.logic.child",
    WorkerLimits(cpu_s=3, wall_s=120.0, memory_bytes=2 << 30),
    most=2,
)
_TEMPLATES = {"auto": "\\boxed{%s}", "boxed": "\\boxed{%s}", "whole": "%s"}
_FALSE = Formula("constant", name="false")
_TRUE = Formula("constant", name="true")


class Logic(FinalAnswerVerifier):
    r"""A formula equivalent to the reference.

    `answer` is the reference formula, `info["form"]` ("any", "nnf", "cnf", "dnf") the form that the
    response must have. Symbols that the reference lacks may occur where they make no difference. A
    reference that is always or never true is refused, and so is one that stands in the question
    where no form is asked for: an echo would pass.

    >>> problem = Problem.of("Write p -> q in CNF.", "~p | q", form="cnf")
    >>> Logic().verify(problem, r"\boxed{q \lor \lnot p}").is_correct
    True
    """

    name: ClassVar[str] = "logic"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = ExtractPolicy
    proves: ClassVar[str] = "the formula is equivalent to the reference, and has the asked form"
    cannot: ClassVar[str] = "decide every first-order equivalence: what z3 leaves open is undecided"
    assurance: ClassVar[str] = "exact for propositional logic, else z3's word"
    cost: ClassVar[str] = "under 1 ms by truth table, else some ms in a worker"

    def find(self, response: str) -> Extraction:
        """As for puzzles: box, tag, fenced block, answer line."""
        return find_answer(response, self.policy)

    @classmethod
    def sources(cls) -> list[Path]:
        """The family's folder, and what it builds on."""
        return sorted({*super().sources(), Path(puzzles.__file__)})

    def reference_response(self, problem: Problem) -> str | None:
        """The reference in the place where the policy looks."""
        template = _TEMPLATES.get(self.policy.answer_in)
        if template is None or not isinstance(problem.answer, str):
            return None
        return template.replace("%s", problem.answer)

    def read_reference(self, problem: Problem) -> tuple[Formula, str]:
        """The reference formula and the form; UnreadableError where it cannot be judged."""
        form = problem.info.get("form", "any")
        if form not in get_args(Form):
            raise UnreadableError(Reason.BAD_REFERENCE, f"form {form!r:.40} is not known")
        if not isinstance(problem.answer, str):
            raise UnreadableError(Reason.BAD_REFERENCE, "the reference is not a text")
        reference, why = _checked_reference(problem.answer, form)
        if form == "any" and problem.answer.strip() in problem.question:
            why = why or "the question holds the reference: an echo would pass"
        if why or reference is None:
            raise UnreadableError(Reason.BAD_REFERENCE, why)
        return reference, form

    def read(self, text: str, problem: Problem) -> Formula:
        """The response's formula, in the asked form."""
        _, form = self.read_reference(problem)
        answer = parse(text)
        if not has_form(answer, form):
            raise UnreadableError(Reason.VIOLATION, f"it is not in {form}")
        return answer

    def compare(
        self, reference: tuple[Formula, str], answer: Formula, *, extracted: Extracted
    ) -> Verdict:
        """Equivalence."""
        facts: dict[str, Any] = {
            "extracted": extracted,
            "canonical_response": write(answer)[:500],
            "canonical_reference": write(reference[0])[:500],
        }
        try:
            answered, method = equivalent(reference[0], answer)
        except WorkerError as error:
            return failed(f"z3 did not answer: {error}; is verigrad[logic] installed?", **facts)
        except WorkerTimeoutError as error:
            return rejected(Reason.TIMEOUT, evidence={"why": str(error)}, **facts)
        facts |= {"method": method, "certainty": "exact" if method == "truth table" else "z3"}
        if answered is None:
            return rejected(Reason.UNDECIDED, **facts)
        return correct(**facts) if answered else rejected(Reason.WRONG, **facts)


@lru_cache(maxsize=1024)
def _checked_reference(text: str, form: str) -> tuple[Formula | None, str]:
    """The reference, and why it cannot be judged ("" where it can)."""
    try:
        reference = parse(text)
    except UnreadableError as error:
        return None, error.why
    if not has_form(reference, form):
        return reference, f"the reference is not in {form} itself"
    try:
        for constant in (_FALSE, _TRUE):
            if equivalent(reference, constant)[0]:
                return reference, f"the reference is always {constant.name}"
    except WorkerTimeoutError:
        pass  # not known to be trivial
    return reference, ""


@lru_cache(maxsize=4096)
def equivalent(one: Formula, two: Formula) -> tuple[bool | None, str]:
    """Whether two formulas are equivalent (None: undecided), and by which method.

    Raises WorkerError, WorkerTimeoutError.
    """
    if one == two:
        return True, "identity"
    if one.is_propositional and two.is_propositional:
        atoms = atoms_of(one, two)
        if len(atoms) <= MAX_ATOMS:
            return table(one, atoms) == table(two, atoms), "truth table"
    answer = _WORKERS.call({"formulas": [one.to_json(), two.to_json()]})
    return {"unsat": True, "sat": False}.get(answer), "z3"
