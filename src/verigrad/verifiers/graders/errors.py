"""The error taxonomy of the graders' API, kept beside the score and never turned into one."""

from __future__ import annotations

from enum import StrEnum


class GraderError(StrEnum):
    """Its fields; each with whose fault it is here."""

    FORMULA_PARSE = "formula_parse_error"
    INVALID_VARIABLE = "invalid_variable_error"
    MODEL_PARSE = "model_grader_parse_error"
    MODEL_REFUSAL = "model_grader_refusal_error"
    MODEL_SERVER = "model_grader_server_error"
    PYTHON_RUNTIME = "python_grader_runtime_error"
    PYTHON_SERVER = "python_grader_server_error"
    SAMPLE_PARSE = "sample_parse_error"
    TRUNCATED = "truncated_observation_error"
    UNRESPONSIVE = "unresponsive_reward_error"
    OTHER = "other_error"

    @property
    def is_of_the_problem(self) -> bool:
        """The grader itself is wrong: the verdict abstains."""
        return self in (self.FORMULA_PARSE, self.INVALID_VARIABLE, self.UNRESPONSIVE, self.OTHER)

    @property
    def is_of_the_response(self) -> bool:
        """The response could not be graded through its own fault: score 0."""
        return self in (self.SAMPLE_PARSE, self.PYTHON_RUNTIME, self.TRUNCATED)


class GradingError(Exception):
    """Grading ended in one of these."""

    def __init__(self, kind: GraderError, details: str) -> None:
        super().__init__(f"{kind}: {details}")
        self.kind = kind
        self.details = details[:500]
