"""`grader`: OpenAI's reinforcement-fine-tuning grader JSON, read and run as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.sandbox import Level
from verigrad.verifiers.base import (
    Policy,
    Verifier,
    abstained,
    correct,
    partial,
    rejected,
)
from verigrad.verifiers.extract import blank_reasoning
from verigrad.verifiers.graders.errors import GraderError, GradingError
from verigrad.verifiers.graders.formula import calculate, names_of
from verigrad.verifiers.graders.grade import Grading
from verigrad.verifiers.graders.running import Bounds
from verigrad.verifiers.graders.schema import (
    GraderJsonError,
    GraderShape,
    Multi,
    ScoreModel,
    read_grader,
    uses_model,
)
from verigrad.verifiers.graders.template import sample_of
from verigrad.verifiers.judges.asking import Asker, Budget, Cache
from verigrad.verifiers.judges.client import ModelClient
from verigrad.verifiers.judges.http_client import HttpModelClient


class GraderPolicy(Policy):
    """The grader, and within what it runs.

    grader: its JSON; without it each problem brings its own in `info["grader"]`. pass_threshold:
    scores from it on are right and others wrong; without it the score is the grader's number.
    url, key_variable: the server of model graders. reasoning: `drop` grades what stands outside
    `<think>`; the hosted graders saw everything (`keep`).
    """

    grader: dict[str, Any] | None = None
    pass_threshold: float | None = Field(default=None, gt=0.0, le=1.0)
    reasoning: Literal["drop", "keep"] = "drop"
    time_limit_s: float = Field(default=10.0, gt=0.0, le=600.0)
    memory_mb: int = Field(default=512, gt=0)
    preset: str = "python"
    minimum_level: Level = Level.PROCESS
    max_response_chars: int = Field(default=200_000, ge=1, le=500_000)
    url: str = ""
    key_variable: str = ""
    max_calls: int = Field(default=10_000, ge=0)
    max_tokens: int = Field(default=10_000_000, ge=0)
    attempts: int = Field(default=3, ge=1, le=10)
    cache: str | None = None

    @model_validator(mode="after")
    def _is_grader(self) -> Self:
        if self.grader is not None:
            checked(self.grader)
        return self


class Grader(Verifier):
    """Templates read `item` (`info["item"]`, or question, answer and info) and `sample`.

    >>> check = {"type": "string_check", "name": "same", "operation": "eq",
    ...          "input": "{{sample.output_text}}", "reference": "{{item.answer}}"}
    >>> Grader(grader=check).verify(Problem.of("2+2?", "4"), "4").is_correct
    True
    """

    name: ClassVar[str] = "grader"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = GraderPolicy
    proves: ClassVar[str] = "the grader, as written, gave this number"
    cannot: ClassVar[str] = "that the grader is a good one; audit it like any other verifier"
    assurance: ClassVar[str] = "the grader's; opinion where a model grades"
    cost: ClassVar[str] = "under 1 ms; a sandboxed process for python, a call for a model"

    def __init__(
        self, policy: Policy | None = None, *, client: ModelClient | None = None, **switches: Any
    ) -> None:
        """`client` replaces the server at `url`."""
        super().__init__(policy, **switches)
        self._client = client
        given = self.policy.grader
        self._grader = checked(given) if given is not None else None
        self.verifiable = self._grader is not None and not uses_model(self._grader)

    @cached_property
    def _asker(self) -> Asker | None:
        policy = self.policy
        if self._client is None and not policy.url:
            return None
        client = self._client or HttpModelClient(policy.url, key_variable=policy.key_variable)
        cache = Cache(Path(policy.cache) if policy.cache else None)
        return Asker(client, Budget(policy.max_calls, policy.max_tokens), cache, policy.attempts)

    def judge(self, problem: Problem, response: str) -> Verdict:
        """The grader first, then its number, then whose fault it is that there is none."""
        try:
            grader = self._grader or checked(problem.info.get("grader"))
        except GraderJsonError as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        if len(response) > self.policy.max_response_chars:
            return rejected(Reason.OVER_LIMIT, evidence={"why": "the response is too long"})
        text = blank_reasoning(response).strip() if self.policy.reasoning == "drop" else response
        if not text.strip():
            return rejected(Reason.NO_ANSWER, evidence={"why": "the response is empty"})
        grading = Grading(_item(problem), sample_of(text), self._bounds, self._asker)
        grading.facts.update(grader=grader.type, errors={})
        if uses_model(grader):
            grading.facts["verifiable"] = False
        try:
            value = _unit(grader, grading.grade(grader))
        except GradingError as error:
            return _fault(error, grading.facts)
        return self._verdict(value, grading.facts)

    def _verdict(self, value: float, facts: dict[str, Any]) -> Verdict:
        facts["reward"] = value
        threshold = self.policy.pass_threshold
        if threshold is not None:
            value = float(value >= threshold)
        if value == 1.0:
            return correct(method="grader", evidence=facts)
        if value > 0.0:
            return partial(value, method="grader", evidence=facts)
        return rejected(Reason.WRONG, method="grader", evidence=facts)

    @property
    def _bounds(self) -> Bounds:
        policy = self.policy
        return Bounds(policy.time_limit_s, policy.memory_mb, policy.preset, policy.minimum_level)

    @classmethod
    def sources(cls) -> list[Path]:
        """The folder with its child program, and what it takes from judges."""
        here = Path(__file__).parent
        return sorted([*here.rglob("*.py"), here.parent / "judges" / "asking.py"])


def checked(given: Any) -> GraderShape:
    """A grader whose formula names only graders it has; GraderJsonError otherwise."""
    grader = read_grader(given)
    if isinstance(grader, Multi):
        formula = grader.calculate_output
        try:
            calculate(formula, dict.fromkeys(grader.graders, 0.5))
        except GradingError as error:  # others depend on the values
            if error.kind in (GraderError.FORMULA_PARSE, GraderError.INVALID_VARIABLE):
                raise GraderJsonError(str(error)) from None
        if not names_of(formula):
            raise GraderJsonError("calculate_output uses no grader: it is a constant")
    return grader


def _item(problem: Problem) -> Mapping[str, Any]:
    item = problem.info.get("item")
    if isinstance(item, Mapping):
        return item
    hidden = {name: value for name, value in problem.info.items() if name != "grader"}
    return {"question": problem.question, "answer": problem.answer, **hidden}


def _unit(grader: GraderShape, value: float) -> float:
    """The number in [0, 1]: a score model's range is mapped to it, all else must be in it."""
    if isinstance(grader, ScoreModel):
        low, high = grader.range
        value = (value - low) / (high - low)
    if not 0.0 <= value <= 1.0:
        raise GradingError(GraderError.UNRESPONSIVE, f"{value} is not between 0 and 1")
    return value


def _fault(error: GradingError, facts: dict[str, Any]) -> Verdict:
    facts = {**facts, "errors": {str(error.kind): error.details}, "why": str(error)}
    if error.kind.is_of_the_response:
        return rejected(Reason.MALFORMED, method="grader", evidence=facts)
    reason = Reason.BAD_REFERENCE if error.kind.is_of_the_problem else Reason.INFRASTRUCTURE
    return Verdict(reason.status, reason, None, method="grader", evidence=facts)
