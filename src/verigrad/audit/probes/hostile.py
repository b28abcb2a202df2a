"""Hostile responses: bombs, nesting, unicode, and text that asks to be run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from verigrad.audit.cases import Case, Maker, Must, Subject
from verigrad.audit.values import Kind, kind_of
from verigrad.core.types import Problem
from verigrad.verifiers.showcases.fuzz import fuzz_responses

_BOMBS = (
    "9**9**9**9", "9^{9^{9^{9}}}", "2^2^2^2^2^2^2", "10000000!", "factorial(10**8)",
    "1e999999999", "1/0", "0^{0}", "x^{x^{x^{x^{x}}}}", "10**10**10", "sum(range(10**12))",
    "\\sqrt{" * 300 + "2" + "}" * 300, "(" * 2_000 + "1" + ")" * 2_000,
    "[" * 20_000, "{" * 20_000, "\\frac{1}{" * 200 + "2" + "}" * 200,
    "1+" * 5_000 + "1", "-" * 10_000 + "1", "9" * 50_000, "0." + "3" * 50_000,
    "'a'*10**10", "[0]*10**10", "\\frac{1}{0}", "\\int_0^{\\infty} e^{x^{x}} dx",
)  # fmt: skip
_BACKTRACKING = ("so " * 400_000, "a" * 30_000 + "!",
                 " " * 50_000 + "x", "((a+)+)+$" * 50,
                 "<" * 20_000, "\\boxed{" * 3_000, "\t\n" * 20_000 + "1", "1," * 20_000,
                 "#### " * 5_000,
                 "<answer>" * 5_000, "aA1 " * 20_000)  # fmt: skip
_BYTES = ("\0", "\ud800", "\u202e27", "\ufeff", "e\u0301" * 500, "\U000e0001", "\r\n\x0b\x0c",
          "\x1b[31m", "\u0661\u0662\u0663", "\uff17\uff12")  # fmt: skip


def bombs(subject: Subject) -> Iterator[Case]:
    """Numbers and nesting that cost whoever evaluates them everything."""
    yield from _wherever(subject, _BOMBS, "a bomb")


def backtracking(subject: Subject) -> Iterator[Case]:
    """Texts on which a careless pattern takes for ever."""
    yield from _wherever(subject, _BACKTRACKING, "a text against patterns")


def strange_characters(subject: Subject) -> Iterator[Case]:
    """NUL, lone surrogates, marks of direction, digits of other scripts: a score, whatever it is.

    Digits of another script may be read as digits, so none of these has to be wrong.
    """
    for case in _wherever(subject, _BYTES, "strange characters"):
        yield Case(case.problem, case.response, Must.SCORE, case.what)


def _wherever(subject: Subject, texts: tuple[str, ...], what: str) -> Iterator[Case]:
    """Each text alone and where an answer stands, on a problem of every kind."""
    for problem in one_of_each(subject):
        for text in texts:
            for response in (text, *(form.write(text) for form in subject.forms[:2])):
                yield Case(problem, response, Must.FAIL, f"{what}: {text[:20]!r}")


def one_of_each(subject: Subject) -> Iterator[Problem]:
    """The first problem of every kind of answer."""
    seen: set[Kind] = set()
    for sample in subject.samples:
        kind = kind_of(sample.problem.answer)
        if kind not in seen:
            seen.add(kind)
            yield sample.problem


def long_responses(subject: Subject) -> Iterator[Case]:
    """The right answer behind a hundred thousand characters: a score in time, whatever it is."""
    for sample in subject.samples[:8]:
        for filler in ("word " * 20_000, "\n" * 100_000, "1 2 3 " * 16_000, "x" * 100_000):
            response = filler + sample.right[0] if sample.right else filler
            yield Case(sample.problem, response, Must.SCORE, "an answer behind 10^5 characters")


def fuzzed(subject: Subject) -> Iterator[Case]:
    """Right answers and near misses cut, doubled and poisoned at random: a score in time."""
    if not subject.samples:
        return
    count = 20 if subject.is_dear else 400
    for index, text in fuzz_responses(subject.showcase, seed=7, count=count):
        yield Case(subject.samples[index].problem, text, Must.SCORE, "a mutilated answer")


def canaries(path: Path) -> tuple[str, ...]:
    """Texts that make the file `path` where somebody runs them."""
    touch = f"touch {path}"
    return (
        f"__import__('os').system('{touch}')",
        f"open('{path}', 'w')",
        f"[c for c in [open('{path}', 'w')]]",
        f"exec(\"open('{path}','w')\")",  # a text that the verifier gets; nothing here runs it
        f"(lambda: open('{path}', 'w'))()",
        f"!!python/object/apply:os.system ['{touch}']",
        f"$({touch})", f"`{touch}`", f"; {touch} ;", f"| {touch}", f"\\write18{{{touch}}}",
        f"{{{{ ''.__class__.__mro__[1].__subclasses__() }}}} __import__('os').system('{touch}')",
        f"cos\nsystem\n(S'{touch}'\ntR.",
        f"import os; os.system('{touch}')",
        f"```python\nimport os; os.system('{touch}')\n```",
        f"'; COPY (SELECT 1) TO '{path}'; --",
    )  # fmt: skip


def asks_to_be_run(path: Path) -> Maker:
    """The probe whose cases make `path` where a verifier runs what it reads."""

    def cases(subject: Subject) -> Iterator[Case]:
        for problem in one_of_each(subject):
            for text in canaries(path):
                for response in (text, *(form.write(text) for form in subject.forms)):
                    what = f"code in the response: {text[:24]!r}"
                    yield Case(problem, response, Must.FAIL, what)

    return cases
