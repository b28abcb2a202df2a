"""The math verifier: extract, read both sides, compare by the reference's type."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from flint import fmpq

from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Status, Verdict
from verigrad.verifiers import extract as extract_package
from verigrad.verifiers.base import Policy, Verifier, abstained, rejected
from verigrad.verifiers.extract import extract, extract_reference
from verigrad.verifiers.math.choices import compare_choice, reference_choice
from verigrad.verifiers.math.compare import Comparison
from verigrad.verifiers.math.fast import Ratio, read_plain, show_plain
from verigrad.verifiers.math.nodes import Choice, Node, Number, walk
from verigrad.verifiers.math.policy import MathPolicy
from verigrad.verifiers.math.reading import Reading, read
from verigrad.verifiers.math.scalar import Decision, Forms
from verigrad.verifiers.math.show import show
from verigrad.verifiers.math.surds import Surd, read_surd, show_surd
from verigrad.verifiers.math.wording import plain as plain_words

MAX_REFERENCES = 4_096
MAX_KEPT = 64  # terms of a reference's normal form that is kept with it
_EQUAL = Decision(equal=True, method="rational", certainty="exact")
_UNEQUAL = Decision(equal=False, method="rational", certainty="exact")
_SAME_FORM = Decision(equal=True, method="normal form", certainty="exact")
_OTHER_FORM = Decision(equal=False, method="normal form", certainty="exact")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference, read and found equal to itself; `why` says what is wrong with it otherwise."""

    text: str
    plain: Ratio | None = None
    surd: Surd | None = None
    reading: Reading | None = None
    choice: Choice | None = None
    canonical: str = ""
    why: str = ""
    forms: Forms = field(default_factory=dict)
    later: list[tuple[Reading, Forms]] = field(default_factory=list)

    def full(self, policy: MathPolicy) -> tuple[Reading, Forms]:
        """The reading with the normal forms made of it; of a surd, when first asked for."""
        if self.reading is not None:
            return self.reading, self.forms
        if self.plain is not None:
            places = len(self.text.partition(".")[2].strip()) if "." in self.text else None
            return Reading(self.text, Number(fmpq(*self.plain), places)), self.forms
        if not self.later:
            reading = read(self.text, max_chars=policy.max_answer_chars)
            comparison = Comparison(policy)
            comparison.readings(reading, reading)
            assert reading.node is not None
            self.later.append((reading, _kept_forms(reading.node, comparison.budget.forms)))
        return self.later[0]


