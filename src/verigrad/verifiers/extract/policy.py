"""Where a task's answer stands: the switches of extraction, part of the verifier's digest."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from verigrad.verifiers.base import Policy

AnswerIn = Literal[
    "auto", "boxed", "hash", "anchor", "tag", "fenced", "regex", "whole", "last_number"
]


class ExtractPolicy(Policy):
    r"""Where the final answer stands, and what several answers mean.

    `answer_in`:
    - `auto`: boxes where there are any, else `anchor`; never the last number;
    - `boxed`: `\boxed{...}` or `\fbox{...}` outside the reasoning;
    - `hash`: a line `#### 18`;
    - `anchor`: a hash line, a line `A: 18`, "Answer: 18", "the final answer is 18";
    - `tag`: `<answer>18</answer>`, the name set by `tag`;
    - `fenced`: a block between lines of three backticks, for answers of several lines;
    - `regex`: group 1 (or the whole) of `pattern` in the last 4,096 characters;
    - `whole`: everything outside the reasoning;
    - `last_number`: the last number of the text, for tasks that ask for it by name.

    `several`: `agree` refuses answers that differ (`ambiguous`); `last` takes the last one.
    """

    answer_in: AnswerIn = "auto"
    tag: str = Field(default="answer", pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$")
    pattern: str | None = None
    several: Literal["agree", "last"] = "agree"
    reasoning: Literal["drop", "keep"] = "drop"
    max_response_chars: int = Field(default=500_000, ge=1, le=500_000)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"pattern does not compile: {error}") from None
        return pattern

    @model_validator(mode="after")
    def _pattern_goes_with_regex(self) -> ExtractPolicy:
        if (self.pattern is None) is (self.answer_in == "regex"):
            raise ValueError('give `pattern` exactly when answer_in = "regex"')
        return self
