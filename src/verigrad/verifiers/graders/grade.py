"""Grading: a grader's shape, an item and a sample -> a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verigrad.verifiers.graders.errors import GraderError, GradingError
from verigrad.verifiers.graders.formula import calculate
from verigrad.verifiers.graders.running import Bounds, call_function
from verigrad.verifiers.graders.schema import (
    GraderShape,
    LabelModel,
    Multi,
    PythonSource,
    ScoreModel,
    StringCheck,
    TextSimilarity,
)
from verigrad.verifiers.graders.similarity import SIMILARITIES
from verigrad.verifiers.graders.template import fill
from verigrad.verifiers.judges.asking import (
    Asker,
    BudgetError,
    RefusedError,
    UnreadableReplyError,
    field_of,
)
from verigrad.verifiers.judges.client import ModelRequest, ModelServerError
from verigrad.verifiers.judges.prompt import shown


@dataclass(frozen=True)
class Grading:
    """One sample being graded: what templates read, and what graders may use."""

    item: Mapping[str, Any]
    sample: Mapping[str, Any]
    bounds: Bounds = field(default_factory=Bounds)
    asker: Asker | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def grade(self, grader: GraderShape) -> float:
        """The grader's number; GradingError where it has none."""
        if isinstance(grader, Multi):
            return self._multi(grader)
        if isinstance(grader, StringCheck):
            return self._string_check(grader)
        if isinstance(grader, TextSimilarity):
            return self._similarity(grader)
        if isinstance(grader, PythonSource):
            return self._python(grader)
        return self._score(grader) if isinstance(grader, ScoreModel) else self._label(grader)

    def fill(self, template: str) -> str:
        """A template, filled."""
        return fill(template, item=self.item, sample=self.sample)

    def _multi(self, grader: Multi) -> float:
        results = {name: self.grade(single) for name, single in grader.graders.items()}
        self.facts["sub_rewards"] = results
        return calculate(grader.calculate_output, results)

    def _string_check(self, grader: StringCheck) -> float:
        text, reference = self.fill(grader.input), self.fill(grader.reference)
        if grader.operation == "ilike":
            text, reference = text.casefold(), reference.casefold()
        if grader.operation in ("like", "ilike"):
            return float(bool(reference) and reference in text)
        return float((text == reference) is (grader.operation == "eq"))

    def _similarity(self, grader: TextSimilarity) -> float:
        if grader.evaluation_metric == "cosine":
            why = "cosine needs an embedding model, and none is wired to graders"
            raise GradingError(GraderError.MODEL_SERVER, why)
        measure = SIMILARITIES[grader.evaluation_metric]
        score = measure(self.fill(grader.input), self.fill(grader.reference))
        if grader.pass_threshold is None:
            return score
        return float(score >= grader.pass_threshold)

    def _python(self, grader: PythonSource) -> float:
        arguments = (self.sample, self.item)
        called = call_function(grader.source, "grade", arguments, bounds=self.bounds)
        self.facts["level"] = str(called.level) if called.level else None
        return called.value

    def _score(self, grader: ScoreModel) -> float:
        low, high = grader.range
        schema = {"type": "number", "minimum": low, "maximum": high}

        def read(text: str) -> float:
            value = field_of(text, "result")
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise UnreadableReplyError(f"result {value!r:.40} is no number")
            if not low <= value <= high:
                raise UnreadableReplyError(f"result {value} is out of range")
            return float(value)

        form = f'Reply with JSON only: {{"result": <number from {low:g} to {high:g}>}}.'
        sampling = grader.sampling_params.model_dump(exclude_none=True)
        return self._asked(grader, form, schema=schema, read=read, sampling=sampling)

    def _label(self, grader: LabelModel) -> float:
        schema = {"type": "string", "enum": list(grader.labels)}

        def read(text: str) -> str:
            value = field_of(text, "result")
            if value not in grader.labels:
                raise UnreadableReplyError(f"label {value!r:.40} is none of the labels")
            return value

        form = f'Reply with JSON only: {{"result": <one of {", ".join(grader.labels)}>}}.'
        label = self._asked(grader, form, schema=schema, read=read, sampling={})
        self.facts["label"] = label
        return float(label in grader.passing_labels)

    def _asked(
        self,
        grader: ScoreModel | LabelModel,
        form: str,
        *,
        schema: Mapping[str, Any],
        read: Any,
        sampling: Mapping[str, Any],
    ) -> Any:
        if self.asker is None:
            raise GradingError(GraderError.MODEL_SERVER, "no server for model graders: set `url`")
        filled = [
            {"role": message.role, "content": shown(self.fill(message.content), most=40_000)}
            for message in grader.input
        ]
        shape = {
            "type": "object",
            "properties": {"result": schema},
            "required": ["result"],
            "additionalProperties": False,
        }
        messages = (*filled, {"role": "system", "content": form})
        request = ModelRequest(grader.model, messages, shape, sampling)
        try:
            return self.asker.ask(request, read=read)
        except RefusedError as error:
            raise GradingError(GraderError.MODEL_REFUSAL, str(error)) from None
        except UnreadableReplyError as error:
            raise GradingError(GraderError.MODEL_PARSE, str(error)) from None
        except (ModelServerError, BudgetError) as error:
            raise GradingError(GraderError.MODEL_SERVER, str(error)) from None
