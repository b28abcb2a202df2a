r"""A code problem's tests, as data: what stands in a problem's `answer`.

Four forms, told apart by their keys:

    {"entry_point": "add", "cases": [{"args": [1, 2], "expected": 3, "hidden": true}]}
    {"cases": [{"stdin": "3\n", "stdout": "9\n"}]}
    {"entry_point": "f", "assertions": "<test source>"}
    {"entry_point": "f", "generator": "<source of generate(rng)>", "num_cases": 20}

Expected values, comparators, checkers and test sources stay in this process or go to sandboxes the
candidate is not in.
"""

from __future__ import annotations

import ast
import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from verigrad.core.errors import DataError
from verigrad.verifiers.code.child.codec import NotPlain, encode

MAX_TESTS_BYTES = 1 << 26


def _dotted_name(text: str) -> str:
    if not all(part.isidentifier() for part in text.split(".")):
        raise ValueError(f"{text!r} is no name of a function or class")
    return text


EntryPoint = Annotated[str, Field(max_length=400), AfterValidator(_dotted_name)]
Tolerance = Annotated[float, Field(ge=0.0, lt=float("inf"))]


class Strict(BaseModel):
    """Frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Comparator(Strict):
    """How outputs are compared. A bare kind may be given as a string.

    For programs: exact, lines (default), tokens, floats, unordered_lines, json, checker.
    For functions: exact (default), floats, unordered, checker.
    """

    kind: Literal[
        "exact", "lines", "tokens", "floats", "unordered_lines", "unordered", "json", "checker"
    ]
    absolute: Tolerance = 1e-9
    relative: Tolerance = 1e-9
    ignore_case: bool = False
    checker: str | None = None  # Python source that defines check(input, output, expected) -> bool

    @model_validator(mode="before")
    @classmethod
    def _from_kind(cls, given: Any) -> Any:
        return {"kind": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _has_checker(self) -> Comparator:
        if (self.kind == "checker") is not (self.checker is not None):
            raise ValueError('"checker" (its source) goes with the kind "checker", and only there')
        return self


class CallCase(Strict):
    """One call: `entry_point(*args, **kwargs)`, or a class constructed and then its methods called.

    `calls` are pairs of method name and arguments; what is compared is then the list of their
    results. With the test's `literals`, `args` and `expected` are Python literals in strings.
    """

    args: list[Any] | str = []
    kwargs: dict[str, Any] = {}
    calls: list[Annotated[tuple[str, list[Any]], Field(strict=False)]] | None = None
    expected: Any = None
    hidden: bool = False
    comparator: Comparator | None = None


class ProgramCase(Strict):
    """One run of a program."""

    stdin: str = ""
    stdout: str
    hidden: bool = False
    comparator: Comparator | None = None


class AssertionGroup(Strict):
    """Test source run in one process of its own."""

    source: str
    hidden: bool = False


class Common(Strict):
    """What every form may say."""

    preset: str = "python"  # the sandbox's: python, python-numpy, cpp, javascript, ...
    main: str | None = None  # the entry file of a multi-file solution
    stateful: bool = False  # cases run in one process, in the order given
    time_limit_s: Annotated[float, Field(gt=0, le=600)] | None = None
    memory_mb: Annotated[int, Field(gt=0)] | None = None


class CallTests(Common):
    """Calls of a function or class."""

    entry_point: EntryPoint
    cases: list[CallCase] = Field(min_length=1)
    comparator: Comparator = Comparator(kind="exact")
    literals: bool = False  # args and expected are Python literals: tuples and sets can be said

    @model_validator(mode="after")
    def _says_what_is_expected(self) -> CallTests:
        for index, case in enumerate(self.cases):
            checked = (case.comparator or self.comparator).kind == "checker"
            if "expected" not in case.model_fields_set and not checked:
                raise ValueError(f'case {index} needs "expected"')
        return self


class ProgramTests(Common):
    """Runs of a program: stdin to stdout."""

    cases: list[ProgramCase] = Field(min_length=1)
    comparator: Comparator = Comparator(kind="lines")


class AssertionTests(Common):
    """Test source with asserts, run away from the candidate.

    `prelude` is trusted source for the tests' side: helpers that the tests use. `names` are
    further names that the candidate is asked to define, such as an exception beside a class.
    """

    entry_point: EntryPoint
    assertions: str | list[str | AssertionGroup]
    hidden: bool = False
    prelude: str = ""
    names: list[EntryPoint] = []

    @property
    def groups(self) -> list[AssertionGroup]:
        """The sources, each to be run in a process of its own."""
        given = [self.assertions] if isinstance(self.assertions, str) else self.assertions
        return [
            AssertionGroup(source=group, hidden=self.hidden) if isinstance(group, str) else group
            for group in given
        ]

    @model_validator(mode="after")
    def _has_source(self) -> AssertionTests:
        if not self.groups or not all(group.source.strip() for group in self.groups):
            raise ValueError('"assertions" holds no test source')
        return self


class GeneratedTests(Common):
    """Calls whose inputs are drawn by `generate(rng)` and answered by the worked solution."""

    entry_point: EntryPoint
    generator: str
    num_cases: Annotated[int, Field(gt=0, le=1000)] = 20
    seed: int = 0
    comparator: Comparator = Comparator(kind="exact")


Tests = CallTests | ProgramTests | AssertionTests


def read_tests(answer: Any) -> Tests | GeneratedTests:
    """A problem's `answer` as tests; DataError that says what is wrong with it.

    >>> read_tests({"entry_point": "f", "cases": [{"args": [1], "expected": 2}]}).entry_point
    'f'
    """
    given = _as_object(answer)
    form = _form(given)
    try:
        tests = form.model_validate(given)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        raise DataError("the tests are not in a known form", cause=said) from None
    return _with_values(tests) if isinstance(tests, CallTests) else tests


def _as_object(answer: Any) -> dict[str, Any]:
    if isinstance(answer, str):
        if len(answer) > MAX_TESTS_BYTES:
            raise DataError(f"the tests are larger than {MAX_TESTS_BYTES} characters")
        try:
            answer = json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise DataError("the tests are not JSON", cause=str(error)) from None
    if not isinstance(answer, dict):
        raise DataError("the tests must be a JSON object", cause=f"found {type(answer).__name__}")
    return answer


def _form(given: dict[str, Any]) -> type[Tests | GeneratedTests]:
    if "assertions" in given:
        return AssertionTests
    if "generator" in given:
        return GeneratedTests
    return CallTests if "entry_point" in given else ProgramTests


def _with_values(tests: CallTests) -> CallTests:
    """Literals read, and every value checked to be plain."""
    try:
        cases = [_case_with_values(case, literals=tests.literals) for case in tests.cases]
    except (ValueError, SyntaxError, NotPlain, RecursionError, MemoryError) as error:
        raise DataError("a case's values cannot be read", cause=str(error)) from None
    return tests.model_copy(update={"cases": cases})


def _case_with_values(case: CallCase, *, literals: bool) -> CallCase:
    args, expected = case.args, case.expected
    if literals:
        args = ast.literal_eval(args) if isinstance(args, str) else args
        expected = ast.literal_eval(expected) if isinstance(expected, str) else expected
    if not isinstance(args, (list, tuple)):
        raise ValueError('"args" must be a list')
    encode([list(args), case.kwargs, case.calls, expected])
    return case.model_copy(update={"args": list(args), "expected": expected})
