"""OpenAI's reinforcement-fine-tuning graders as data, in the shapes its API takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

METRICS = ("cosine", "fuzzy_match", "bleu", "gleu", "meteor", "rouge_1", "rouge_2", "rouge_3",
           "rouge_4", "rouge_5", "rouge_l")  # fmt: skip


class GraderJsonError(ValueError):
    """No grader in the known shapes; says where."""


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""


class StringCheck(_Shape):
    """1 where input and reference are equal, different, or one contains the other, else 0."""

    type: Literal["string_check"]
    input: str
    reference: str
    operation: Literal["eq", "ne", "like", "ilike"]


class TextSimilarity(_Shape):
    """A similarity from 0 to 1."""

    type: Literal["text_similarity"]
    input: str
    reference: str
    evaluation_metric: Literal[
        "cosine", "fuzzy_match", "bleu", "gleu", "meteor", "rouge_1", "rouge_2", "rouge_3",
        "rouge_4", "rouge_5", "rouge_l",
    ]  # fmt: skip
    pass_threshold: Annotated[float, Field(ge=0.0, le=1.0)] | None = None


class PythonSource(_Shape):
    """`def grade(sample, item) -> float`, run in the sandbox. `image_tag` is read and not used."""

    type: Literal["python"]
    source: Annotated[str, Field(min_length=1, max_length=256 << 10)]
    image_tag: str | None = None


class GraderMessage(BaseModel):
    """One message of a model grader's prompt."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["user", "assistant", "system", "developer"]
    content: str
    type: Literal["message"] = "message"


class Sampling(BaseModel):
    """How a model grader samples."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_completions_tokens: int | None = None
    reasoning_effort: str | None = None


class ScoreModel(_Shape):
    """A model gives a number of `range`."""

    type: Literal["score_model"]
    model: str
    input: Annotated[tuple[GraderMessage, ...], Field(min_length=1)]
    range: tuple[float, float] = (0.0, 1.0)
    sampling_params: Sampling = Sampling()

    @model_validator(mode="after")
    def _is_range(self) -> Self:
        if not self.range[0] < self.range[1]:
            raise ValueError("range must rise")
        return self


class LabelModel(_Shape):
    """A model gives one of `labels`; the passing ones are worth 1."""

    type: Literal["label_model"]
    model: str
    input: Annotated[tuple[GraderMessage, ...], Field(min_length=1)]
    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    passing_labels: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if not set(self.passing_labels) < set(self.labels):
            raise ValueError("passing_labels must be some of the labels, and not all")
        return self


Single = Annotated[
    StringCheck | TextSimilarity | PythonSource | ScoreModel | LabelModel,
    Field(discriminator="type"),
]


class Multi(_Shape):
    """Several graders by name, and a formula over their results."""

    type: Literal["multi"]
    graders: Annotated[dict[str, Single], Field(min_length=1, max_length=50)]
    calculate_output: Annotated[str, Field(min_length=1, max_length=2_000)]

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        """The API's older shape has one grader, or a list, in place of the names."""
        graders = given.get("graders") if isinstance(given, Mapping) else None
        listed = [graders] if isinstance(graders, Mapping) and "type" in graders else graders
        if not isinstance(listed, list):
            return given
        named = {each.get("name", ""): each for each in listed if isinstance(each, Mapping)}
        if len(named) != len(listed):
            raise ValueError("graders need names of their own")
        return {**given, "graders": named}


GraderShape = StringCheck | TextSimilarity | PythonSource | ScoreModel | LabelModel | Multi


class _Any(BaseModel):
    grader: Annotated[GraderShape, Field(discriminator="type")]


def read_grader(given: Any) -> GraderShape:
    """A grader from its JSON (text or value); GraderJsonError names the field that is wrong."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError) as error:
            raise GraderJsonError(f"the grader is no JSON: {error}") from None
    try:
        return _Any.model_validate({"grader": given}).grader
    except ValidationError as error:
        said = [f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors()[:5]]
        raise GraderJsonError("; ".join(said)[:500]) from None


def uses_model(grader: GraderShape) -> bool:
    """Whether a model's opinion can decide."""
    if isinstance(grader, Multi):
        return any(map(uses_model, grader.graders.values()))
    return isinstance(grader, ScoreModel | LabelModel)
