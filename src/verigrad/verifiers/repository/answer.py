"""A repository problem's tests, as data: what stands in its `answer`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from pydantic import Field, ValidationError

from verigrad.core.errors import DataError
from verigrad.verifiers.code.tests_data import AssertionTests, EntryPoint, Strict


class RepositoryTest(AssertionTests):
    """Test source on the names of one module of the repository, run away from it."""

    module: EntryPoint


class RepositoryAnswer(Strict):
    """`protected` are patterns of paths that a patch must leave alone ("tests/*")."""

    tests: list[RepositoryTest] = Field(min_length=1)
    protected: tuple[str, ...] = Field(default=(), strict=False)

    def protects(self, path: str) -> bool:
        """Whether a patch must leave `path` alone; in any case of letters."""
        lower = path.lower()
        return any(fnmatchcase(lower, pattern.lower()) for pattern in self.protected)


def read_answer(answer: Any) -> RepositoryAnswer:
    """A problem's `answer`; DataError that says what is wrong with it.

    >>> test = {"module": "shop", "entry_point": "total", "assertions": "assert total([1]) == 1"}
    >>> read_answer({"tests": [test]}).tests[0].module
    'shop'
    """
    try:
        return RepositoryAnswer.model_validate(answer)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        raise DataError("the tests of a repository are not in their form", cause=said) from None
