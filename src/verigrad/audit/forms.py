r"""Forms: how a response writes its final answer, and which of them a verifier reads.

A foreign function says nowhere whether it wants a box, a tag or a bare answer. So the references
are written in every form, and the forms in which they pass are the ones it honours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verigrad.core.types import Problem
from verigrad.core.verdict import Verdict

Judge = Callable[[Problem, str], Verdict]
_REASONING = "I work it out step by step."


@dataclass(frozen=True, slots=True)
class Form:
    """A name and a template; `{}` is where the answer goes."""

    name: str
    template: str

    def write(self, answer: str) -> str:
        """A whole response with this answer."""
        return self.template.replace("{}", answer)


FORMS = (
    Form("boxed", f"{_REASONING}\nThe answer is $\\boxed{{{{}}}}$."),
    Form("hash", f"{_REASONING}\n#### {{}}"),
    Form("tag", f"{_REASONING}\n<answer>{{}}</answer>"),
    Form("think and tag", f"<think>\n{_REASONING}\n</think>\n<answer>\n{{}}\n</answer>"),
    Form("think and boxed", f"<think>\n{_REASONING}\n</think>\nThe answer is $\\boxed{{{{}}}}$."),
    Form("anchor", f"{_REASONING}\nAnswer: {{}}"),
    Form("sentence", f"{_REASONING}\nThe final answer is {{}}."),
    Form("json", '{"answer": "{}"}'),
    Form("dollars", "${}$"),
    Form("whole", "{}"),
)
_MOST = 3


def form_of(template: str) -> Form:
    """A form of the user's own; ValueError where it does not say where the answer goes."""
    if "{}" not in template:
        raise ValueError("a form needs {} where the answer goes")
    return Form("given", template.replace("\\n", "\n"))


def read_in_any(
    judge: Judge, problems: Sequence[Problem], forms: Sequence[Form] = FORMS
) -> list[Problem]:
    """The problems whose reference passes in some form: those of the kinds a verifier is for."""
    return [
        problem
        for problem in problems
        if any(judge(problem, form.write(str(problem.answer))).is_correct for form in forms)
    ]


def honoured(
    judge: Judge, problems: Sequence[Problem], forms: Sequence[Form] = FORMS
) -> list[Form]:
    """The forms in which most of the references pass, the best first, three at most."""
    shares = []
    for rank, form in enumerate(forms):
        passed = sum(judge(p, form.write(str(p.answer))).is_correct for p in problems)
        if problems and passed * 2 > len(problems):
            shares.append((-passed, rank, form))
    return [form for _, _, form in sorted(shares, key=lambda item: item[:2])][:_MOST]
