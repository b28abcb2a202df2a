"""The `constraints` verifier: does a response follow its instructions, to the letter."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers.base import Policy, Verifier, abstained, correct, partial, rejected
from verigrad.verifiers.constraints.rule import ArgumentError
from verigrad.verifiers.constraints.tree import Leaf, leaves, read_tree, score
from verigrad.verifiers.extract import blank_reasoning
from verigrad.verifiers.structure import __file__ as structure_init

_MIN_JUNK_CHARS = 400
_MIN_JUNK_WORDS = 100


class ConstraintPolicy(Policy):
    """How a response is read and scored.

    reading: `strict`, the response as it stands; `loose`, also without its first line, its last
    line, both, and each of these without asterisks (IFEval's eight readings).
    score: `all` (every constraint) or `fraction` (the share followed) where the problem gives a
    bare list. junk: an echo of the prompt and repeated filler are refused even where they happen
    to follow; `allow` leaves that to another verifier.
    """

    reading: Literal["strict", "loose"] = "strict"
    score: Literal["all", "fraction"] = "all"
    junk: Literal["refuse", "allow"] = "refuse"
    reasoning: Literal["drop", "keep"] = "drop"
    max_response_chars: int = Field(default=200_000, ge=1, le=500_000)


class Constraints(Verifier):
    """Every instruction checked by a deterministic rule; an undecided one is not followed.

    >>> problem = Problem.of("?", [{"id": "punctuation:no_comma"}])
    >>> Constraints().verify(problem, "No pause.").is_correct
    True
    """

    name: ClassVar[str] = "constraints"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = ConstraintPolicy
    proves: ClassVar[str] = "the response follows each stated rule of form, to the letter"
    cannot: ClassVar[str] = "that the response says anything true, useful or on the subject"
    assurance: ClassVar[str] = "exact, but for language: function words and script"
    cost: ClassVar[str] = "about 1 ms"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """The constraints first, then what counts as the response, then every rule."""
        how = "all_of" if self.policy.score == "all" else "fraction_of"
        try:
            tree = read_tree(problem.answer, how=how)
        except ArgumentError as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        rules = list(leaves(tree))
        if len(response) > self.policy.max_response_chars:
            return rejected(Reason.OVER_LIMIT, evidence={"why": "the response is too long"})
        text = visible(response) if self.policy.reasoning == "drop" else response
        if not any(map(str.isalnum, text)):
            return rejected(Reason.NO_ANSWER, evidence={"why": "nothing but signs"})
        if self.policy.junk == "refuse" and (why := _junk(text, problem, rules)):
            return rejected(Reason.VIOLATION, evidence={"why": why})
        readings = loose_readings(text) if self.policy.reading == "loose" else [text]
        told = [_follow(leaf, readings) for leaf in rules]
        evidence = {
            "followed": [leaf.id for leaf, said in zip(rules, told, strict=True) if said],
            "violated": [leaf.id for leaf, said in zip(rules, told, strict=True) if said is False],
            "undecided": [leaf.id for leaf, said in zip(rules, told, strict=True) if said is None],
        }
        total = score(tree, (said is True for said in told))
        facts = {"method": f"{len(rules)} rules, {self.policy.reading}", "evidence": evidence}
        if total == 1.0:
            return correct(certainty="exact", **facts)
        return partial(total, **facts) if total > 0.0 else rejected(Reason.WRONG, **facts)

    @classmethod
    def sources(cls) -> list[Path]:
        """The folder, and the JSON and pattern readers it uses."""
        structure = Path(structure_init).parent
        return [*super().sources(), structure / "patterns.py", structure / "strict_json.py"]


def visible(response: str) -> str:
    """The response without its reasoning, and without the blank lines that leaves in front."""
    blanked = blank_reasoning(response)
    return response if blanked == response else blanked.strip("\n")


def _follow(leaf: Leaf, readings: list[str]) -> bool | None:
    """True where some reading follows; None where none does and one could not be decided."""
    said = [leaf.rule.check(text, **leaf.arguments) if text.strip() else False for text in readings]
    if any(each is True for each in said):
        return True
    return None if None in said else False


def loose_readings(text: str) -> list[str]:
    """IFEval's eight: without its first line, its last, both; and each without asterisks."""
    lines = text.split("\n")
    cut = ["\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1])]
    plain = [text, *cut]
    return [*plain, *(each.replace("*", "") for each in plain)]


def _junk(text: str, problem: Problem, rules: list[Leaf]) -> str:
    """Why this is no response at all; empty where it may be one."""
    if not any(leaf.rule.repeats_prompt for leaf in rules):
        said, asked = (" ".join(each.casefold().split()) for each in (text, problem.question))
        if said == asked:
            return "the prompt, echoed"
    words = text.casefold().split()
    if len(text) >= _MIN_JUNK_CHARS and len(set(text)) <= 4:
        return "filler: a few characters over and over"
    if len(words) >= _MIN_JUNK_WORDS and len(set(words)) * 33 <= len(words):
        return "filler: a few words over and over"
    return ""