class Math(Verifier):
    r"""`Math(answer_in="boxed").verify(Problem.of("3 * 4?", "12"), r"\boxed{12}")`."""

    name: ClassVar[str] = "math"
    version: ClassVar[str] = "1.0.0"
    policy_type: ClassVar[type[Policy]] = MathPolicy
    proves: ClassVar[str] = "the final answer equals the reference as mathematics"
    cannot: ClassVar[str] = "that the reasoning is right, or that the reference is"
    assurance: ClassVar[str] = "exact, or numerical with a stated certainty"
    cost: ClassVar[str] = "under 1 ms"

    def __init__(self, policy: Policy | None = None, **switches: Any) -> None:
        super().__init__(policy, **switches)
        self._references: dict[str, Reference] = {}
        self._has_fast_path = not self.policy.lowest_terms and self.policy.decimals == "exact"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Compare the one final answer with the reference."""
        reference = self.reference(problem.answer)
        if reference.why:
            return abstained(Reason.BAD_REFERENCE, reference.why)
        extraction = extract(response, self.policy)
        candidates = extraction.candidates
        if extraction.fault is not None:
            found = candidates[0] if candidates else None
            return rejected(extraction.fault, extracted=found, evidence={"why": extraction.why})
        verdict = self._judge_one(reference, candidates[-1])
        for other in candidates[:-1]:
            if other.text == candidates[-1].text:
                continue
            if self._judge_one(reference, other).reason is not verdict.reason:
                texts = [candidate.text[:80] for candidate in candidates]
                return rejected(
                    Reason.AMBIGUOUS, extracted=candidates[-1], evidence={"answers": texts}
                )
        return verdict

    def reference(self, answer: object) -> Reference:
        """The reference as it is compared; read once, kept for the other rollouts of its group."""
        if not isinstance(answer, str):
            return Reference("", why=f"the reference is {type(answer).__name__}, not text")
        known = self._references.get(answer)
        if known is None:
            known = _read_reference(answer, self.policy)
            if len(self._references) >= MAX_REFERENCES:
                self._references.clear()
            self._references[answer] = known
        return known

    def reference_response(self, problem: Problem) -> str | None:
        """The bare reference, placed where the policy looks; None where there is none to place."""
        if not isinstance(problem.answer, str) or not problem.answer.strip():
            return None
        answer = extract_reference(problem.answer)
        policy: MathPolicy = self.policy
        if policy.answer_in in ("auto", "boxed"):
            return f"\\boxed{{{answer}}}"
        if policy.answer_in in ("hash", "anchor"):
            return f"#### {answer}"
        if policy.answer_in == "tag":
            return f"<{policy.tag}>{answer}</{policy.tag}>"
        return None if policy.answer_in == "regex" else answer

    @classmethod
    def sources(cls) -> list[Path]:
        """The files of this folder and of the extraction it rests on."""
        folders = (Path(__file__).parent, Path(extract_package.__file__).parent)
        return sorted(path for folder in folders for path in folder.rglob("*.py"))

    def _judge_one(self, reference: Reference, found: Extracted) -> Verdict:
        plain = read_plain(found.text) if self._has_fast_path else None
        if plain is not None and reference.plain is not None:
            equal = plain[0] * reference.plain[1] == reference.plain[0] * plain[1]
            return _verdict(
                _EQUAL if equal else _UNEQUAL, found, show_plain(plain), reference.canonical
            )
        if self._has_fast_path and (reference.surd is not None or reference.plain is not None):
            surd = read_surd(found.text)
            if surd is not None or (plain is not None and reference.surd is not None):
                decision = _SAME_FORM if surd == reference.surd else _OTHER_FORM
                shown = show_plain(plain) if surd is None else show_surd(surd)  # type: ignore[arg-type]
                return _verdict(decision, found, shown, reference.canonical)
        reading = read(found.text, max_chars=self.policy.max_answer_chars)
        if reference.choice is not None and reading.fault in (None, Reason.MALFORMED):
            decision = compare_choice(reference.choice, reading)
            return _verdict(decision, found, plain_words(reading.text), reference.canonical)
        if reading.node is None:
            fault = reading.fault or Reason.MALFORMED
            return rejected(
                fault,
                extracted=found,
                canonical_reference=reference.canonical,
                evidence={"why": reading.why},
            )
        known, forms = reference.full(self.policy)
        comparison = Comparison(self.policy, forms)
        decision = comparison.readings(known, reading)
        canonical = show(reading.node, comparison.budget.forms)
        return _verdict(decision, found, canonical, reference.canonical)


def _read_reference(answer: str, policy: MathPolicy) -> Reference:
    plain = read_plain(answer)
    text = answer.strip() if plain is not None else extract_reference(answer)
    plain = plain if plain is not None else read_plain(text)
    if plain is not None:
        return Reference(text, plain, canonical=show_plain(plain))
    if (surd := read_surd(text)) is not None:
        return Reference(text, surd=surd, canonical=show_surd(surd))
    reading = read(text, max_chars=policy.max_answer_chars)
    choice = reference_choice(reading)
    if choice is not None:
        return Reference(text, reading=reading, choice=choice, canonical=choice.letter)
    if reading.node is None:
        return Reference(text, why=f"the reference cannot be read: {reading.why}")
    comparison = Comparison(policy)
    itself = comparison.readings(reading, reading)
    if not itself.equal:
        return Reference(text, why=f"the reference does not equal itself: {itself.method}")
    canonical = show(reading.node, comparison.budget.forms)
    forms = _kept_forms(reading.node, comparison.budget.forms)
    return Reference(text, reading=reading, canonical=canonical, forms=forms)


def _verdict(decision: Decision, found: Extracted, response: str, reference: str) -> Verdict:
    if decision.equal:
        reason, score = Reason.CORRECT, 1.0
    elif decision.ambiguous:
        reason, score = Reason.AMBIGUOUS, 0.0
    else:
        reason, score = Reason.UNDECIDED if decision.undecided else Reason.WRONG, 0.0
    return Verdict(
        Status.SCORED,
        reason,
        score,
        found,
        response,
        reference,
        decision.method,
        decision.certainty,
    )


def _kept_forms(node: Node, made: Forms) -> Forms:
    """Forms of the nodes that live in the reference's own tree: only their identity lasts."""
    own = {id(node)} if len(made) == 1 else {id(part) for part in walk(node)}
    return {
        key: known for key, known in made.items() if key in own and len(known[1].over) <= MAX_KEPT
    }


@lru_cache(maxsize=64)
def _verifier(switches: tuple[tuple[str, Any], ...]) -> Math:
    return Math(**dict(switches))


def verify(response: str, reference: str, **policy: Any) -> Verdict:
    r"""One call for users of any trainer; the keywords are the fields of `MathPolicy`.

    >>> verify(r"so it is \boxed{0.5}", r"\frac{1}{2}").is_correct
    True
    """
    verifier = _verifier(tuple(sorted(policy.items())))
    return verifier.verify(Problem(prompt=(), answer=reference, id="-"), response)
