"""Making a subject: from a verifier's showcase, or from problems and the forms it honours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verigrad.audit.cases import Subject
from verigrad.audit.forms import FORMS, Form, honoured
from verigrad.audit.values import Kind, kind_of
from verigrad.core.types import Problem
from verigrad.verifiers.base import Verifier
from verigrad.verifiers.showcases.words import Sample, Showcase

_FRAGMENTS = ("\\boxed{", "}", "<answer>", "</answer>", "####", "Answer:", "1", "-", ",", "x", "or")


def of_showcase(name: str, showcase: Showcase) -> Subject:
    """A shipped verifier, on the samples that were written for it."""
    problems = [s.problem for s in showcase.samples if not _is_structured(s.problem.answer)]
    forms = honoured(showcase.verifier.verify, problems) if problems else []
    return Subject(name, showcase, tuple(forms), source="the samples of its showcase")


def of_problems(
    name: str,
    verifier: Verifier,
    problems: Sequence[Problem],
    *,
    forms: Sequence[Form] = FORMS,
    source: str,
    max_fuzz: int | None = None,
) -> Subject:
    """A verifier on problems of its own data.

    A textual answer is written in the forms that most references pass in; any other is what the
    verifier itself makes of its reference. What passes in neither way is `unread`.
    """
    texts = [problem for problem in problems if not _is_structured(problem.answer)]
    found = tuple(honoured(verifier.verify, texts, forms)) if texts else ()
    samples, unread = [], []
    for problem in problems:
        right = _right(verifier, problem, found)
        if right:
            samples.append(Sample(problem, right, ()))
        else:
            unread.append(problem)
    showcase = Showcase(
        verifier, tuple(samples), pieces=_FRAGMENTS, options=_options(samples), max_fuzz=max_fuzz
    )
    return Subject(name, showcase, found, tuple(unread), source)


def _right(verifier: Verifier, problem: Problem, forms: tuple[Form, ...]) -> tuple[str, ...]:
    own = verifier.reference_response(problem)
    written = []
    if not _is_structured(problem.answer):
        written = [form.write(str(problem.answer)) for form in forms]
    candidates = [*written, *([own] if own is not None else [])]
    return tuple(text for text in candidates if verifier.verify(problem, text).is_correct)


def _options(samples: Sequence[Sample]) -> tuple[str, ...]:
    kinds = {kind_of(sample.problem.answer) for sample in samples}
    if kinds == {Kind.CHOICE}:
        return ("A", "B", "C", "D")
    return ("yes", "no") if kinds == {Kind.TRUTH} else ()


def _is_structured(answer: Any) -> bool:
    return kind_of(answer) is Kind.STRUCTURED
