"""The `records` verifier: a JSON answer, the problem's data, and rules that must all hold.

The problem's `answer`: `{"rules": ["..."], "schema": {...}}` (the schema may be left out), and
`info["data"]` what the rules call `data`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers.base import Policy, Verifier, abstained, correct, partial, rejected
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.records.evaluate import Evaluation, OutOfStepsError
from verigrad.verifiers.records.functions import ValueFaultError
from verigrad.verifiers.records.parser import parse
from verigrad.verifiers.records.syntax import Node, RuleError
from verigrad.verifiers.structure import __file__ as structure_init
from verigrad.verifiers.structure.payload import PayloadPolicy, find_payload
from verigrad.verifiers.structure.schema import BadSchemaError, read_schema
from verigrad.verifiers.structure.strict_json import NotJsonError, parse_json

MAX_RULES = 100


class RecordsPolicy(PayloadPolicy):
    """score: `all` rules or the `fraction` that holds. max_steps: of all rules together."""

    score: Literal["all", "fraction"] = "all"
    max_steps: int = Field(default=500_000, ge=1_000, le=50_000_000)


class Records(Verifier):
    """Any answer that keeps the rules is right; none is compared with a stored solution.

    >>> answer = {"rules": ["sum(answer.picked) <= data.limit", "count(answer.picked) == 2"]}
    >>> problem = Problem.of("Pick two numbers, at most 10 together.", answer, data={"limit": 10})
    >>> Records().verify(problem, '{"picked": [3, 7]}').is_correct
    True
    """

    name: ClassVar[str] = "records"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = RecordsPolicy
    proves: ClassVar[str] = "the answer keeps every declared rule over the problem's data"
    cannot: ClassVar[str] = "that the rules say all that was meant"
    assurance: ClassVar[str] = "exact"
    cost: ClassVar[str] = "a few ms"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """The rules first, then the payload and its schema, then rule by rule."""
        try:
            texts, schema = _declared(problem.answer)
            rules = [_parsed(text) for text in texts]
        except (RuleError, BadSchemaError) as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        try:
            found = find_payload(response, self.policy)
            value = parse_json(found.text)
            fault = schema.fault(value) if schema is not None else None
        except UnreadableError as error:
            return rejected(error.reason, evidence={"why": error.why})
        except NotJsonError as error:
            return rejected(Reason.MALFORMED, evidence={"why": str(error)})
        except BadSchemaError as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        if fault is not None:
            return rejected(Reason.MALFORMED, extracted=found, evidence={"why": fault})
        try:
            data = problem.info.get("data")
            evaluation = Evaluation(answer=value, data=data, max_steps=self.policy.max_steps)
            broken = _broken(evaluation, dict(zip(texts, rules, strict=True)))
        except OutOfStepsError:
            why = f"over {self.policy.max_steps} steps"
            return rejected(Reason.OVER_LIMIT, extracted=found, evidence={"why": why})
        except ValueFaultError as error:
            return abstained(Reason.BAD_REFERENCE, f"data: {error}")
        facts: dict[str, Any] = {"extracted": found, "method": f"{len(rules)} rules"}
        if not broken:
            return correct(certainty="exact", **facts)
        share = 1 - len(broken) / len(rules)
        evidence = {"broken": broken}
        if self.policy.score == "fraction" and share > 0:
            return partial(share, evidence=evidence, **facts)
        return rejected(Reason.WRONG, evidence=evidence, **facts)

    @classmethod
    def sources(cls) -> list[Path]:
        """The folder's files, and the readers of structure."""
        return [*super().sources(), *sorted(Path(structure_init).parent.glob("*.py"))]


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Node:
    return parse(text)


def _declared(answer: Any) -> tuple[list[str], Any]:
    if not isinstance(answer, Mapping) or set(answer) - {"rules", "schema"}:
        raise RuleError('the reference is no {"rules": [...], "schema": {...}}')
    rules = answer.get("rules")
    if not isinstance(rules, list) or not 0 < len(rules) <= MAX_RULES:
        raise RuleError(f'"rules" is a list of 1 to {MAX_RULES} rules')
    texts = [rule if isinstance(rule, str) else "" for rule in rules]
    if not any("answer" in text for text in texts):
        raise RuleError("no rule says anything about the answer")
    return texts, read_schema(answer["schema"]) if "schema" in answer else None


def _broken(evaluation: Evaluation, rules: Mapping[str, Node]) -> dict[str, str]:
    """Rule -> why it does not hold. A rule that its values do not fit is broken."""
    broken: dict[str, str] = {}
    for text, rule in rules.items():
        try:
            if not evaluation.holds(rule):
                broken[text] = "does not hold"
        except ValueFaultError as error:
            broken[text] = str(error)
    return broken
